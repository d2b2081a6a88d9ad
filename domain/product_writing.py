"""The one way in which whole products are written: inserted or updated by their slugs, a batch at a time."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.product_planning import plan
from domain.product_rules import find_problems
from domain.product_state import read_stored
from domain.product_statements import write_changes
from domain.product_versions import count_versions, drafts_beside
from domain.products import Fate, Merge, Outcome, Problem, ProductData
from domain.violations import is_about_rows
from models import Shop

TRIES: Final = 2
"""How often a batch is written as a whole. The second time finds what a rival wrote meanwhile."""

REPLACE: Final = Merge()


async def put_products(session: AsyncSession, batch: Sequence[ProductData], *, merge: Merge = REPLACE) -> list[Outcome]:
    """Create the products whose slugs are new and update the others. Gives what became of each, in their order.

    A product lands whole or not at all, and one that is refused does not keep the rest of the batch from landing.
    Where nothing differs nothing is written. What a product's data does not name of its variants, images and tags
    is removed. The number of statements does not grow with the batch. The caller commits; deadlocks and serialisation
    failures rise to it.
    """
    problems = _find_problems(batch, (await session.scalars(select(Shop.currency))).one())
    fit = [product for product, reasons in zip(batch, problems, strict=True) if not reasons]
    landed = iter(await _land(session, fit, merge))
    return [
        _refused(product, *reasons) if reasons else next(landed)
        for product, reasons in zip(batch, problems, strict=True)
    ]


def _find_problems(batch: Sequence[ProductData], currency: str) -> list[list[Problem]]:
    """What is wrong with each product by itself, or for standing in the batch twice."""
    seen: set[str] = set()
    problems = []
    for product in batch:
        again = [Problem(("slug",), "The product is there twice.")] if product.slug in seen else []
        seen.add(product.slug)
        problems.append(again or find_problems(product, currency))
    return problems


async def _land(session: AsyncSession, batch: Sequence[ProductData], merge: Merge) -> list[Outcome]:
    """Write the batch; where the database refuses it, each half of it, down to the product that is at fault."""
    if not batch:
        return []
    for attempt in range(TRIES):
        try:
            async with session.begin_nested():
                return await _write(session, batch, merge)
        except DBAPIError as error:
            if not is_about_rows(error):
                raise
            if len(batch) == 1 and attempt == TRIES - 1:
                return [_refused(batch[0], _explain(error))]
    middle = len(batch) // 2
    return [*await _land(session, batch[:middle], merge), *await _land(session, batch[middle:], merge)]


async def _write(session: AsyncSession, batch: Sequence[ProductData], merge: Merge) -> list[Outcome]:
    stored = await read_stored(session, batch)
    planned = plan(batch, stored, merge)
    drafts = await drafts_beside(session, stored.products.values())
    await write_changes(session, planned.changes)
    await count_versions(session, {row["id"] for row in planned.changes.updated["products"]}, drafts)
    return planned.outcomes


def _explain(error: DBAPIError) -> Problem:
    """Say which rule of the database was broken: none of those that are checked before, unless by a rival."""
    constraint = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
    rule = f"its rule {constraint}" if constraint else "one of its limits"
    return Problem((), f"The database refuses the product by {rule}; perhaps somebody else is changing it right now.")


def _refused(product: ProductData, *problems: Problem) -> Outcome:
    return Outcome(product.slug, Fate.REFUSED, problems=problems)
