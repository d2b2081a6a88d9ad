"""A blog on a database that is thrown away, with posts that wait to come out."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from uuid_utils.compat import uuid7

from benchmarks.data import Database, describe_database
from domain.markdown import RENDERING
from server.database import create_engine
from server.embedded import EmbeddedPostgres
from server.migrating import migrate
from server.settings import load_settings

BODY = "## How it is done\n\nSlowly, and with *care*.\n\n" * 20
"""A page and a half of Markdown."""

NEW = text("""
    INSERT INTO posts (id, author_id, slug, title, excerpt, body, status, scheduled_at, rendering)
    SELECT gen_random_uuid(), :author, :name || n, 'Post ' || n, 'How it is done.', :body, :status, :due, :rendering
    FROM generate_series(1, :many) AS n
""")
OUT = text("""
    UPDATE posts SET status = 'PUBLISHED', published_at = now(), version = 2, draft_status = 'APPROVED'
    WHERE slug LIKE :name || '%'
""")
KEPT = text("""
    INSERT INTO revisions (id, table_name, row_id, version, rendered, content)
    SELECT gen_random_uuid(), 'posts', id, number, jsonb_build_object(
        'body_html', body, 'plain_text', body, 'table_of_contents', '[]'::jsonb, 'rendering', CAST(:rendering AS int),
        'embedded_products', '[]'::jsonb, 'embedded_posts', '[]'::jsonb
    ), jsonb_build_object(
        'author_id', author_id, 'category_id', category_id, 'slug', slug, 'title', title || ' of version ' || number,
        'excerpt', excerpt, 'body', body || number, 'featured_image_url', NULL, 'featured_image_alt', '',
        'seo_title', NULL, 'seo_description', NULL, 'seo_keywords', '[]'::jsonb, 'internal_notes', NULL,
        'tags', '[]'::jsonb
    )
    FROM posts, generate_series(1, 2) AS number WHERE slug LIKE :name || '%'
""")
RELEASED = text("""
    INSERT INTO release_items (id, release_id, action, post_id)
    SELECT gen_random_uuid(), :release, 'PUBLISH', id FROM posts WHERE slug LIKE :name || '%'
""")


@contextmanager
def blog() -> Iterator[Database]:
    """It, for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="merkato-") as folder, EmbeddedPostgres(Path(folder)) as postgres:
        asyncio.run(_migrate(postgres.url))
        yield asyncio.run(describe_database(postgres.url, Path(folder)))


def engine_on(database: Database) -> AsyncEngine:
    """An engine as the worker has one."""
    return create_engine(database.url, load_settings({"app_env": "development"}))


async def add_posts(session: AsyncSession, name: str, many: int, *, is_due: bool = False) -> None:
    """Posts that may come out, or are due."""
    author = uuid7()
    written = text("INSERT INTO authors (id, slug, name) VALUES (:author, :name, 'Hana')")
    await session.execute(written, {"author": author, "name": f"{name}-author"})
    due = (await session.scalars(text("SELECT now()"))).one() if is_due else None
    given = {"author": author, "name": f"{name}-", "body": BODY, "many": many, "rendering": RENDERING}
    await session.execute(NEW, {**given, "due": due, "status": "SCHEDULED" if is_due else "APPROVED"})


async def add_drafts(session: AsyncSession, name: str) -> None:
    """Let those posts be out, each with a draft beside it whose text is another."""
    await session.execute(OUT, {"name": f"{name}-"})
    await session.execute(KEPT, {"name": f"{name}-", "rendering": RENDERING})


async def add_release(session: AsyncSession, name: str) -> UUID:
    """A release of those posts."""
    release = uuid7()
    made = text("INSERT INTO releases (id, title) VALUES (:release, :name)")
    await session.execute(made, {"release": release, "name": name})
    await session.execute(RELEASED, {"release": release, "name": f"{name}-"})
    return release


async def _migrate(url: str) -> None:
    engine = create_engine(url, load_settings({"app_env": "development"}))
    await migrate(engine)
    await engine.dispose()
