"""A look over everything that visitors see: titles and descriptions that several have, and links that lead nowhere."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    cast,
    delete,
    func,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

import models
from auth.viewer import VISITOR
from auth.visibility import visible
from domain.links import leading_nowhere
from domain.paths import ADDRESSED
from models import ContentFinding, FindingKind, Shop
from models.base import Base, SearchEngineOptimised
from models.findings import LONGEST_DETAIL
from models.shop import SHOP_ID

CHECK_CONTENT: Final = "check_content"
"""The job that looks over everything."""

MOST_OF_A_KIND: Final = 10_000
"""Whoever has more of them has no use for the rest of the list."""

BATCH: Final = 500

TEXTS: Final[Mapping[type[Base], str]] = MappingProxyType(
    {
        models.Post: "body_html",
        models.Page: "body_html",
        models.Product: "description_html",
        models.Service: "description_html",
    }
)
"""What holds links, as HTML."""

LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Found:
    """Something that is wrong with an item."""

    kind: FindingKind
    type_name: str
    item_id: UUID
    title: str
    detail: str


async def check_content(session: AsyncSession) -> None:
    """Look over everything: note what is wrong, and forget what is so no more."""
    for kind, words in ((FindingKind.DUPLICATE_TITLE, "shown_title"), (FindingKind.DUPLICATE_DESCRIPTION, "summary")):
        rows = (await session.execute(_duplicates(words))).all()
        await _note(session, [Found(kind, *row) for row in rows])
    links = 0
    async for found in _broken_links(session):
        await _note(session, found[: MOST_OF_A_KIND - links])
        links += len(found)
        if links >= MOST_OF_A_KIND:
            break
    await session.execute(delete(ContentFinding).where(ContentFinding.seen_at < func.now()))


def _shown(model: type[Base]) -> ColumnElement[bool]:
    return visible(model, model, VISITOR)


def _duplicates(words: str) -> Select[Any]:
    """Items of any kind whose words are those of others, however they are written."""
    items = union_all(*(_head_of(model) for model in ADDRESSED)).subquery()
    said = func.lower(func.btrim(items.c[words]))
    counted = select(items, func.count().over(partition_by=said).label("times")).where(said != "").subquery()
    return (
        select(
            counted.c.type_name,
            counted.c.id,
            counted.c.title,
            func.left(func.btrim(counted.c[words]), LONGEST_DETAIL),
        )
        .where(counted.c.times > 1)
        .order_by(counted.c[words], counted.c.id)
        .limit(MOST_OF_A_KIND)
    )


def _head_of(model: Any) -> Select[Any]:
    """What search engines show of each row."""
    title = _title_of(model)
    has_own = issubclass(model, SearchEngineOptimised)
    return select(
        literal_column(f"'{model.__name__}'", Text).label("type_name"),
        model.id.label("id"),
        title.label("title"),
        (func.coalesce(model.seo_title, title) if has_own else title).label("shown_title"),
        (model.seo_description if has_own else cast(null(), Text)).label("summary"),
    ).where(_shown(model))


def _title_of(model: Any) -> Any:
    return model.title if hasattr(model, "title") else model.name


async def _broken_links(session: AsyncSession) -> AsyncIterator[list[Found]]:
    shop = await session.get_one(Shop, SHOP_ID)
    for model, column in TEXTS.items():
        async for rows in _written(session, model, column):
            links = {row.id: list(internal_paths(row.html, shop.site_url)) for row in rows}
            every = (path for paths in links.values() for path in paths)
            broken = frozenset(await leading_nowhere(session, every, _shown))
            yield [
                Found(FindingKind.BROKEN_LINK, model.__name__, row.id, row.title, path[:LONGEST_DETAIL])
                for row in rows
                for path in dict.fromkeys(links[row.id])
                if path in broken
            ]


async def _written(session: AsyncSession, model: Any, column: str) -> AsyncIterator[Sequence[Any]]:
    """Texts with links, some at a time."""
    html, last = getattr(model, column), UUID(int=0)
    rows: Sequence[Any] = (None,)
    while rows:
        some = select(model.id, _title_of(model).label("title"), html.label("html"))
        linked = some.where(model.id > last, _shown(model), html.like('%href="%'))
        rows = (await session.execute(linked.order_by(model.id).limit(BATCH))).all()
        if rows:
            last = rows[-1].id
            yield rows


def internal_paths(html: str, site_url: str | None) -> Iterator[str]:
    """The paths on the shop's own site that a text links to."""
    for match in LINK.finditer(html):
        address = unescape(match[1])
        if site_url is not None:
            address = address.removeprefix(site_url)
        if address.startswith("/") and not address.startswith("//"):
            yield address


async def _note(session: AsyncSession, found: Sequence[Found]) -> None:
    if not found:
        return
    rows = [
        {
            "id": uuid7(),
            "kind": each.kind,
            "type_name": each.type_name,
            "item_id": each.item_id,
            "title": each.title,
            "detail": each.detail,
        }
        for each in found
    ]
    noted = insert(ContentFinding)
    again = noted.on_conflict_do_update(
        constraint="uq_content_findings_kind_item_id_detail",
        set_={"title": noted.excluded.title, "seen_at": func.now()},
    )
    await session.execute(again, rows)
