"""The trash: what lies in it is there for nobody, and can be taken out again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.conditions import among
from domain.content_kinds import Content, Item, Kind
from domain.errors import InvalidInputError
from domain.item_content import content_of, require_referents
from models import Author, Post


class TrashOutcome(StrEnum):
    """What became of one item."""

    DONE = "DONE"
    NOT_FOUND = "NOT_FOUND"
    CHANGED_MEANWHILE = "CHANGED_MEANWHILE"
    IN_USE = "IN_USE"
    """Something needs it that does not lie in the trash; or it needs something that does."""


@dataclass(frozen=True, slots=True)
class ReadItem:
    """An item as the editor read it."""

    id: UUID
    expected_version: int


@dataclass(frozen=True, slots=True)
class Trashed:
    """What became of one item."""

    id: UUID
    outcome: TrashOutcome


async def trash(session: AsyncSession, kind: Kind[Item], items: Sequence[ReadItem]) -> list[Trashed]:
    """Put those into the trash that are as they were read; gives what became of each, in their order."""
    rows = await _locked(session, kind, [item.id for item in items])
    used = await _in_use(session, kind, rows)
    now = (await session.scalars(select(func.now()))).one()
    trashed = []
    for item in items:
        outcome = _outcome(item, rows, used)
        if outcome is TrashOutcome.DONE:
            rows[item.id].deleted_at = now
        trashed.append(Trashed(item.id, outcome))
    await session.flush()
    return trashed


async def restore(session: AsyncSession, kind: Kind[Item], ids: Sequence[UUID]) -> list[Trashed]:
    """Take those out of the trash that lie in it, each as it was; gives what became of each, in their order."""
    rows = await _locked(session, kind, ids)
    restored = [Trashed(key, await _taken_out(session, kind, rows.get(key))) for key in ids]
    await session.flush()
    return restored


async def _taken_out(session: AsyncSession, kind: Kind[Item], row: Item | None) -> TrashOutcome:
    if row is None or row.deleted_at is None:
        return TrashOutcome.NOT_FOUND
    try:
        await require_referents(session, kind, _needed(kind, await content_of(session, kind, row)))
    except InvalidInputError:
        return TrashOutcome.IN_USE
    row.deleted_at = None
    return TrashOutcome.DONE


def _needed(kind: Kind[Item], content: Content) -> Content:
    """What an item cannot be shown without."""
    columns = kind.model.__table__.c
    return {name: value for name, value in content.items() if name in columns and not columns[name].nullable}


async def _locked(session: AsyncSession, kind: Kind[Item], ids: Sequence[UUID]) -> dict[UUID, Item]:
    """In the order of their ids, so that nobody waits for each other in a circle."""
    rows = select(kind.model).where(among(kind.model.id, ids)).order_by(kind.model.id)
    found = await session.scalars(rows.with_for_update(key_share=True).execution_options(populate_existing=True))
    return {row.id: row for row in found}


async def _in_use(session: AsyncSession, kind: Kind[Item], rows: Mapping[UUID, Item]) -> Collection[UUID]:
    """Those that something needs. Whoever refers to one anew waits for the lock on it."""
    if kind.model is not Author:
        return ()
    posts = select(Post.author_id).where(among(Post.author_id, list(rows)), Post.deleted_at.is_(None)).distinct()
    return set(await session.scalars(posts))


def _outcome(item: ReadItem, rows: Mapping[UUID, Item], used: Collection[UUID]) -> TrashOutcome:
    row = rows.get(item.id)
    if row is None or row.deleted_at is not None:
        return TrashOutcome.NOT_FOUND
    if row.version != item.expected_version:
        return TrashOutcome.CHANGED_MEANWHILE
    return TrashOutcome.IN_USE if item.id in used else TrashOutcome.DONE
