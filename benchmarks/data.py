"""The database of the benchmark: an embedded PostgreSQL with the synthetic shop, kept between runs."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from benchmarks.errors import BenchmarkError
from server.database import create_engine
from server.embedded import EmbeddedPostgres
from server.migrating import MigrationError, migrate
from server.postmaster import read_postmaster
from server.settings import load_settings
from server.synthetic import generate

FOLDER = Path(__file__).parent.parent / ".merkato" / "benchmarks"
SCALES = {"10k": 10_000, "1m": 1_000_000}
"""How many products there are; a synthetic shop has ten times as many reviews, half as many posts, a fifth as many
users, and 50 categories."""

SHARE_OF_MEMORY = 4
"""PostgreSQL's documentation advises a quarter of the memory for shared_buffers on a server of its own."""

SETTINGS = {
    "autovacuum": "off",
    "log_min_duration_statement": "-1",
    "shared_buffers": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') // SHARE_OF_MEMORY // 1024}kB",
}
"""The data never changes: it is vacuumed and analysed once it is loaded."""

PEERS = """
    CREATE SCHEMA IF NOT EXISTS peers;
    CREATE SCHEMA IF NOT EXISTS peers_sql;
    CREATE OR REPLACE FUNCTION peers_sql.asked(question text)
    RETURNS TABLE (title text, whole tsquery, everything tsquery) LANGUAGE sql IMMUTABLE AS $$
        SELECT lower(btrim(question)), public.search_words(question), public.search_query(question) OFFSET 0
    $$;
    CREATE OR REPLACE FUNCTION peers_sql.rank(
        name text, words tsvector, title text, whole tsquery, everything tsquery
    ) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE
            WHEN lower(name) = title AND (words @@ whole OR numnode(whole) = 0) THEN 2
            WHEN words @@ whole THEN 1
            ELSE 0
        END + least(0.999999, round(
            ts_rank(words, CASE WHEN words @@ whole THEN whole ELSE everything END)::numeric, 6
        ))
    $$;
    CREATE OR REPLACE FUNCTION peers.search_products(question text) RETURNS SETOF public.products
    LANGUAGE sql STABLE AS $$
        SELECT p.* FROM peers_sql.asked(question) q, public.products p WHERE p.is_active AND p.search @@ q.everything
        ORDER BY peers_sql.rank(p.name, p.search, q.title, q.whole, q.everything) DESC, p.id DESC
    $$;
    COMMENT ON COLUMN public.revisions.row_id IS '@name itemId';
"""
"""What others search by: the functions are written into their statements, and parse a question once. PostGraphile makes
a field of the last. It also calls every key `rowId`, and leaves out what hangs on a table that has another of the
name."""

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Database:
    """A running database: its address and the process that all its backends descend from."""

    url: str
    pid: int
    socket_folder: Path
    version: str


@contextmanager
def prepared_database(scale: str, report: Report) -> Iterator[Database]:
    """The database of that scale, loaded on its first run or when its tables are other ones by now."""
    folder = FOLDER / scale
    postgres = EmbeddedPostgres(folder, SETTINGS)
    postgres.start()
    try:
        held = asyncio.run(_count_products(postgres.url))
        if held not in {0, SCALES[scale]}:
            postgres.stop()
            postgres.reset()
            postgres.start()
        if held != SCALES[scale]:
            report(f"Loading {SCALES[scale]:,} products into {folder} …")
            asyncio.run(load(postgres.url, SCALES[scale]))
        yield asyncio.run(describe_database(postgres.url, folder))
    finally:
        postgres.stop()


async def _count_products(url: str) -> int | None:
    """How many products the database holds; None when its tables cannot be brought to those of today."""
    engine = create_engine(url, load_settings({"app_env": "development"}))
    try:
        await migrate(engine)
    except MigrationError:
        return None
    finally:
        await engine.dispose()
    connection = await asyncpg.connect(url)
    count: int = await connection.fetchval("SELECT count(*) FROM products")
    await connection.close()
    return count


async def load(url: str, products: int) -> None:
    """Fill a database with a synthetic shop of so many products."""
    engine = create_engine(url, load_settings({"app_env": "development"}))
    await migrate(engine)
    await generate(engine, products, lambda _table, _rows, _total: None)
    await engine.dispose()


async def describe_database(url: str, folder: Path) -> Database:
    """What is known of the PostgreSQL that runs in the folder, which gets what peers ask it for."""
    connection = await asyncpg.connect(url)
    await connection.execute(PEERS)
    version: str = await connection.fetchval("SHOW server_version")
    await connection.close()
    postmaster = read_postmaster(folder / "postgres")
    if postmaster is None:
        raise BenchmarkError(f"The PostgreSQL in {folder} has ended.")
    return Database(url, postmaster.pid, postmaster.socket_folder, version)
