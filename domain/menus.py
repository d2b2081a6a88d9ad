"""Menus: set as a whole by those who have read it as it is, and where their lines lead (decision 0050)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, case, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.conditions import among
from domain.errors import ConflictError, DomainError, InvalidField, InvalidInputError, invalid
from domain.paths import ADDRESSED, SLUG
from domain.violations import refused_by
from models import Category, Menu, MenuItem, Page, Post, PostCategory, Product, Revision, Service, Shop
from models.base import Base
from models.shop import SHOP_ID

CODE = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
URL = re.compile(r"(https?://|mailto:|tel:|/|#)\S*")
MOST_ITEMS = 200
"""The most lines of a menu, all levels together."""

TARGETS: Mapping[str, type[Base]] = MappingProxyType(
    {
        "page": Page,
        "post": Post,
        "post_category": PostCategory,
        "category": Category,
        "product": Product,
        "service": Service,
    }
)
"""What a line may lead to within the shop, by the names of its columns without `_id`."""


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


@dataclass(frozen=True, slots=True)
class MenuContent:
    """What a menu is to be."""

    code: str
    name: str
    items: Sequence[Line]


async def set_menu(
    session: AsyncSession, content: MenuContent, expected_version: int | None, editor_id: UUID | None = None
) -> Menu:
    """Let a menu be that, as a whole. Without a version there must not be one yet.

    Raises InvalidInputError, MenuNotFoundError and ConflictError.
    """
    _require_sense(content)
    await _require_targets(session, content.items)
    menu = await _opened(session, content, expected_version)
    menu.name = content.name.strip()
    await session.execute(delete(MenuItem).where(MenuItem.menu_id == menu.id))
    session.add_all(_rows(content.items, menu_id=menu.id))
    await session.flush()
    session.add(_revision(menu, content, editor_id))
    await session.flush()
    return menu


async def delete_menu(session: AsyncSession, code: str, expected_version: int) -> None:
    """Take a menu away. Raises MenuNotFoundError and ConflictError."""
    menu = await _locked(session, code, expected_version)
    await session.execute(delete(Revision).where(Revision.table_name == "menus", Revision.row_id == menu.id))
    await session.delete(menu)
    await session.flush()


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


def _require_sense(content: MenuContent) -> None:
    """Refuse what the tables would refuse, in words. Raises InvalidInputError for all that is wrong."""
    faults = []
    if not CODE.fullmatch(content.code):
        faults.append(InvalidField(("code",), "It must consist of a to z, digits and single hyphens."))
    lines = list(_walked(content.items, ("items",)))
    if len(lines) > MOST_ITEMS:
        faults.append(InvalidField(("items",), f"They are {len(lines)} lines in all; {MOST_ITEMS} are the most."))
    for path, line in lines:
        if len(line.target) > 1:
            faults.append(InvalidField((*path, "target"), "A line leads to one place. Give one of them."))
        url = line.target.get("url")
        if isinstance(url, str) and not URL.fullmatch(url):
            message = "It must begin with https://, http://, mailto:, tel:, / or #, and hold no spaces."
            faults.append(InvalidField((*path, "target", "url"), message))
    if faults:
        raise InvalidInputError(faults)


async def _require_targets(session: AsyncSession, items: Sequence[Line]) -> None:
    """Refuse lines that lead to what is not there. Whoever would take it away meanwhile waits (FOR SHARE)."""
    faults = []
    lines = list(_walked(items, ("items",)))
    for name, model in TARGETS.items():
        named = [(path, line.target[name]) for path, line in lines if name in line.target]
        there = await _there(session, model, [key for _, key in named])
        faults += [
            InvalidField((*path, "target", name), "There is none with this id.")
            for path, key in named
            if key not in there
        ]
    if faults:
        raise InvalidInputError(faults)


async def _there(session: AsyncSession, model: type[Base], keys: Sequence[Any]) -> set[Any]:
    if not keys:
        return set()
    columns = model.__table__.c
    rows = select(columns.id).where(among(columns.id, keys)).order_by(columns.id)
    if "deleted_at" in columns:
        rows = rows.where(columns.deleted_at.is_(None))
    return set(await session.scalars(rows.with_for_update(read=True)))


def _walked(items: Sequence[Line], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Line]]:
    """Every line with the way to it in the input."""
    for place, line in enumerate(items):
        here = (*path, str(place))
        yield here, line
        yield from _walked(line.items, (*here, "items"))


async def _opened(session: AsyncSession, content: MenuContent, expected_version: int | None) -> Menu:
    """The locked menu in its next version: a new one when none was read."""
    if expected_version is not None:
        menu = await _locked(session, content.code, expected_version)
        menu.version += 1
        return menu
    menu = Menu(id=uuid7(), code=content.code, name=content.name.strip(), version=1)
    taken = invalid("expected_version", "There is a menu with this code. Say which version of it you have read.")
    with refused_by({"uq_menus_code": taken}):
        session.add(menu)
        await session.flush()
    return menu


async def _locked(session: AsyncSession, code: str, expected_version: int) -> Menu:
    menu = await session.scalar(select(Menu).where(Menu.code == code).with_for_update())
    if menu is None:
        raise MenuNotFoundError
    if menu.version != expected_version:
        raise ConflictError(expected_version, menu.version)
    return menu


def _rows(items: Sequence[Line], **place: UUID) -> Iterator[MenuItem]:
    """The rows of lines at one place, each before those below it."""
    for position, line in enumerate(items):
        key = uuid7()
        target = {name if name == "url" else f"{name}_id": value for name, value in line.target.items()}
        yield MenuItem(id=key, position=position, label=line.label.strip(), **place, **target)
        yield from _rows(line.items, parent_id=key)


def _revision(menu: Menu, content: MenuContent, editor_id: UUID | None) -> Revision:
    said = {"code": menu.code, "name": menu.name, "items": [_as_json(line) for line in content.items]}
    named = {"table_name": Menu.__tablename__, "row_id": menu.id, "version": menu.version}
    return Revision(id=uuid7(), **named, content=said, editor_id=editor_id)


def _as_json(line: Line) -> dict[str, Any]:
    target = {name: str(value) for name, value in line.target.items()}
    return {"label": line.label, "target": target, "items": [_as_json(each) for each in line.items]}
