"""Texts as HTML and as bare words, kept beside them: rendered when they are written, and again when that changes."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, TypeGuard, TypeVar

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.content_values import Content
from domain.markdown import RENDERING, render
from models import Page, Post, Revision, Service
from models.publishing import Drafted
from models.texts import Form, Prose

RENDER_TEXTS: Final = "render_texts"
BATCH: Final = 50

RENDERED: Final = (Post, Page, Service)
"""The tables with texts."""

TextRow = TypeVar("TextRow", Post, Page, Service)


def render_row(row: Prose) -> None:
    """Keep beside the row's text what is made of it."""
    for name, value in _made_of(row.form, getattr(row, row.form.source)).items():
        setattr(row, name, value)


async def render_rows(rows: Sequence[object]) -> None:
    """Render those rows that have texts. In a thread: a long one takes its time, and others are answered meanwhile."""
    texts = [row for row in rows if isinstance(row, Prose)]
    if texts:
        await asyncio.to_thread(_render, texts)


async def render_draft(session: AsyncSession, row: object, content: Content) -> None:
    """Keep beside a draft, whose content it is, what is made of its text; no row has that yet."""
    if isinstance(row, Prose) and isinstance(row, Drafted) and row.has_draft:
        rendered = await asyncio.to_thread(_made_of, row.form, content[row.form.source])
        its = (Revision.table_name == row.__tablename__, Revision.row_id == row.id, Revision.version == row.version)
        beside = update(Revision).where(*its).values(rendered=rendered)
        await session.execute(beside, execution_options={"synchronize_session": False})


def has_text(row: object, content: Content) -> TypeGuard[Prose]:
    """Whether the row has a text, and a content has one for it."""
    return isinstance(row, Prose) and row.form.source in content


def is_rewritten(row: object, content: Content) -> bool:
    """Whether that is another one."""
    return has_text(row, content) and bool(content[row.form.source] != getattr(row, row.form.source))


def words_of(row: Any) -> ColumnElement[str]:
    """What the row's text says, as SQL: without marks of Markdown, once it is rendered."""
    return case((row.rendering == 0, row.body), else_=row.plain_text)


def words_of_description(row: Any) -> ColumnElement[str]:
    """What the row's description says, in the same way."""
    return case((row.rendering == 0, row.description), else_=row.plain_text)


async def render_texts(session: AsyncSession) -> bool:
    """Render a batch of what was rendered otherwise or never; gives whether there may be more."""
    more = [await _render_older(session, model) for model in RENDERED]
    more += [await _render_older_drafts(session, model) for model in RENDERED]
    return any(more)


async def _render_older(session: AsyncSession, model: type[TextRow]) -> bool:
    older = select(model).where(model.rendering < RENDERING).order_by(model.id).limit(BATCH)
    rows = (await session.scalars(older.with_for_update(skip_locked=True, key_share=True))).all()
    await render_rows(rows)
    return len(rows) == BATCH


async def _render_older_drafts(session: AsyncSession, model: type[TextRow]) -> bool:
    rendering = Revision.rendered["rendering"].as_integer()
    older = (
        select(Revision)
        .join(model, (Revision.row_id == model.id) & (Revision.version == model.version))
        .where(Revision.table_name == model.__tablename__, model.live_version < model.version)
        .where(func.coalesce(rendering, 0) < RENDERING)
        .order_by(Revision.id)
        .limit(BATCH)
    )
    drafts = (await session.scalars(older.with_for_update(skip_locked=True, of=Revision))).all()
    for draft in drafts:
        draft.rendered = await asyncio.to_thread(_made_of, model.form, draft.content[model.form.source])
    return len(drafts) == BATCH


def _render(rows: Sequence[Prose]) -> None:
    for row in rows:
        render_row(row)


def _made_of(form: Form, text: str) -> dict[str, Any]:
    """What is made of a text, by the columns that hold it."""
    rendered = render(text)
    made = {
        form.html: rendered.html,
        "plain_text": rendered.plain_text,
        "table_of_contents": list(rendered.table_of_contents),
        "rendering": RENDERING,
    }
    return {name: made[name] for name in form.made}
