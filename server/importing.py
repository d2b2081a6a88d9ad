"""Imports products from files, each batch of them in a transaction of its own."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.product_writing import put_products
from domain.products import Fate, Merge, Outcome
from integrations.shopify import ShopifyExport, opened_export
from integrations.shopify_cells import Refusal
from integrations.shopify_products import RefusedProduct, ShopifyProduct

Item: TypeAlias = ShopifyProduct | RefusedProduct
Report: TypeAlias = Callable[[int, int], None]
"""Is told how many bytes are done, of how many."""

BATCH_LENGTH: Final = 200
BATCH_BYTES: Final = 2**20
"""A batch ends with the one of the two that it reaches first."""

MOST_REFUSALS: Final = 10_000
TRIES: Final = 4
RETRY_SECONDS: Final = 0.1
RETRIED_STATES: Final = frozenset({"40001", "40P01"})
"""Serialisation failure and deadlock."""


@dataclass(slots=True)
class Summary:
    """What became of the products of a file."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    """Why products were refused, in the order of the file. The first MOST_REFUSALS are kept, the rest is counted."""

    def count(self, fate: Fate, refusals: Sequence[Refusal] = ()) -> None:
        """Add one product."""
        name = fate.value.lower()
        setattr(self, name, getattr(self, name) + 1)
        self.refusals += refusals[: MOST_REFUSALS - len(self.refusals)]

    def add(self, other: "Summary") -> None:
        """Add the products of another summary."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refused += other.refused
        self.refusals += other.refusals[: MOST_REFUSALS - len(self.refusals)]


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
            summary.add(await _put(session, batch, export.merge))
            report(export.position_bytes, export.size_bytes)
        await session.rollback()
    return summary


async def _commit(engine: AsyncEngine, batch: Sequence[Item], merge: Merge) -> Summary:
    async with AsyncSession(engine) as session, session.begin():
        return await _put(session, batch, merge)


async def _put(session: AsyncSession, batch: Sequence[Item], merge: Merge) -> Summary:
    products = [item.data for item in batch if isinstance(item, ShopifyProduct)]
    outcomes = iter(await put_products(session, products, merge=merge))
    summary = Summary()
    for item in batch:
        if isinstance(item, RefusedProduct):
            summary.count(Fate.REFUSED, item.refusals)
        else:
            outcome = next(outcomes)
            summary.count(outcome.fate, _refusals(item, outcome))
    return summary


def _refusals(product: ShopifyProduct, outcome: Outcome) -> list[Refusal]:
    return [Refusal(product.line_of(each.path), outcome.slug, each.message) for each in outcome.problems]


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
            if getattr(error.orig, "sqlstate", None) not in RETRIED_STATES:
                raise
            await asyncio.sleep(RETRY_SECONDS * 2**attempt * random.random())  # noqa: S311 - jitter is no secret
    return await write()
