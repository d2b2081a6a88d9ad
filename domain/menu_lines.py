"""The lines of menus: a part of their contents, kept as rows that lead to what is there (decision 0050)."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from uuid_utils.compat import uuid7

from domain.conditions import among
from domain.content_values import Content, as_json
from domain.errors import InvalidField, InvalidInputError
from models import Category, Menu, MenuItem, Page, Post, PostCategory, Product, Service
from models.base import Base
from models.menus import TARGETS as COLUMNS

ITEMS: Final = "items"
URL: Final = re.compile(r"(https?://|mailto:|tel:|/|#)\S*")
MOST_ITEMS: Final = 200
"""The most lines of a menu, all levels together."""

TARGETS: Final[Mapping[str, type[Base]]] = MappingProxyType(
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

Place = tuple[str, ...]
"""The way to a line in an input."""


async def read_lines(session: AsyncSession, menus: Sequence[Menu]) -> dict[UUID, Content]:
    """The lines as contents hold them: each with its `label`, its `target` and those below it."""
    below: dict[UUID, list[Any]] = defaultdict(list)
    for row in await session.execute(_lines_of([menu.id for menu in menus])):
        below[row.parent_id or row.menu_id].append(row)
    return {menu.id: {ITEMS: [_said(row, below) for row in below[menu.id]]} for menu in menus}


async def lay_lines(
    session: AsyncSession, contents: Sequence[tuple[Menu, Content]]
) -> dict[UUID, Sequence[InvalidField]]:
    """Let the table hold the lines of contents: new rows, where they are others. None is refused."""
    stored = await read_lines(session, [menu for menu, _ in contents])
    wanted = {menu.id: content[ITEMS] for menu, content in contents if content[ITEMS] != stored[menu.id][ITEMS]}
    if not wanted:
        return {}
    await session.execute(delete(MenuItem).where(among(MenuItem.menu_id, list(wanted))))
    for key, lines in wanted.items():
        session.add_all(_rows(lines, menu_id=key))
    await session.flush()
    return {}


async def require_lines(session: AsyncSession, _menu_id: UUID, content: Content, _before: Content) -> None:
    """Refuse lines that lead to what is not there. Whoever would take it away meanwhile waits (FOR SHARE).

    Raises InvalidInputError.
    """
    faults = []
    lines = list(_walked(content[ITEMS], (ITEMS,)))
    for name, model in TARGETS.items():
        named = [(place, UUID(line["target"][name])) for place, line in lines if name in line["target"]]
        there = await _there(session, model, [key for _, key in named])
        faults += [
            InvalidField((*place, "target", name), "There is none with this id.")
            for place, key in named
            if key not in there
        ]
    if faults:
        raise InvalidInputError(faults)


def faults_of(lines: Sequence[Content]) -> Iterator[InvalidField]:
    """What is wrong with lines by themselves: what the tables would refuse, in words."""
    walked = list(_walked(lines, (ITEMS,)))
    if len(walked) > MOST_ITEMS:
        yield InvalidField((ITEMS,), f"They are {len(walked)} lines in all; {MOST_ITEMS} are the most.")
    for place, line in walked:
        if len(line["target"]) > 1:
            yield InvalidField((*place, "target"), "A line leads to one place. Give one of them.")
        url = line["target"].get("url")
        if url is not None and not URL.fullmatch(url):
            message = "It must begin with https://, http://, mailto:, tel:, / or #, and hold no spaces."
            yield InvalidField((*place, "target", "url"), message)


def _lines_of(keys: Sequence[UUID]) -> Select[Any]:
    """All lines of the menus, in their places."""
    names = ("id", "parent_id", "position", "label", *COLUMNS)
    own = select(MenuItem.menu_id, *(getattr(MenuItem, name) for name in names))
    top = own.where(among(MenuItem.menu_id, keys)).cte(recursive=True)
    deeper = aliased(MenuItem)
    below = select(top.c.menu_id, *(getattr(deeper, name) for name in names))
    lines = top.union_all(below.join_from(deeper, top, deeper.parent_id == top.c.id))
    return select(lines).order_by(lines.c.position)


def _said(row: Any, below: Mapping[UUID, Sequence[Any]]) -> Content:
    target = {name.removesuffix("_id"): as_json(key) for name in COLUMNS if (key := getattr(row, name)) is not None}
    return {"label": row.label, "target": target, ITEMS: [_said(each, below) for each in below.get(row.id, ())]}


def _walked(lines: Sequence[Content], place: Place) -> Iterator[tuple[Place, Content]]:
    """Every line with the way to it in the input."""
    for number, line in enumerate(lines):
        here = (*place, str(number))
        yield here, line
        yield from _walked(line[ITEMS], (*here, ITEMS))


def _rows(lines: Sequence[Content], **place: UUID) -> Iterator[MenuItem]:
    """The rows of lines at one place, each before those below it."""
    for position, line in enumerate(lines):
        key = uuid7()
        target = {
            name if name == "url" else f"{name}_id": value if name == "url" else UUID(value)
            for name, value in line["target"].items()
        }
        yield MenuItem(id=key, position=position, label=line["label"], **place, **target)
        yield from _rows(line[ITEMS], parent_id=key)


async def _there(session: AsyncSession, model: type[Base], keys: Sequence[UUID]) -> set[UUID]:
    if not keys:
        return set()
    columns = model.__table__.c
    rows = select(columns.id).where(among(columns.id, keys), columns.deleted_at.is_(None)).order_by(columns.id)
    return set(await session.scalars(rows.with_for_update(read=True)))
