"""Texts as HTML and as bare words, kept beside them: rendered when they are written, and again when that changes."""

import asyncio
from typing import Any, Final

from sqlalchemy import ColumnElement, case, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.markdown import RENDERING, render
from models import Page, Post
from models.texts import Written

RENDER_TEXTS: Final = "render_texts"
BATCH: Final = 50


def render_body(row: Written) -> None:
    """Keep beside the row's text what is made of it."""
    rendered = render(row.body)
    row.body_html = rendered.html
    row.plain_text = rendered.plain_text
    row.table_of_contents = list(rendered.table_of_contents)
    row.rendering = RENDERING


async def render_written(row: object) -> None:
    """Render the row, if it is a text. In a thread: a long one takes its time, and others are answered meanwhile."""
    if isinstance(row, Written):
        await asyncio.to_thread(render_body, row)


def words_of(row: Any) -> ColumnElement[str]:
    """What the row's text says, as SQL: without marks of Markdown, once it is rendered."""
    return case((row.rendering == 0, row.body), else_=row.plain_text)


async def render_texts(session: AsyncSession) -> bool:
    """Render a batch of what was rendered otherwise or never; gives whether there may be more."""
    posts = await _rendered(session, Post)
    pages = await _rendered(session, Page)
    return posts or pages


async def _rendered(session: AsyncSession, model: type[Post] | type[Page]) -> bool:
    older = select(model).where(model.rendering < RENDERING).order_by(model.id).limit(BATCH)
    rows = (await session.scalars(older.with_for_update(skip_locked=True, key_share=True))).all()
    for row in rows:
        await render_written(row)
    return len(rows) == BATCH
