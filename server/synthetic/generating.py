"""Fills the database with a synthetic data set by COPY, in one transaction."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from server.seeding import LOCK_KEY
from server.synthetic import catalog, content, people, reviews, words
from server.synthetic.data_set import DataSet, SyntheticTable
from server.synthetic.goods import SHELVES
from server.synthetic.texts import write_texts

Report = Callable[[str, int, int], None]
"""Hears after each batch which table it was for, how many rows that has now, and how many it will have."""

BATCH = 5_000
"""How many products, users or posts a COPY is for. All reviews of a product come with one COPY, which moves its rating
once; the prices trigger goes through all products once per COPY."""

SETTINGS = """
    SET LOCAL "merkato.actor" = '{"kind": "COMMAND", "name": "seed"}';
    SET LOCAL statement_timeout = 0;
    SET LOCAL work_mem = '64MB';
    SET LOCAL gin_pending_list_limit = '64MB';
"""
"""What triggers sort and what the search indexes put off stays in memory."""

LAST_RUN = r"SELECT coalesce(max(substring(slug FROM '-s(\d{1,3})$')::integer), 0) FROM categories"


@dataclass(frozen=True, slots=True)
class Group:
    """Tables that are filled side by side, the referenced ones first."""

    size: int
    tables: Sequence[SyntheticTable]

    def batches(self) -> Iterator[range]:
        """The numbers of the rows, a batch at a time."""
        return (range(start, min(start + BATCH, self.size)) for start in range(0, self.size, BATCH))


async def generate(engine: AsyncEngine, products: int, report: Report) -> dict[str, int]:
    """Add that many products, ten times as many reviews, and posts and users in proportion. Gives the rows by table.

    It adds to whatever there is, each time again: slugs, SKUs and e-mail addresses carry the number of the run.
    Cut off midway, it leaves nothing.
    """
    async with engine.connect() as pooled:
        connection = cast("asyncpg.Connection", (await pooled.get_raw_connection()).driver_connection)
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK_KEY)
            await connection.execute(SETTINGS)
            counts = await _fill(connection, await _plan(connection, products), report)
        await connection.execute(f"VACUUM (ANALYZE) {', '.join(counts)}")
    return counts


async def _plan(connection: asyncpg.Connection, products: int) -> DataSet:
    run: int = 1 + await connection.fetchval(LAST_RUN)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return DataSet(run, products, today, write_texts(run))


async def _fill(connection: asyncpg.Connection, data: DataSet, report: Report) -> dict[str, int]:
    counts: dict[str, int] = {}
    for group in list_groups(data):
        totals = {table.name: table.count(range(group.size)) for table in group.tables}
        for numbers in group.batches():
            for table in group.tables:
                await connection.copy_records_to_table(
                    table.name, columns=table.columns, records=table.rows(data, numbers)
                )
                counts[table.name] = counts.get(table.name, 0) + table.count(numbers)
                report(table.name, counts[table.name], totals[table.name])
    return counts


def list_groups(data: DataSet) -> list[Group]:
    """Every table, in the order in which they can be filled."""
    of_products = [
        catalog.PRODUCTS,
        catalog.PRODUCT_IMAGES,
        catalog.PRODUCT_VARIANTS,
        catalog.STOCK_LEVELS,
        catalog.PRODUCT_TAGS,
        reviews.REVIEWS,
    ]
    return [
        Group(len(SHELVES), [catalog.CATEGORIES]),
        Group(len(words.TAGS), [catalog.TAGS]),
        Group(people.AUTHOR_COUNT, [people.AUTHORS]),
        Group(len(words.POST_SECTIONS), [content.SECTIONS]),
        Group(data.users, [people.USERS]),
        Group(data.products, of_products),
        Group(data.posts, [content.POSTS, content.POST_TAGS]),
    ]
