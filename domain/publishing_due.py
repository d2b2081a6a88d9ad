"""Posts and pages that are due: the worker lets them come out and go, each once, however many workers there are."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.content_kinds import PAGE, POST, Kind, Outward
from domain.editing import open_item
from domain.errors import DomainError
from domain.publishing import archive, publish
from domain.publishing_checks import require_ready
from models import PublishingStatus
from models.publishing import Publishable

PUBLISH_DUE: Final = "publish_due"
BATCH: Final = 100
"""Items of one transaction, which others wait for."""


async def publish_due(session: AsyncSession) -> bool:
    """Let a batch come out that is due, and then one go; gives whether there may be more.

    What another worker has claimed is passed over. Whoever comes later finds its new status, so that nothing comes out
    twice; what was due while nobody worked comes out now. What is rescheduled before it is claimed has another time.
    """
    posts = await _due_of(session, POST)
    pages = await _due_of(session, PAGE)
    return posts or pages


async def _due_of(session: AsyncSession, kind: Kind[Outward]) -> bool:
    model = kind.model
    stage = func.coalesce(model.draft_status, model.status)
    coming = await _claimed(session, model, stage == PublishingStatus.SCHEDULED, model.scheduled_at)
    for key in coming:
        await _come_out(session, kind, key)
    going = await _claimed(session, model, model.status == PublishingStatus.PUBLISHED, model.unpublish_at)
    for key in going:
        await _go(session, kind, key)
    return max(len(coming), len(going)) == BATCH


async def _claimed(
    session: AsyncSession, model: type[Publishable], condition: ColumnElement[bool], due_at: Any
) -> list[UUID]:
    due = select(model.id).where(condition, due_at <= func.now(), model.deleted_at.is_(None))
    claimed = due.order_by(due_at, model.id).limit(BATCH).with_for_update(skip_locked=True, key_share=True)
    return list(await session.scalars(claimed))


async def _come_out(session: AsyncSession, kind: Kind[Outward], key: UUID) -> None:
    """What cannot come out any more is back among the approved, and says why."""
    try:
        async with session.begin_nested():
            item = await open_item(session, kind, key)
            await require_ready(session, item)
            await publish(session, item)
            await session.flush()
    except DomainError as error:
        item = await open_item(session, kind, key)
        item.row.stage = PublishingStatus.APPROVED
        item.row.schedule_error = str(error)
        await session.flush()


async def _go(session: AsyncSession, kind: Kind[Outward], key: UUID) -> None:
    """What cannot be archived with its draft keeps the time, and says why."""
    try:
        async with session.begin_nested():
            await archive(session, await open_item(session, kind, key))
            await session.flush()
    except DomainError as error:
        item = await open_item(session, kind, key)
        item.row.schedule_error, item.row.unpublish_at = str(error), None
        await session.flush()
