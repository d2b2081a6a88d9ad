"""Posts and pages that are due: the worker lets them come out and go, each once, however many workers there are."""

import logging
from collections.abc import Collection, Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.batch_checks import find_obstacles, find_unready
from domain.batch_publishing import is_laid_when_it_goes, let_go, let_out
from domain.content_kinds import PAGE, POST, Kind, Outward
from domain.editing import open_item
from domain.errors import DomainError
from domain.item_batches import open_items
from domain.outbox import Job, enqueue
from domain.publishing import archive, publish
from domain.publishing_checks import Finding, NotReadyError, require_ready
from domain.violations import is_about_rows
from models import PublishingStatus
from models.publishing import Publishable

logger = logging.getLogger("merkato.publishing")

PUBLISH_DUE: Final = "publish_due"
BESIDE: Final = "publish_due beside"
"""The key of a second job of that name, for whichever worker has time."""
BATCH: Final = 100
"""Items of one transaction, which others wait for."""

REFUSED: Final = (
    "The database refuses it by a rule that none of the checks knows. Its newest version holds something that the rule "
    "forbids: compare it with the one before."
)
UNFORESEEN: Final = (
    "Nobody has foreseen what keeps it from that: the log of the worker tells. Write its newest version anew from the "
    "one before."
)


async def publish_due(session: AsyncSession) -> bool:
    """Let a batch come out that is due, and then one go; gives whether there may be more, and asks for help then.

    What another worker has claimed is passed over. Whoever comes later finds its new status, so that nothing comes out
    twice; what was due while nobody worked comes out now. What is rescheduled before it is claimed has another time.
    """
    posts = await _due_of(session, POST)
    pages = await _due_of(session, PAGE)
    is_more = posts or pages
    if is_more:
        await enqueue(session, Job(PUBLISH_DUE, {}, dedupe_key=BESIDE))
    return is_more


async def _due_of(session: AsyncSession, kind: Kind[Outward]) -> bool:
    model = kind.model
    stage = func.coalesce(model.draft_status, model.status)
    coming = await _claimed(session, model, stage == PublishingStatus.SCHEDULED, model.scheduled_at)
    await _let_out(session, kind, coming)
    going = await _claimed(session, model, model.status == PublishingStatus.PUBLISHED, model.unpublish_at)
    await _let_go(session, kind, going)
    return max(len(coming), len(going)) == BATCH


async def _claimed(
    session: AsyncSession, model: type[Publishable], condition: ColumnElement[bool], due_at: Any
) -> list[UUID]:
    due = select(model.id).where(condition, due_at <= func.now(), model.deleted_at.is_(None))
    claimed = due.order_by(due_at, model.id).limit(BATCH).with_for_update(skip_locked=True, key_share=True)
    return list(await session.scalars(claimed))


async def _let_out(session: AsyncSession, kind: Kind[Outward], keys: Collection[UUID]) -> None:
    """What cannot come out any more is back among the approved, and says why."""
    if not keys:
        return
    try:
        async with session.begin_nested():
            await _come_out_together(session, kind, keys)
    except Exception as error:  # noqa: BLE001 - a rival took a slug at that moment, or there is something wrong with one
        _require_about_items(error)
        for key in sorted(keys):
            await _come_out(session, kind, key)


async def _come_out_together(session: AsyncSession, kind: Kind[Outward], keys: Collection[UUID]) -> None:
    batch = await open_items(session, kind, keys)
    unready = await find_unready(session, kind, {key: item.content for key, item in batch.items.items()})
    for key, findings in unready.items():
        _give_back(batch.items[key].row, _why(kind, key, NotReadyError(findings)))
    at = (await session.scalars(select(func.now()))).one()
    await let_out(session, batch.only(batch.items.keys() - unready.keys()), at)


async def _let_go(session: AsyncSession, kind: Kind[Outward], keys: Collection[UUID]) -> None:
    """What cannot be archived with its draft stays, and says why."""
    if not keys:
        return
    try:
        async with session.begin_nested():
            await _go_together(session, kind, keys)
    except Exception as error:  # noqa: BLE001 - the same
        _require_about_items(error)
        for key in sorted(keys):
            await _go(session, kind, key)


async def _go_together(session: AsyncSession, kind: Kind[Outward], keys: Collection[UUID]) -> None:
    batch = await open_items(session, kind, keys)
    drafts = {key: item.content for key, item in batch.items.items() if is_laid_when_it_goes(item.row)}
    unfit = await find_obstacles(session, kind, drafts)
    for key, findings in unfit.items():
        _stay(batch.items[key].row, _told(findings))
    await let_go(session, batch.only(batch.items.keys() - unfit.keys()))


async def _come_out(session: AsyncSession, kind: Kind[Outward], key: UUID) -> None:
    """By itself, so that nothing that is wrong with one keeps the others of its batch from coming out."""
    try:
        async with session.begin_nested():
            item = await open_item(session, kind, key)
            await require_ready(session, item)
            await publish(session, item)
            await session.flush()
    except Exception as error:  # noqa: BLE001 - the same
        _give_back(await session.get_one(kind.model, key, populate_existing=True), _why(kind, key, error))
        await session.flush()


async def _go(session: AsyncSession, kind: Kind[Outward], key: UUID) -> None:
    """The same, of what goes."""
    try:
        async with session.begin_nested():
            await archive(session, await open_item(session, kind, key))
            await session.flush()
    except Exception as error:  # noqa: BLE001 - the same
        _stay(await session.get_one(kind.model, key, populate_existing=True), _why(kind, key, error))
        await session.flush()


def _why(kind: Kind[Outward], key: UUID, error: Exception) -> str:
    """What to say to its editors."""
    _require_about_items(error)
    if isinstance(error, DBAPIError):
        return REFUSED
    if isinstance(error, DomainError):
        return f"{error} {_told(error.findings)}" if isinstance(error, NotReadyError) else str(error)
    logger.error("The %s %s can neither come out nor go.", kind.name, key, exc_info=error)
    return UNFORESEEN


def _told(findings: Iterable[Finding]) -> str:
    """All of them, in the words of a sentence."""
    return " ".join(f"{each.field.replace('_', ' ')}: {each.message}" for each in findings)


def _require_about_items(error: Exception) -> None:
    """Let rise what says that the database is away, or that others were in the way, so that the job is done again."""
    if isinstance(error, DBAPIError) and not is_about_rows(error):
        raise error


def _give_back(row: Publishable, why: str) -> None:
    """What readers see instead does not go at the end of a plan that came to nothing."""
    row.stage, row.schedule_error = PublishingStatus.APPROVED, why
    if row.is_out:
        row.unpublish_at = None


def _stay(row: Publishable, why: str) -> None:
    row.unpublish_at, row.schedule_error = None, why
