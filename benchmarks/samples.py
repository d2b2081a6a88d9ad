"""What the requests ask for: slugs, questions and prices taken from the data set, the same in each run."""

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from models import Product
from resolvers.ordering import cursor_of
from schema.catalog_lists import ProductSort

T = TypeVar("T")

PAGE_SIZE = 20
DEEPEST_PAGE = 5_000
REQUESTS = 500
"""How many different requests an operation rotates over, if the data has as many."""
TEXTS = 10_000
WIDEST_RANGE = 1.6

SLUGS = """
    SELECT slug FROM products WHERE is_active AND category_id IS NOT NULL
    ORDER BY review_count > 3 DESC, md5(slug) LIMIT $1
"""
CATEGORIES = """
    SELECT c.slug FROM categories c JOIN products p ON p.category_id = c.id AND p.is_active
    WHERE c.is_active GROUP BY c.id HAVING count(*) > $1 ORDER BY c.slug
"""
NAMES = "SELECT DISTINCT regexp_replace(name, '^\\S+ ', '') AS name FROM products WHERE is_active ORDER BY name"
ACCOUNTS = "SELECT id FROM users WHERE role = 'CUSTOMER' AND is_active ORDER BY md5(email) LIMIT $1"
PRICES = "SELECT price FROM products WHERE is_active ORDER BY md5(slug) LIMIT $1"


@dataclass(frozen=True, slots=True)
class Samples:
    """Values that occur in the data."""

    slugs: list[str]
    """Of visible products, those with several reviews first."""
    categories: list[str]
    """Slugs of every category with more than a page of products."""
    questions: list[str]
    """The names of things, such as `Oak Writing Desk`."""
    prices: list[tuple[str, str]]
    accounts: list[UUID]
    """Of customers, each of whom signs in."""
    deep_page: int
    deep_cursor: str
    """Of the row right before the deep page. One page is compared with one: of several the rows would be colder."""


def take_samples(url: str) -> Samples:
    """Samples of the database."""
    return asyncio.run(_take(url))


async def _take(url: str) -> Samples:
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    names = await _column(connection, NAMES)
    products: int = await connection.fetchval("SELECT count(*) FROM products WHERE is_active")
    deep_page = min(DEEPEST_PAGE, products // PAGE_SIZE - 1)
    samples = Samples(
        slugs=await _column(connection, SLUGS, TEXTS),
        categories=await _column(connection, CATEGORIES, PAGE_SIZE),
        questions=Random(1).sample(names, min(REQUESTS, len(names))),  # noqa: S311 - any will do
        prices=[(str(price), _above(price)) for price in await _column(connection, PRICES, REQUESTS)],
        accounts=await _column(connection, ACCOUNTS, REQUESTS),
        deep_page=deep_page,
        deep_cursor=await _cursor(connection, (deep_page - 1) * PAGE_SIZE - 1),
    )
    await connection.close()
    return samples


async def _cursor(connection: asyncpg.Connection, offset: int) -> str:
    """The cursor of a row in the list of the newest products, as the server writes it."""
    order: Any = ProductSort.NEWEST.value
    newest = select(cursor_of(order, Product)).where(Product.is_active)
    newest = newest.order_by(Product.created_at.desc(), Product.id.desc()).offset(offset).limit(1)
    sql = str(newest.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))  # type: ignore[no-untyped-call]
    cursor: str = await connection.fetchval(sql)
    return cursor


async def _column(connection: asyncpg.Connection, sql: str, *arguments: object) -> list[Any]:
    return [row[0] for row in await connection.fetch(sql, *arguments)]


def _above(price: Any) -> str:
    return str(round(float(price) * WIDEST_RANGE))
