"""Loads the demo shop into an empty database."""

from datetime import UTC, datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from demo.shop import DemoShop, build_demo_shop
from domain.option_schemas import set_option_schema
from domain.product_writing import put_products
from domain.products import Outcome
from models import Author, Category, Page, Post, PostCategory, Product, Service, Tag
from server.seeded_menus import store_menus

LOCK_KEY = 7_318_349_394_477_057
"""The advisory lock of whoever loads demo or synthetic data."""

FILLED = (Author, Category, Page, Post, PostCategory, Product, Service, Tag)
"""A database is empty when these are. It may have accounts: an administrator comes first."""


class DemoProductRefusedError(Exception):
    """A product in the files of the demo shop breaks the catalogue's rules, which is a fault of ours."""

    def __init__(self, outcome: Outcome) -> None:
        reasons = " ".join(problem.message for problem in outcome.problems)
        super().__init__(f"The demo product {outcome.slug} was refused: {reasons}")


async def load_demo(engine: AsyncEngine) -> bool:
    """Load the demo shop in one transaction; False, with nothing written, when the shop has anything already.

    Two that load at the same time wait for one another.
    """
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(select(func.pg_advisory_xact_lock(LOCK_KEY)))
        if await session.scalar(select(or_(*(exists(select(table)) for table in FILLED)))):
            return False
        await _store(session, build_demo_shop(datetime.now(UTC)))
    return True


async def _store(session: AsyncSession, demo: DemoShop) -> None:
    await session.merge(demo.shop)
    session.add_all(demo.rows)
    await session.flush()
    outcomes = await put_products(session, [product.data for product in demo.products])
    for product, outcome in zip(demo.products, outcomes, strict=True):
        if outcome.product_id is None:
            raise DemoProductRefusedError(outcome)
        for review in product.reviews:
            review.product_id = outcome.product_id
        session.add_all(product.reviews)
    keys = {outcome.slug: outcome.product_id for outcome in outcomes if outcome.product_id is not None}
    for options in demo.options:
        for slug in options.products:
            await set_option_schema(session, keys[slug], options.definition, options.surcharges)
    await store_menus(session, demo.menus)
