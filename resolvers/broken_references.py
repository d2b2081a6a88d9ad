"""Links and embeds in texts that visitors see, and that lead to nothing they see."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

import models
from auth.viewer import VISITOR
from auth.visibility import visible
from domain.embed_targets import find_shown
from domain.embeds import places_in
from domain.links import leading_nowhere, path_within
from models import FindingKind, Shop
from models.base import Base
from models.findings import LONGEST_DETAIL
from models.shop import SHOP_ID

BATCH: Final = 500

EMBEDDING: Final[Mapping[type[Base], str]] = MappingProxyType(
    {models.Post: "body_html", models.Page: "body_html", models.Service: "description_html"}
)
"""What holds embeds, as HTML."""

LINKING: Final[Mapping[type[Base], str]] = MappingProxyType({**EMBEDDING, models.Product: "description_html"})
"""What holds links."""

LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Found:
    """Something that is wrong with an item."""

    kind: FindingKind
    type_name: str
    item_id: UUID
    title: str
    detail: str


async def broken_links(session: AsyncSession) -> AsyncIterator[list[Found]]:
    """The links that lead nowhere, text by text."""
    shop = await session.get_one(Shop, SHOP_ID)
    for model, column in LINKING.items():
        async for rows in _written(session, model, column, 'href="'):
            links = {row.id: list(internal_paths(row.html, shop.site_url)) for row in rows}
            every = (path for paths in links.values() for path in paths)
            broken = frozenset(await leading_nowhere(session, every, shown))
            yield [
                Found(FindingKind.BROKEN_LINK, model.__name__, row.id, row.title, path[:LONGEST_DETAIL])
                for row in rows
                for path in dict.fromkeys(links[row.id])
                if path in broken
            ]


async def broken_embeds(session: AsyncSession) -> AsyncIterator[list[Found]]:
    """The embeds that show nothing, in the same way."""
    for model, column in EMBEDDING.items():
        async for rows in _written(session, model, column, 'data-embed="'):
            places = {row.id: list(places_in(row.html)) for row in rows}
            targets = ((each.embed, each.target) for some in places.values() for each in some if each.target)
            there = await find_shown(session, targets, shown)
            yield [
                Found(FindingKind.BROKEN_EMBED, model.__name__, row.id, row.title, str(embed))
                for row in rows
                for embed in dict.fromkeys(each.embed for each in places[row.id] if each.target not in there)
            ]


def shown(model: type[Base]) -> ColumnElement[bool]:
    """The condition that visitors see a row."""
    return visible(model, model, VISITOR)


def title_of(model: Any) -> Any:
    """The column that says what a row is called."""
    return model.title if hasattr(model, "title") else model.name


async def _written(session: AsyncSession, model: Any, column: str, mark: str) -> AsyncIterator[Sequence[Any]]:
    """Texts with that in them, some at a time."""
    html, last = getattr(model, column), UUID(int=0)
    rows: Sequence[Any] = (None,)
    while rows:
        some = select(model.id, title_of(model).label("title"), html.label("html"))
        marked = some.where(model.id > last, shown(model), html.contains(mark, autoescape=True))
        rows = (await session.execute(marked.order_by(model.id).limit(BATCH))).all()
        if rows:
            last = rows[-1].id
            yield rows


def internal_paths(html: str, site_url: str | None) -> Iterator[str]:
    """The paths on the shop's own site that a text links to."""
    for match in LINK.finditer(html):
        path = path_within(unescape(match[1]), site_url)
        if path is not None:
            yield path
