"""Releases: made, filled with items, planned, and put away (decision 0052)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypedDict
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.catalog_kinds import PRODUCT, SERVICE
from domain.conditions import among
from domain.content_kinds import PAGE, POST, Kind
from domain.errors import ConflictError, DomainError, InvalidField, InvalidInputError, invalid, require_each_once
from domain.release_moves import ReleaseMove, status_after
from models import Release, ReleaseAction, ReleaseEvent, ReleaseItem, ReleaseStatus

MOST_ITEMS: Final = 1_000
"""The most items of a release: what one transaction can take, while others wait for its rows."""

RELEASABLE: Final[Mapping[str, Kind[Any]]] = MappingProxyType(
    {"post": POST, "page": PAGE, "product": PRODUCT, "service": SERVICE}
)
"""What may be in a release, by the names of its columns without `_id`; locked in this order."""


class ReleaseNotFoundError(DomainError):
    """No release has the id."""

    def __init__(self) -> None:
        super().__init__("There is no such release.")


@dataclass(frozen=True, slots=True)
class ReadRelease:
    """A release as its editor read it."""

    id: UUID
    expected_version: int


@dataclass(frozen=True, slots=True)
class WantedItem:
    """An item that is to be in a release. Exactly one name of RELEASABLE is in `named`."""

    named: Mapping[str, UUID]
    action: ReleaseAction = ReleaseAction.PUBLISH


class ReleaseChanges(TypedDict, total=False):
    """What may be said of a release; what is left out stays as it is."""

    title: str
    notes: str


async def create_release(session: AsyncSession, title: str, notes: str = "", editor_id: UUID | None = None) -> Release:
    """A new release without items."""
    release = Release(id=uuid7(), title=title.strip(), notes=notes, status=ReleaseStatus.OPEN, version=1)
    session.add(release)
    await session.flush()
    note(session, release, editor_id)
    await session.flush()
    return release


async def update_release(session: AsyncSession, read: ReadRelease, changes: ReleaseChanges) -> Release:
    """Say something else of a release. Raises ReleaseNotFoundError, ConflictError and ReleaseMoveNotAllowedError."""
    release = await open_release(session, read)
    status_after(ReleaseMove.CHANGE, release.status)
    release.title = changes.get("title", release.title).strip()
    release.notes = changes.get("notes", release.notes)
    release.version += 1
    await session.flush()
    return release


async def add_items(session: AsyncSession, release_id: UUID, wanted: Sequence[WantedItem]) -> Release:
    """Put items into a release; what is in it already is from now on to come out or go as is said here.

    Raises ReleaseNotFoundError, ReleaseMoveNotAllowedError and InvalidInputError.
    """
    release = await _changing(session, release_id)
    _require_one_each(wanted)
    await _require_there(session, wanted)
    for name in RELEASABLE:
        column = f"{name}_id"
        actions = {each.named[name]: each.action for each in wanted if name in each.named}
        rows = [
            {"id": uuid7(), "release_id": release.id, column: key, "action": action} for key, action in actions.items()
        ]
        if rows:
            new = insert(ReleaseItem)
            action = {"action": new.excluded.action}
            await session.execute(new.on_conflict_do_update(index_elements=["release_id", column], set_=action), rows)
    await _require_room(session, release)
    return release


async def remove_items(session: AsyncSession, release_id: UUID, keys: Sequence[UUID]) -> Release:
    """Take items out of a release, as they are. Raises ReleaseNotFoundError and ReleaseMoveNotAllowedError."""
    release = await _changing(session, release_id)
    gone = delete(ReleaseItem).where(ReleaseItem.release_id == release.id, among(ReleaseItem.id, keys))
    await session.execute(gone, execution_options={"synchronize_session": False})
    return release


async def unschedule_release(session: AsyncSession, read: ReadRelease, editor_id: UUID | None = None) -> Release:
    """Let a release wait. Raises ReleaseNotFoundError, ConflictError and ReleaseMoveNotAllowedError."""
    release = await open_release(session, read)
    stand(session, release, ReleaseMove.UNSCHEDULE, editor_id)
    await session.flush()
    return release


async def archive_release(session: AsyncSession, read: ReadRelease, editor_id: UUID | None = None) -> Release:
    """Put a release away; its items stay as they are.

    Raises ReleaseNotFoundError, ConflictError and ReleaseMoveNotAllowedError.
    """
    release = await open_release(session, read)
    stand(session, release, ReleaseMove.ARCHIVE, editor_id)
    await session.flush()
    return release


async def open_release(session: AsyncSession, read: ReadRelease) -> Release:
    """The locked release, which is as it was read. Raises ReleaseNotFoundError and ConflictError."""
    release = await session.get(Release, read.id, with_for_update=True, populate_existing=True)
    if release is None:
        raise ReleaseNotFoundError
    if release.version != read.expected_version:
        raise ConflictError(read.expected_version, release.version)
    return release


def stand(
    session: AsyncSession, release: Release, move: ReleaseMove, editor_id: UUID | None, said: str | None = None
) -> None:
    """Move a locked release on, and keep that on record. Raises ReleaseMoveNotAllowedError."""
    release.status = status_after(move, release.status)
    release.scheduled_at = None
    note(session, release, editor_id, said)


def note(session: AsyncSession, release: Release, editor_id: UUID | None, said: str | None = None) -> None:
    """Keep on record where a release stands from now on."""
    status = release.status
    session.add(ReleaseEvent(id=uuid7(), release_id=release.id, status=status, note=said, actor_id=editor_id))


async def items_of(session: AsyncSession, release_id: UUID) -> Sequence[ReleaseItem]:
    """The items, in the order in which they were added."""
    found = select(ReleaseItem).where(ReleaseItem.release_id == release_id).order_by(ReleaseItem.id)
    return (await session.scalars(found.execution_options(populate_existing=True))).all()


async def names_in(session: AsyncSession, release_id: UUID) -> set[str]:
    """The kinds of the items in a release, by the names of RELEASABLE."""
    columns = [func.count(getattr(ReleaseItem, f"{name}_id")) for name in RELEASABLE]
    counts = (await session.execute(select(*columns).where(ReleaseItem.release_id == release_id))).one()
    return {name for name, count in zip(RELEASABLE, counts, strict=True) if count}


async def now(session: AsyncSession) -> datetime:
    """The time by the clock of the database, at the beginning of the transaction."""
    return (await session.scalars(select(func.now()))).one()


async def _changing(session: AsyncSession, release_id: UUID) -> Release:
    """The locked release in its next version, whose list may change."""
    release = await session.get(Release, release_id, with_for_update=True, populate_existing=True)
    if release is None:
        raise ReleaseNotFoundError
    status_after(ReleaseMove.CHANGE, release.status)
    release.version += 1
    await session.flush()
    return release


def _require_one_each(wanted: Sequence[WantedItem]) -> None:
    faults = [
        InvalidField(("items", str(place)), f"Name one of {', '.join(RELEASABLE)}.")
        for place, each in enumerate(wanted)
        if len(each.named) != 1
    ]
    if faults:
        raise InvalidInputError(faults)
    require_each_once("items", [item for each in wanted for item in each.named.items()])


async def _require_there(session: AsyncSession, wanted: Sequence[WantedItem]) -> None:
    """Refuse what is not there, or lies in the trash."""
    faults = []
    for name, kind in RELEASABLE.items():
        keys = {place: each.named[name] for place, each in enumerate(wanted) if name in each.named}
        if keys:
            columns = kind.model.__table__.c
            there = select(columns.id).where(among(columns.id, list(keys.values())), columns.deleted_at.is_(None))
            found = set(await session.scalars(there))
            faults += [
                InvalidField(("items", str(place), name), "There is none with this id.")
                for place, key in keys.items()
                if key not in found
            ]
    if faults:
        raise InvalidInputError(faults)


async def _require_room(session: AsyncSession, release: Release) -> None:
    count = await session.scalar(select(func.count()).where(ReleaseItem.release_id == release.id))
    if count is not None and count > MOST_ITEMS:
        raise invalid("items", f"The release would have {count:,} items; {MOST_ITEMS:,} are the most.")
