"""Revisions that nobody needs any more go, a batch at a time."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from models import Revision

SWEEP_REVISIONS: Final = "sweep_revisions"
"""The name of the job."""

BATCH_LENGTH: Final = 500


async def sweep_revisions(session: AsyncSession, *, kept: int, age: timedelta) -> bool:
    """Delete some that are older than that, and of whose item there are so many newer ones; whether there may be more.

    What readers have seen stays, whatever its age, and so does the newest one, which may be a draft. It may run at any
    time, and twice at once.
    """
    newer = aliased(Revision)
    of_same_item = (newer.table_name == Revision.table_name, newer.row_id == Revision.row_id)
    count = select(func.count()).where(*of_same_item, newer.version > Revision.version).scalar_subquery()
    old = select(Revision.id).where(
        Revision.published_at.is_(None), Revision.recorded_at < func.statement_timestamp() - age, count >= kept
    )
    some = old.order_by(Revision.recorded_at).limit(BATCH_LENGTH).with_for_update(skip_locked=True).cte()
    gone = await session.scalars(delete(Revision).where(Revision.id.in_(select(some.c.id))).returning(Revision.id))
    return len(gone.all()) == BATCH_LENGTH
