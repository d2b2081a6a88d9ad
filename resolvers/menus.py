"""Mutations of menus."""

from collections.abc import Sequence
from uuid import UUID

from domain import menus
from domain.menus import Line, MenuContent
from models import Menu
from resolvers.context import Context


async def set_menu(
    context: Context, *, code: str, name: str, items: Sequence[Line], expected_version: int | None = None
) -> Menu:
    """Let a menu be that."""
    async with context.writing() as session:
        content = MenuContent(code, name, items)
        return await menus.set_menu(session, content, expected_version, context.viewer.actor_id)


def line_of(*, label: str, target: dict[str, str | UUID] | None = None, items: Sequence[Line] = ()) -> Line:
    """The fields of an input that describes a line."""
    return Line(label, target or {}, items)


def target_of(**target: str | UUID) -> dict[str, str | UUID]:
    """The fields of an input that says where a line leads."""
    return target
