"""Imports products from files, each batch of them in a transaction of its own."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.products import Merge
from integrations.shopify import ShopifyExport, opened_export
from integrations.shopify_import import Item, Summary, put_batch
from resolvers.writing import CONTENTION_STATES

Report: TypeAlias = Callable[[int, int], None]
"""Is told how many bytes are done, of how many."""

BATCH_LENGTH: Final = 200
BATCH_BYTES: Final = 2**20
"""A batch ends with the one of the two that it reaches first."""

TRIES: Final = 4
RETRY_SECONDS: Final = 0.1


async def import_products(engine: AsyncEngine, path: Path, *, dry_run: bool, report: Report) -> Summary:
    """Import a Shopify product export. What is stored already is updated by its handle; nothing is removed but parts.

    The whole file is checked before its first product is written. Stopped at any point, it has left whole products
    only, and another run brings the rest. Raises a DomainError when the file is not an export.

    A dry run writes everything in one transaction and rolls it back, so that its counts are exactly those of a run.
    Until then it holds the locks of what would change: whoever changes the same products waits for its end.
    """
    with opened_export(path) as export:
        if dry_run:
            return await _retried(partial(_rehearse, engine, export, report))
        summary = Summary()
        for batch in _batches(export):
            summary.add(await _retried(partial(_commit, engine, batch, export.merge)))
            report(export.position_bytes, export.size_bytes)
        return summary


async def _rehearse(engine: AsyncEngine, export: ShopifyExport, report: Report) -> Summary:
    summary = Summary()
    async with AsyncSession(engine) as session:
        for batch in _batches(export):
            summary.add(await put_batch(session, batch, export.merge))
            report(export.position_bytes, export.size_bytes)
        await session.rollback()
    return summary


async def _commit(engine: AsyncEngine, batch: Sequence[Item], merge: Merge) -> Summary:
    async with AsyncSession(engine) as session, session.begin():
        return await put_batch(session, batch, merge)


def _batches(export: ShopifyExport) -> Iterator[list[Item]]:
    batch: list[Item] = []
    start = 0
    for item in export.products():
        batch.append(item)
        if len(batch) == BATCH_LENGTH or export.position_bytes - start >= BATCH_BYTES:
            yield batch
            batch, start = [], export.position_bytes
    if batch:
        yield batch


async def _retried(write: Callable[[], Awaitable[Summary]]) -> Summary:
    """Run a transaction again from its start when a rival and it were in each other's way."""
    for attempt in range(1, TRIES):
        try:
            return await write()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in CONTENTION_STATES:
                raise
            await asyncio.sleep(RETRY_SECONDS * 2**attempt * random.random())  # noqa: S311 - jitter is no secret
    return await write()
