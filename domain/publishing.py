"""Posts and pages on their way to their readers: moved by those who write, as they have read them (decision 0045)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.content_kinds import Kind, Outward
from domain.editing import lay_newest, open_item
from domain.errors import ConflictError, DomainError, InvalidField, InvalidInputError
from domain.item_content import require_referents
from domain.links import NONE
from domain.publishing_checks import require_ready
from domain.publishing_moves import Move, MoveNotAllowedError, way_of
from domain.release_companions import slugs_beside
from domain.revisions import Opened, editor_of, keep_as_published
from domain.showing_rows import come_out, forget_plan, go
from domain.trash import ReadItem
from models import Author, Post, PublishingStatus, Shop
from models.shop import SHOP_ID

OF_MACHINES: Final = frozenset({"Factory", "localtime"})
"""Files beside those of time zones, which only the machine knows that has them."""


class OwnWorkError(DomainError):
    """Somebody else has to look at it."""

    def __init__(self) -> None:
        super().__init__("You wrote this or handed it in; somebody else has to approve it.")


@dataclass(frozen=True, slots=True)
class Plan:
    """When an item is to come out, and when readers are to see it no more."""

    at: datetime
    until: datetime | None
    time_zone: str


async def move_item(session: AsyncSession, kind: Kind[Outward], read: ReadItem, move: Move, mover_id: UUID) -> Outward:
    """Move the newest version of an item on, or back.

    Raises ItemNotFoundError, ConflictError, MoveNotAllowedError, OwnWorkError, NotReadyError, and when what it names is
    not there any more or its slug is taken InvalidInputError and SlugTakenError.
    """
    item = await _moving(session, kind, read, move)
    if move is Move.APPROVE:
        await _require_others(session, kind, item.row, mover_id)
    if move is Move.SUBMIT:
        item.row.submitted_by_id = mover_id
    if move is Move.PUBLISH:
        await publish(session, item)
    elif move is Move.ARCHIVE:
        await archive(session, item)
    else:
        forget_plan(item.row)
        item.row.stage = way_of(move, item.row.stage).to
    await session.flush()
    return item.row


async def schedule_item(session: AsyncSession, kind: Kind[Outward], read: ReadItem, plan: Plan) -> Outward:
    """Have an approved version come out later. What was planned before is forgotten.

    Raises ItemNotFoundError, ConflictError, MoveNotAllowedError, NotReadyError and InvalidInputError.
    """
    item = await _moving(session, kind, read, Move.SCHEDULE)
    await require_sense(session, plan)
    row = item.row
    row.scheduled_at, row.unpublish_at = plan.at, plan.until
    row.schedule_time_zone, row.schedule_error = plan.time_zone, None
    row.stage = PublishingStatus.SCHEDULED
    await session.flush()
    return row


async def plan_end(
    session: AsyncSession, kind: Kind[Outward], read: ReadItem, until: datetime | None, time_zone: str
) -> Outward:
    """Have what readers see go at that time, or stay. A draft beside it stands where it stood.

    Raises ItemNotFoundError, ConflictError, MoveNotAllowedError for what they do not see, and InvalidInputError.
    """
    row = (await _as_read(session, kind, read)).row
    if not row.is_out:
        raise MoveNotAllowedError(row.stage, Move.SCHEDULE)
    now = await _now(session)
    faults = [*_faults_of_zone(time_zone)]
    if until is not None:
        faults += _faults_of_end(until, max(now, row.scheduled_at or now))
    _refuse(faults)
    row.unpublish_at, row.schedule_time_zone, row.schedule_error = until, time_zone, None
    await session.flush()
    return row


async def publish(session: AsyncSession, item: Opened[Outward]) -> None:
    """Let readers see the newest version of a locked item. Raises InvalidInputError and SlugTakenError."""
    row = item.row
    await require_referents(session, item.kind, item.content)
    come_out(row, await _now(session))
    await lay_newest(session, item.kind, row, item.content)
    await keep_as_published(session, item.kind, row, item.content)


async def archive(session: AsyncSession, item: Opened[Outward]) -> None:
    """Let readers see a locked item no more. The draft beside it is the item from now on."""
    go(item.row)
    await lay_newest(session, item.kind, item.row, item.content)


async def set_policy(session: AsyncSession, *, approves_own_posts: bool) -> Shop:
    """Whether who wrote a post may approve it too, from now on."""
    shop = await session.get_one(Shop, SHOP_ID, with_for_update=True)
    shop.approves_own_posts = approves_own_posts
    await session.flush()
    return shop


async def _as_read(session: AsyncSession, kind: Kind[Outward], read: ReadItem) -> Opened[Outward]:
    """The locked item. Raises ItemNotFoundError, and ConflictError when it is not as it was read."""
    item = await open_item(session, kind, read.id)
    if item.row.version != read.expected_version:
        raise ConflictError(read.expected_version, item.row.version)
    return item


async def _moving(session: AsyncSession, kind: Kind[Outward], read: ReadItem, move: Move) -> Opened[Outward]:
    """The locked item, which is as it was read and may take that way."""
    item = await _as_read(session, kind, read)
    row = item.row
    way = way_of(move, row.status if move is Move.ARCHIVE else row.stage)
    if way.is_complete:
        coming = await slugs_beside(session, kind, row.id) if move is Move.APPROVE else NONE
        await require_ready(session, item, coming)
    return item


async def _require_others(session: AsyncSession, kind: Kind[Outward], row: Outward, mover_id: UUID) -> None:
    """Refuse whoever wrote the item or its newest version, or handed that in, unless the shop allows it."""
    makers = {row.submitted_by_id, await editor_of(session, kind, row)}
    if isinstance(row, Post):
        makers.add(await session.scalar(select(Author.user_id).where(Author.id == row.author_id)))
    if mover_id in makers and not (await session.get_one(Shop, SHOP_ID)).approves_own_posts:
        raise OwnWorkError


async def require_sense(session: AsyncSession, plan: Plan) -> None:
    """Refuse times that are over or in the wrong order, and zones that nobody knows. Raises InvalidInputError."""
    faults = [] if plan.at > await _now(session) else [InvalidField(("at",), "It must lie ahead.")]
    if plan.until is not None:
        faults += _faults_of_end(plan.until, plan.at)
    _refuse([*faults, *_faults_of_zone(plan.time_zone)])


async def _now(session: AsyncSession) -> datetime:
    return (await session.scalars(select(func.now()))).one()


def _faults_of_end(until: datetime, beginning: datetime) -> list[InvalidField]:
    return [] if until > beginning else [InvalidField(("until",), "It must be later than the beginning.")]


def _faults_of_zone(name: str) -> list[InvalidField]:
    is_known = name in available_timezones() - OF_MACHINES
    return [] if is_known else [InvalidField(("time_zone",), "It must be an IANA name such as Africa/Addis_Ababa.")]


def _refuse(faults: Sequence[InvalidField]) -> None:
    if faults:
        raise InvalidInputError(faults)
