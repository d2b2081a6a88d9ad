"""Editing many items at once: each by itself, so that one that is refused does not keep the others from changing."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.content_kinds import Item, Kind
from domain.editing import ItemChange, edit_item
from domain.errors import DomainError


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of one item."""

    id: UUID
    error: DomainError | None = None
    """Why it is as it was."""


async def edit_items(
    session: AsyncSession, kind: Kind[Item], wanted: Sequence[ItemChange], editor_id: UUID | None = None
) -> list[Edited]:
    """Change each, in the order of their ids, so that nobody waits for each other in a circle.

    Gives what became of each, in the order of `wanted`.
    """
    order = sorted(range(len(wanted)), key=lambda place: (wanted[place].id, place))
    edited = {place: await _edited(session, kind, wanted[place], editor_id) for place in order}
    return [edited[place] for place in range(len(wanted))]


async def _edited(session: AsyncSession, kind: Kind[Item], wanted: ItemChange, editor_id: UUID | None) -> Edited:
    try:
        async with session.begin_nested():
            await edit_item(session, kind, wanted, editor_id)
    except DomainError as error:
        return Edited(wanted.id, error)
    return Edited(wanted.id)
