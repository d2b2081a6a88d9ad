"""The trash: what lies in it is there for nobody, and can be taken out again."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.conditions import among
from domain.content_kinds import Item, Kind
from domain.errors import InvalidInputError
from domain.item_content import content_of, require_referents
from domain.item_locks import lock_tree
from models.base import Versioned
from models.publishing import Switched


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
            _put_away(rows[item.id], now)
        trashed.append(Trashed(item.id, outcome))
    await session.flush()
    return trashed


def _put_away(row: Versioned, now: datetime) -> None:
    row.deleted_at = now
    if isinstance(row, Switched):
        row.show(is_out=False)


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
        content = await content_of(session, kind, row)
        await require_referents(session, kind, {name: content[name] for name in kind.rests_on})
    except InvalidInputError:
        return TrashOutcome.IN_USE
    row.deleted_at = None
    return TrashOutcome.DONE


async def _locked(session: AsyncSession, kind: Kind[Item], ids: Sequence[UUID]) -> dict[UUID, Item]:
    """In the order of their ids, so that nobody waits for each other in a circle."""
    await lock_tree(session, kind)
    rows = select(kind.model).where(among(kind.model.id, ids)).order_by(kind.model.id)
    found = await session.scalars(rows.with_for_update(key_share=True).execution_options(populate_existing=True))
    return {row.id: row for row in found}


async def _in_use(session: AsyncSession, kind: Kind[Item], rows: Mapping[UUID, Item]) -> AbstractSet[UUID]:
    """Those that something needs. Whoever refers to one anew waits for the lock on it."""
    used: set[UUID] = set()
    for column in kind.needed_by:
        users = column.class_.__table__.c
        named = select(column).where(among(column, list(rows)), users.deleted_at.is_(None)).distinct()
        used.update(await session.scalars(named))
    return used


def _outcome(item: ReadItem, rows: Mapping[UUID, Item], used: AbstractSet[UUID]) -> TrashOutcome:
    row = rows.get(item.id)
    if row is None or row.deleted_at is not None:
        return TrashOutcome.NOT_FOUND
    if row.version != item.expected_version:
        return TrashOutcome.CHANGED_MEANWHILE
    return TrashOutcome.IN_USE if item.id in used else TrashOutcome.DONE
