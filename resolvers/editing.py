"""Mutations of several items at once that are edited in versions: the same ones for each kind."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import bulk_editing, trash
from domain.bulk_editing import Edited
from domain.content_kinds import Item, Kind
from domain.editing import ItemChange, OldVersion, restore_revision
from domain.errors import InvalidInputError
from domain.item_parts import PartChange
from domain.showing import Shown, hide_item, show_item
from domain.trash import ReadItem, Trashed
from resolvers.context import Context
from resolvers.inputs import within_input
from resolvers.mutations import Refusal


@dataclass(frozen=True, slots=True)
class EditedItems:
    """What became of several items that were to change."""

    results: Sequence[Edited]


@dataclass(frozen=True, slots=True)
class TrashedItems:
    """What became of several items that were to go into the trash, or out of it."""

    results: Sequence[Trashed]


def updating_many(kind: Kind[Item]) -> Callable[..., Awaitable[EditedItems]]:
    """The mutation that changes several items of the kind."""

    async def update(context: Context, *, items: Sequence[ItemChange]) -> EditedItems:
        async with context.writing() as session:
            return EditedItems(await bulk_editing.edit_items(session, kind, items, context.viewer.actor_id))

    return update


def trashing(kind: Kind[Item]) -> Callable[..., Awaitable[TrashedItems]]:
    """The mutation that puts items of the kind into the trash."""

    async def put(context: Context, *, items: Sequence[ReadItem]) -> TrashedItems:
        async with context.writing() as session:
            return TrashedItems(await trash.trash(session, kind, items))

    return put


def restoring(kind: Kind[Item]) -> Callable[..., Awaitable[TrashedItems]]:
    """The mutation that takes items of the kind out of the trash."""

    async def take(context: Context, *, ids: Sequence[UUID]) -> TrashedItems:
        async with context.writing() as session:
            return TrashedItems(await trash.restore(session, kind, ids))

    return take


def restoring_revision(kind: Kind[Item]) -> Callable[..., Awaitable[Item]]:
    """The mutation that lets an item of the kind say again what it said."""

    async def say_again(
        context: Context,
        *,
        id: UUID,  # noqa: A002 - what clients call it
        expected_version: int,
        version: int,
    ) -> Item:
        async with context.writing() as session:
            wanted = OldVersion(id, expected_version, version)
            return await restore_revision(session, kind, wanted, context.viewer.actor_id)

    return say_again


def showing(kind: Kind[Shown]) -> Callable[..., Awaitable[Shown]]:
    """The mutation that lets readers see an item of the kind as it was left last."""

    async def show(context: Context, *, id: UUID, expected_version: int) -> Shown:  # noqa: A002 - what clients call it
        async with context.writing() as session:
            return await show_item(session, kind, ReadItem(id, expected_version))

    return show


def hiding(kind: Kind[Shown]) -> Callable[..., Awaitable[Shown]]:
    """The mutation that lets readers see an item of the kind no more."""

    async def hide(context: Context, *, id: UUID, expected_version: int) -> Shown:  # noqa: A002 - what clients call it
        async with context.writing() as session:
            return await hide_item(session, kind, ReadItem(id, expected_version))

    return hide


def part_of(*, id: UUID, **changes: Any) -> PartChange:  # noqa: A002 - what clients call it
    """The fields of an input that changes a part of an item."""
    return PartChange(id, changes)


def change_of(*, id: UUID, expected_version: int, **changes: Any) -> ItemChange:  # noqa: A002 - what clients call it
    """The fields of an input that changes an item."""
    return ItemChange(id, expected_version, changes)


def refusal_of(edited: Edited) -> Refusal | None:
    """Why the item is as it was, as a problem."""
    if edited.error is None:
        return None
    return Refusal(within_input(edited.error) if isinstance(edited.error, InvalidInputError) else edited.error)
