"""A shop on a database that is thrown away, with drafts beside what is out."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.viewer import VISITOR
from auth.visibility import visible
from benchmarks.data import SETTINGS, Database, Report, describe_database, load
from domain.catalog_kinds import PRODUCT
from domain.content_kinds import POST, Kind
from domain.editing import ItemChange, edit_item
from server.database import create_engine
from server.embedded import EmbeddedPostgres
from server.settings import load_settings

DRAFTED_EVERY = 10
MOST_DRAFTS = 1_000
"""Of each kind: to edit one takes some hundredths of a second."""

BATCH = 100

PUT_AWAY = text("UPDATE posts SET status = 'ARCHIVED', scheduled_at = NULL WHERE status <> 'PUBLISHED'")
"""A preview shows posts that were never out, and so would answer another thing than readers are answered."""


@contextmanager
def drafted_shop(products: int, report: Report) -> Iterator[Database]:
    """It, for as long as the block runs.

    Every tenth product and post that readers see has a draft, which says something else where the operations of the
    benchmark do not look: so a preview does all its work, and has to answer what readers are answered.
    """
    with tempfile.TemporaryDirectory(prefix="merkato-") as folder, EmbeddedPostgres(Path(folder), SETTINGS) as postgres:
        report(f"Making a shop of {products:,} products …")
        asyncio.run(_fill(postgres.url, products, report))
        yield asyncio.run(describe_database(postgres.url, Path(folder)))


async def _fill(url: str, products: int, report: Report) -> None:
    await load(url, products)
    engine = create_engine(url, load_settings({"app_env": "development"}))
    async with engine.begin() as connection:
        await connection.execute(PUT_AWAY)
    drafts = await _draft(engine, PRODUCT, {"features": ["Drafted"]}) + await _draft(engine, POST, {"body": "Drafted."})
    await engine.dispose()
    report(f"{drafts:,} of its products and posts have drafts.")
    bare = await asyncpg.connect(url)
    await bare.execute("VACUUM (ANALYZE)")
    await bare.close()


async def _draft(engine: AsyncEngine, kind: Kind[Any], changes: dict[str, Any]) -> int:
    """Give every tenth item of a kind a draft; how many those are."""
    async with AsyncSession(engine) as session:
        seen = select(kind.model.id).where(visible(kind.model, kind.model, VISITOR))
        keys = (await session.scalars(seen.order_by(kind.model.id))).all()
    chosen = keys[:: max(DRAFTED_EVERY, len(keys) // MOST_DRAFTS)]
    for start in range(0, len(chosen), BATCH):
        await _edit(engine, kind, chosen[start : start + BATCH], changes)
    return len(chosen)


async def _edit(engine: AsyncEngine, kind: Kind[Any], keys: Sequence[UUID], changes: dict[str, Any]) -> None:
    async with AsyncSession(engine) as session, session.begin():
        for key in keys:
            await edit_item(session, kind, ItemChange(key, 1, changes))
