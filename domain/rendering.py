"""Texts as HTML and as bare words, kept beside them: rendered when they are written, and again when that changes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.content_values import Content
from domain.embed_targets import targets_of
from domain.embeds import NOWHERE, EmbedKind, Targets
from domain.markdown import RENDERING, render
from models import Page, Post, Product, Revision, Service
from models.base import Base
from models.publishing import Drafted
from models.texts import Embedding, Form, Prose

RENDER_TEXTS: Final = "render_texts"
BATCH: Final = 50

EMBEDDING: Final[tuple[type[Post | Page | Service], ...]] = (Post, Page, Service)
"""The tables in whose texts something may stand by reference."""

KIND_OF: Final = MappingProxyType({"embedded_products": EmbedKind.PRODUCT, "embedded_posts": EmbedKind.POST})
"""The columns that hold the ids of what stands in a text."""

Wanted = Callable[[Any], ColumnElement[bool]]
"""Which texts, by their rendering."""


def render_row(row: Prose, targets: Targets = NOWHERE) -> None:
    """Keep beside the row's text what is made of it, by what its embeds lead to."""
    put_made(row, _made_of(row.form, getattr(row, row.form.source), targets))


async def render_rows(session: AsyncSession, rows: Sequence[object]) -> None:
    """Render those rows that have texts. In a thread: a long one takes its time, and others are answered meanwhile.

    The rows are changed already, and are not written before they are whole.
    """
    texts = [row for row in rows if isinstance(row, Prose) and getattr(row, row.form.source) is not None]
    if texts:
        embedding = [getattr(row, row.form.source) for row in texts if isinstance(row, Embedding)]
        with session.no_autoflush:
            targets = await targets_of(session, embedding)
        await asyncio.to_thread(_render, texts, targets)


def put_made(row: Prose, made: Mapping[str, Any]) -> None:
    """Let a row hold what was made of its text, as a revision keeps it."""
    for name in row.form.made:
        setattr(row, name, [UUID(key) for key in made[name]] if name in KIND_OF else made[name])


async def render_draft(session: AsyncSession, row: object, content: Content) -> None:
    """Keep beside a draft, whose content it is, what is made of its text; no row has that yet."""
    if isinstance(row, Embedding) and isinstance(row, Drafted) and row.has_draft:
        rendered = await _made_of_content(session, row.form, content)
        its = (Revision.table_name == row.__tablename__, Revision.row_id == row.id, Revision.version == row.version)
        beside = update(Revision).where(*its).values(rendered=rendered)
        await session.execute(beside, execution_options={"synchronize_session": False})


def has_text(row: object, content: Content) -> bool:
    """Whether the row has a text, and a content has one for it."""
    return isinstance(row, Prose) and content.get(row.form.source) is not None


def is_rewritten(row: object, content: Content) -> bool:
    """Whether the row has a text, and a content has another one for it, or has other HTML where that is written."""
    if not isinstance(row, Prose):
        return False
    given = [name for name in (row.form.source, row.form.html) if name in content]
    return any(content[name] != getattr(row, name) for name in given)


def words_of(row: Any) -> ColumnElement[str]:
    """What the row's text says, as SQL: without marks of Markdown, once it is rendered."""
    return case((row.rendering == 0, row.body), else_=row.plain_text)


def words_of_description(row: Any) -> ColumnElement[str]:
    """What the row's description says, in the same way."""
    return case((row.rendering == 0, row.description), else_=row.plain_text)


async def render_texts(session: AsyncSession) -> bool:
    """Render a batch of what was rendered otherwise or never; gives whether there may be more.

    With the last of it, some of those whose embeds led nowhere: what was missing may be there now.
    """
    if await _render_batch(session, _is_older):
        return True
    await _render_batch(session, _is_open)
    return False


async def _render_batch(session: AsyncSession, wanted: Wanted) -> bool:
    full = [await _render_rows_of(session, model, wanted) for model in (*EMBEDDING, Product)]
    full += [await _render_drafts_of(session, model, wanted) for model in EMBEDDING]
    return any(full)


async def _render_rows_of(session: AsyncSession, model: type[Post | Page | Service | Product], wanted: Wanted) -> bool:
    """Render some of a table's texts; gives whether there may be more."""
    texts = select(model).where(getattr(model, model.form.source).is_not(None), wanted(model.rendering))
    rows = (await session.scalars(_batch(texts, model, wanted))).all()
    await render_rows(session, rows)
    return len(rows) == BATCH


async def _render_drafts_of(session: AsyncSession, model: type[Post | Page | Service], wanted: Wanted) -> bool:
    """The same of the drafts beside them. Those of products hold their HTML themselves."""
    beside = (
        select(Revision)
        .join(model, (Revision.row_id == model.id) & (Revision.version == model.version))
        .where(Revision.table_name == model.__tablename__, model.live_version < model.version)
        .where(wanted(func.coalesce(Revision.rendered["rendering"].as_integer(), 0)))
    )
    drafts = (await session.scalars(_batch(beside, Revision, wanted))).all()
    for draft in drafts:
        draft.rendered = await _made_of_content(session, model.form, draft.content)
    return len(drafts) == BATCH


def _is_older(rendering: Any) -> ColumnElement[bool]:
    return and_(rendering >= 0, rendering < RENDERING)


def _is_open(rendering: Any) -> ColumnElement[bool]:
    return rendering < 0  # type: ignore[no-any-return]


def _batch(statement: Select[Any], model: type[Base], wanted: Wanted) -> Select[Any]:
    """Some of them, which nobody else has in hand: in any order those that may stay open, so that none waits behind."""
    order = func.random() if wanted is _is_open else model.id
    return statement.order_by(order).limit(BATCH).with_for_update(skip_locked=True, key_share=True, of=model)


def _render(rows: Sequence[Prose], targets: Targets) -> None:
    for row in rows:
        render_row(row, targets)


async def _made_of_content(session: AsyncSession, form: Form, content: Content) -> dict[str, Any]:
    """What is made of the text of a content."""
    text = content[form.source]
    return await asyncio.to_thread(_made_of, form, text, await targets_of(session, [text]))


def _made_of(form: Form, text: str, targets: Targets) -> dict[str, Any]:
    """What is made of a text, by the columns that hold it, in JSON."""
    rendered = render(text, targets if form.is_embedding else None)
    made = {
        form.html: rendered.html,
        form.words: rendered.plain_text,
        "table_of_contents": list(rendered.table_of_contents),
        "rendering": rendered.rendering,
        **{name: [str(key) for key in rendered.embedded_of(kind)] for name, kind in KIND_OF.items()},
    }
    return {name: made[name] for name in form.made}
