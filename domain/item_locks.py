"""What is locked before any row of an item, so that nobody waits for each other in a circle."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.content_kinds import Item, Kind


async def lock_tree(session: AsyncSession, kind: Kind[Item]) -> None:
    """Lock the tree that items of the kind stand in, if they do, as its trigger does (migration 0003).

    The trigger alone comes too late: whoever moves a branch holds its row already, and writes those below it.
    """
    if kind.is_tree:
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(kind.table_name))))
