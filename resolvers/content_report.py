"""A look over everything that visitors see: what several say in the same words, and what leads nowhere."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from sqlalchemy import Select, Text, cast, delete, func, literal_column, null, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.paths import ADDRESSED
from models import ContentFinding, FindingKind
from models.base import SearchEngineOptimised
from models.findings import LONGEST_DETAIL
from resolvers.broken_references import Found, broken_embeds, broken_links, shown, title_of

CHECK_CONTENT: Final = "check_content"
"""The job that looks over everything."""

MOST_OF_A_KIND: Final = 10_000
"""Whoever has more of them has no use for the rest of the list."""


async def check_content(session: AsyncSession) -> None:
    """Look over everything: note what is wrong, and forget what is so no more."""
    for kind, words in ((FindingKind.DUPLICATE_TITLE, "shown_title"), (FindingKind.DUPLICATE_DESCRIPTION, "summary")):
        rows = (await session.execute(_duplicates(words))).all()
        await _note(session, [Found(kind, *row) for row in rows])
    await _note_first(session, broken_links(session))
    await _note_first(session, broken_embeds(session))
    await session.execute(delete(ContentFinding).where(ContentFinding.seen_at < func.now()))


async def _note_first(session: AsyncSession, broken: AsyncIterator[Sequence[Found]]) -> None:
    many = 0
    async for found in broken:
        await _note(session, found[: MOST_OF_A_KIND - many])
        many += len(found)
        if many >= MOST_OF_A_KIND:
            break


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
    title = title_of(model)
    has_own = issubclass(model, SearchEngineOptimised)
    return select(
        literal_column(f"'{model.__name__}'", Text).label("type_name"),
        model.id.label("id"),
        title.label("title"),
        (func.coalesce(model.seo_title, title) if has_own else title).label("shown_title"),
        (model.seo_description if has_own else cast(null(), Text)).label("summary"),
    ).where(shown(model))


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
