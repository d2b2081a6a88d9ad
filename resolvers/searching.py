"""Search across several tables: one ranked list, with the passage that answers."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Numeric, func, literal, select, union_all
from sqlalchemy.orm import aliased

import models
from auth.viewer import Viewer
from auth.visibility import visible
from domain.conditions import found
from resolvers.context import AnySelect, Context
from resolvers.listing import Entry, Listing, Page, page_of
from resolvers.loading import load_row
from resolvers.ordering import Order, cursor_of
from resolvers.paging import Window, windowed


@dataclass(frozen=True, slots=True, eq=False)
class SearchSource:
    """A table that is searched: the title that ranks, and the text that a passage is taken from."""

    type_name: str
    model: type[models.Base]
    title: Callable[[Any], ColumnElement[str]]
    text: Callable[[Any], ColumnElement[str]]


RANK = Numeric(9, 6)
BY_RANK = Order("search", lambda hit, _question: hit.rank, descending=True)


def search(context: Context, sources: Sequence[SearchSource], question: str, window: Window) -> Listing:
    """The rows that answer the question: equal titles first, then whole words, then prefixes."""

    async def read_page() -> Page:
        hits = union_all(*(hits_of(context.viewer, source, question) for source in sources)).subquery("hits")
        cursor = cursor_of(BY_RANK, hits.c).label("cursor")
        statement = windowed(select(hits.c.type, hits.c.id, hits.c.body, cursor), hits.c, BY_RANK, window)
        found_hits = statement.subquery("page")
        highlight = func.search_highlight(found_hits.c.body, question)
        rows = await context.reading.rows(
            select(found_hits.c.type, found_hits.c.id, found_hits.c.cursor, highlight).order_by(found_hits.c.place)
        )
        by_name = {source.type_name: source.model for source in sources}
        nodes = await asyncio.gather(*(load_row(context, by_name[row.type], "id", row.id) for row in rows))
        entries = [Entry(node, row.cursor, row[3]) for node, row in zip(nodes, rows, strict=True)]
        return page_of(entries, window)

    async def read_count() -> int:
        hits = union_all(*(hits_of(context.viewer, source, question) for source in sources)).subquery("hits")
        ((count,),) = await context.reading.rows(select(func.count()).select_from(hits))
        return count  # type: ignore[no-any-return]

    async def nothing() -> Page:
        return Page([], has_next=False, has_previous=False)

    async def none() -> int:
        return 0

    return Listing(read_page, read_count) if sources else Listing(nothing, none)


def hits_of(viewer: Viewer, source: SearchSource, question: Any) -> AnySelect:
    """The rows of one table that answer the question: type, id, rank, and the text to take a passage from."""
    entity: Any = aliased(source.model)
    title = source.title(entity)
    return select(
        literal(source.type_name).label("type"),
        entity.id.label("id"),
        func.search_rank(title, entity.search, question, type_=RANK).label("rank"),
        source.text(entity).label("body"),
    ).where(found(entity, question), visible(source.model, entity, viewer))
