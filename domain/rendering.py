"""Texts as HTML and as bare words, kept beside them: rendered when they are written, and again when that changes."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.content_values import Content
from domain.markdown import RENDERING, render
from models import Page, Post, Revision
from models.publishing import Drafted
from models.texts import Written

RENDER_TEXTS: Final = "render_texts"
BATCH: Final = 50


def rendered_body(body: str) -> dict[str, Any]:
    """What is made of a text, by the columns that hold it."""
    rendered = render(body)
    return {
        "body_html": rendered.html,
        "plain_text": rendered.plain_text,
        "table_of_contents": list(rendered.table_of_contents),
        "rendering": RENDERING,
    }


def render_body(row: Written) -> None:
    """Keep beside the row's text what is made of it."""
    for name, value in rendered_body(row.body).items():
        setattr(row, name, value)


async def render_written(row: object) -> None:
    """Render the row, if it is a text. In a thread: a long one takes its time, and others are answered meanwhile."""
    if isinstance(row, Written):
        await asyncio.to_thread(render_body, row)


async def render_draft(session: AsyncSession, row: object, content: Content) -> None:
    """Keep beside a draft, whose content it is, what is made of its text; no row has that yet."""
    if isinstance(row, Written) and isinstance(row, Drafted) and row.has_draft:
        rendered = await asyncio.to_thread(rendered_body, content["body"])
        its = (Revision.table_name == row.__tablename__, Revision.row_id == row.id, Revision.version == row.version)
        beside = update(Revision).where(*its).values(rendered=rendered)
        await session.execute(beside, execution_options={"synchronize_session": False})


async def render_all(rows: Sequence[object]) -> None:
    """Render those rows that are texts, in one thread."""
    texts = [row for row in rows if isinstance(row, Written)]
    if texts:
        await asyncio.to_thread(_render_bodies, texts)


def _render_bodies(rows: Sequence[Written]) -> None:
    for row in rows:
        render_body(row)


def body_of(row: object) -> str | None:
    """The Markdown of a row, if it is a text."""
    return row.body if isinstance(row, Written) else None


def words_of(row: Any) -> ColumnElement[str]:
    """What the row's text says, as SQL: without marks of Markdown, once it is rendered."""
    return case((row.rendering == 0, row.body), else_=row.plain_text)


async def render_texts(session: AsyncSession) -> bool:
    """Render a batch of what was rendered otherwise or never; gives whether there may be more."""
    more = [await _rendered(session, Post), await _rendered(session, Page)]
    more += [await _drafts_rendered(session, Post), await _drafts_rendered(session, Page)]
    return any(more)


async def _rendered(session: AsyncSession, model: type[Post] | type[Page]) -> bool:
    older = select(model).where(model.rendering < RENDERING).order_by(model.id).limit(BATCH)
    rows = (await session.scalars(older.with_for_update(skip_locked=True, key_share=True))).all()
    for row in rows:
        await render_written(row)
    return len(rows) == BATCH


async def _drafts_rendered(session: AsyncSession, model: type[Post] | type[Page]) -> bool:
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
        draft.rendered = await asyncio.to_thread(rendered_body, draft.content["body"])
    return len(drafts) == BATCH
