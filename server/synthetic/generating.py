"""Fills the database with synthetic data by COPY."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from server.errors import ServerError
from server.seeding import LOCK_KEY
from server.synthetic import catalog, content, people, reviews
from server.synthetic.data_set import LARGEST_RUN, DataSet, SyntheticTable
from server.synthetic.goods import SHELVES
from server.synthetic.texts import write_texts
from server.synthetic.words import POST_SECTIONS, TAGS

Report = Callable[[str, int, int], None]
"""Told after each batch: the table, its rows so far, its rows in the end."""

BATCH = 2_000

SETTINGS = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL enable_seqscan = off",
    "SET LOCAL gin_pending_list_limit = '64MB'",
    "SET LOCAL work_mem = '64MB'",
)

LAST_RUN = r"SELECT coalesce(max(substring(slug FROM '-s(\d{1,4})$')::integer), 0) FROM categories"


@dataclass(frozen=True, slots=True)
class Group:
    """Tables that are filled together, batch by batch, the referenced before the referring ones."""

    count: int
    tables: Sequence[SyntheticTable]

    def batches(self) -> Iterator[range]:
        """The numbers of the rows, in batches."""
        return (range(start, min(start + BATCH, self.count)) for start in range(0, self.count, BATCH))


async def generate(engine: AsyncEngine, products: int, report: Report) -> dict[str, int]:
    """Add so many products, and in proportion reviews, posts and users, in one transaction.

    Each run adds to what is there: its slugs, SKUs and e-mail addresses carry its number. Gives the rows by table.
    """
    async with engine.connect() as pooled:
        connection = cast(asyncpg.Connection, (await pooled.get_raw_connection()).driver_connection)
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK_KEY)
            for setting in SETTINGS:
                await connection.execute(setting)
            data = await _plan(connection, products)
            counts = {}
            for group in list_groups(data):
                counts.update(await _fill(connection, data, group, report))
        await connection.execute(f"VACUUM (ANALYZE) {', '.join(counts)}")
    return counts


def list_groups(data: DataSet) -> list[Group]:
    """Every table in the order in which they are filled."""
    return [
        Group(len(SHELVES), [catalog.CATEGORIES]),
        Group(len(TAGS), [catalog.LABELS]),
        Group(people.AUTHOR_COUNT, [people.AUTHORS]),
        Group(len(POST_SECTIONS), [content.SECTIONS]),
        Group(data.users, [people.USERS]),
        Group(
            data.products,
            [
                catalog.PRODUCTS,
                catalog.PRODUCT_IMAGES,
                catalog.PRODUCT_VARIANTS,
                catalog.STOCK_LEVELS,
                catalog.PRODUCT_TAGS,
                reviews.REVIEWS,
            ],
        ),
        Group(data.posts, [content.POSTS, content.POST_TAGS]),
    ]


async def _plan(connection: asyncpg.Connection, products: int) -> DataSet:
    run = 1 + await connection.fetchval(LAST_RUN)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return DataSet(run, products, today, write_texts(Random(run)))


async def _fill(connection: asyncpg.Connection, data: DataSet, group: Group, report: Report) -> dict[str, int]:
    totals = {table.name: table.count(range(group.count)) for table in group.tables}
    done = dict.fromkeys(totals, 0)
    for numbers in group.batches():
        for table in group.tables:
            import time
            t=time.perf_counter(); c=time.process_time()
            await connection.copy_records_to_table(
                table.name, columns=table.columns, records=table.rows(data, numbers)
            )
            T[table.name]=T.get(table.name,0)+time.perf_counter()-t
            C[table.name]=C.get(table.name,0)+time.process_time()-c
            done[table.name] += table.count(numbers)
            report(table.name, done[table.name], totals[table.name])
    return done
T={};C={}
