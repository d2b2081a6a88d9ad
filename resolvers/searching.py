"""Search across several tables: one ranked list, with the passage that answers."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, func, literal, select, union_all
from sqlalchemy.orm import aliased

import models
from auth.viewer import Viewer
from auth.visibility import visible
from domain.searching import Question, asked, finds, rank
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


BY_RANK = Order("search", lambda hit, _question: hit.rank, descending=True)


def search(context: Context, sources: Sequence[SearchSource], question: str, window: Window) -> Listing:
    """The rows that answer the question: equal titles first, then whole words, then prefixes."""

    async def read_page() -> Page:
        hits = hits_of(context.viewer, sources, asked(question)).subquery("hits")
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
        hits = hits_of(context.viewer, sources, asked(question)).subquery("hits")
        ((count,),) = await context.reading.rows(select(func.count()).select_from(hits))
        return count  # type: ignore[no-any-return]

    async def nothing() -> Page:
        return Page([], has_next=False, has_previous=False)

    async def none() -> int:
        return 0

    return Listing(read_page, read_count) if sources else Listing(nothing, none)


def hits_of(viewer: Viewer, sources: Sequence[SearchSource], question: Question) -> CompoundSelect[Any]:
    """The rows of the tables that answer the question: type, id, rank, and the text to take a passage from."""
    return union_all(*(_hits_in(source, viewer, question) for source in sources))


def _hits_in(source: SearchSource, viewer: Viewer, question: Question) -> AnySelect:
    entity: Any = aliased(source.model)
    hits = select(
        literal(source.type_name).label("type"),
        entity.id.label("id"),
        rank(question, entity, source.title(entity)).label("rank"),
        source.text(entity).label("body"),
    )
    return hits.where(finds(question, entity), visible(source.model, entity, viewer)).correlate_except(entity)
