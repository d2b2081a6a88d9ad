"""Releases that are due: the worker lets them come out, each once, however many workers there are."""

import logging
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import DomainError
from domain.release_moves import ReleaseMove
from domain.release_publishing import let_out_release
from domain.releases import stand
from domain.violations import is_about_rows
from models import Release, ReleaseStatus

logger = logging.getLogger("merkato.publishing")

PUBLISH_DUE_RELEASES: Final = "publish_due_releases"

REFUSED: Final = (
    "The database refuses one of its items by a rule that none of the checks knows. Publish its items one by one to "
    "find out which."
)
UNFORESEEN: Final = (
    "Nobody has foreseen what keeps it from coming out: the log of the worker tells. Publish its items one by one to "
    "find out which."
)


async def publish_due_release(session: AsyncSession) -> bool:
    """Let the release come out whose time came first; gives whether there may be more.

    One that another worker has claimed is passed over. One that cannot come out is given back to its editors, and says
    why; none of its items is changed then, and those after it come out.
    """
    due = select(Release).where(Release.status == ReleaseStatus.SCHEDULED, Release.scheduled_at <= func.now())
    claimed = due.order_by(Release.scheduled_at, Release.id).limit(1).with_for_update(skip_locked=True)
    release = await session.scalar(claimed)
    if release is None:
        return False
    try:
        async with session.begin_nested():
            await let_out_release(session, release)
    except DomainError as error:
        await _give_back(session, release, str(error))
    except DBAPIError as error:
        if not is_about_rows(error):
            raise
        await _give_back(session, release, REFUSED)
    except Exception:  # whatever is wrong with one of its items, the releases behind it come out
        logger.exception("The release %s cannot come out.", release.id)
        await _give_back(session, release, UNFORESEEN)
    return True


async def _give_back(session: AsyncSession, release: Release, why: str) -> None:
    await session.refresh(release)
    release.last_error = why
    stand(session, release, ReleaseMove.FAIL, None, why)
    await session.flush()
