"""Menus: set by those who have read them as they are, and where their lines lead (decision 0050)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Text, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.content_kinds import Kind, Parts
from domain.content_values import Content, as_json
from domain.errors import DomainError, InvalidField, InvalidInputError, invalid
from domain.item_content import content_of, lay
from domain.menu_lines import ITEMS, TARGETS, faults_of, lay_lines, read_lines, require_lines
from domain.paths import ADDRESSED, SLUG
from domain.revisions import Opened, content_at, keep, require_mergeable
from domain.violations import refused_by
from models import Menu, Shop
from models.shop import SHOP_ID

CODE: Final = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
MENU: Final = Kind(
    Menu,
    "menu",
    ("code", "name"),
    title="name",
    parts=Parts(
        name=ITEMS,
        blank={},
        read=read_lines,
        lay=lay_lines,
        require=require_lines,
        columns=lambda _content: {},
    ),
)


class MenuNotFoundError(DomainError):
    """There is no menu with the code."""

    def __init__(self) -> None:
        super().__init__("There is no such menu.")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a menu with those below it. At most one of `target` is given."""

    label: str
    target: Mapping[str, str | UUID]
    """Where it leads, by `url` or a name of TARGETS."""
    items: Sequence["Line"] = field(default_factory=tuple)

    def said(self) -> Content:
        """It as a content holds it."""
        target = {name: as_json(value) for name, value in self.target.items()}
        return {"label": self.label.strip(), "target": target, ITEMS: [line.said() for line in self.items]}


@dataclass(frozen=True, slots=True)
class MenuContent:
    """What a menu is to be."""

    code: str
    name: str
    items: Sequence[Line]

    def said(self) -> Content:
        """It as a revision holds it."""
        return {"code": self.code, "name": self.name.strip(), ITEMS: [line.said() for line in self.items]}


async def set_menu(
    session: AsyncSession, content: MenuContent, expected_version: int | None, editor_id: UUID | None = None
) -> Menu:
    """Let a menu be that. Without a version there must not be one yet; a change of nothing makes no version.

    A name that others gave it since stays when only the lines are others, and the other way round; lines are not
    merged with lines. Raises InvalidInputError, MenuNotFoundError and ConflictError.
    """
    said = content.said()
    _require_sense(said)
    if expected_version is None:
        return await _make(session, said, editor_id)
    item = await _opened(session, content.code)
    given = await _changed(session, item.row, said, expected_version)
    await require_mergeable(session, item, expected_version, given)
    await _renew(session, item, {**item.content, **given}, editor_id)
    return item.row


def href(item: Any) -> ColumnElement[str]:
    """Where a line leads, as SQL: its address elsewhere, or the path of what it names; null for a heading."""
    paths = [
        (
            getattr(item, f"{name}_id").is_not(None),
            func.encoded_path(
                func.replace(
                    select(getattr(Shop, ADDRESSED[model])).where(Shop.id == SHOP_ID).scalar_subquery(),
                    SLUG,
                    _slug_of(model, getattr(item, f"{name}_id")),
                ),
                type_=Text,
            ),
        )
        for name, model in TARGETS.items()
    ]
    return case(*paths, else_=item.url)


def _slug_of(model: Any, key: Any) -> ColumnElement[str]:
    return select(model.slug).where(model.id == key).correlate_except(model).scalar_subquery()


def _require_sense(said: Content) -> None:
    """Refuse what the tables would refuse, in words. Raises InvalidInputError for all that is wrong."""
    faults = list(faults_of(said[ITEMS]))
    if not CODE.fullmatch(said["code"]):
        faults.insert(0, InvalidField(("code",), "It must consist of a to z, digits and single hyphens."))
    if faults:
        raise InvalidInputError(faults)


async def _make(session: AsyncSession, said: Content, editor_id: UUID | None) -> Menu:
    menu = Menu(id=uuid7(), code=said["code"], name=said["name"], version=1)
    await require_lines(session, menu.id, said, {})
    taken = "There is a menu with this code. Say which version you have read; if it is in the trash, take it out first."
    with refused_by({"uq_menus_code": invalid("expected_version", taken)}):
        session.add(menu)
        await session.flush()
    await lay(session, MENU, menu, said)
    await keep(session, MENU, menu, said, editor_id)
    return menu


async def _opened(session: AsyncSession, code: str) -> Opened[Menu]:
    """The locked menu. Raises MenuNotFoundError."""
    kept = select(Menu).where(Menu.code == code, Menu.deleted_at.is_(None)).with_for_update(key_share=True)
    menu = await session.scalar(kept.execution_options(populate_existing=True))
    if menu is None:
        raise MenuNotFoundError
    return Opened(MENU, menu, await content_of(session, MENU, menu))


async def _changed(session: AsyncSession, menu: Menu, said: Content, expected_version: int) -> Content:
    """What is said otherwise than it was read; all of it when nobody knows what that was."""
    read = await content_at(session, MENU, menu.id, expected_version) or {}
    return {name: value for name, value in said.items() if name not in read or read[name] != value}


async def _renew(session: AsyncSession, item: Opened[Menu], said: Content, editor_id: UUID | None) -> None:
    if said == item.content:
        return
    await require_lines(session, item.row.id, said, item.content)
    await keep(session, MENU, item.row, item.content)
    item.row.version += 1
    await lay(session, MENU, item.row, said)
    await session.flush()
    await keep(session, MENU, item.row, said, editor_id)
