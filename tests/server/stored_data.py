"""Reads back what seeding stored, and finds what breaks the promises of derived columns."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Base

PRICES_APART = """
    SELECT product.slug FROM products AS product JOIN product_variants AS variant ON variant.id = default_variant_id
    WHERE (product.price, product.compare_at_price) IS DISTINCT FROM (variant.price, variant.compare_at_price)
"""
RATINGS_APART = """
    SELECT product.slug FROM products AS product LEFT JOIN (
        SELECT product_id, count(*) AS n, round(avg(rating), 1) AS average
        FROM reviews WHERE status = 'APPROVED' GROUP BY product_id
    ) AS approved ON approved.product_id = product.id
    WHERE (product.review_count, product.rating) <> (coalesce(n, 0), coalesce(average, 0))
"""
LEDGERS_APART = """
    SELECT variant.sku FROM stock_levels AS level JOIN product_variants AS variant ON variant.id = variant_id
    LEFT JOIN (
        SELECT stock_level_id, sum(quantity_change) AS quantity, sum(reserved_change) AS reserved
        FROM stock_movements GROUP BY stock_level_id
    ) AS moved ON stock_level_id = level.id
    WHERE (level.quantity, level.reserved) <> (coalesce(moved.quantity, 0), coalesce(moved.reserved, 0))
"""
WITHOUT_OWN_DEFAULT = """
    SELECT slug FROM products AS product WHERE NOT EXISTS (
        SELECT FROM product_variants AS variant
        WHERE variant.id = product.default_variant_id AND variant.product_id = product.id
          AND variant.position = (SELECT min(position) FROM product_variants WHERE product_id = product.id)
    )
"""


async def fetch(engine: AsyncEngine, sql: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows that a statement gives."""
    async with engine.connect() as connection:
        return (await connection.execute(text(sql))).all()


async def fetch_value(engine: AsyncEngine, sql: str) -> Any:
    """The only value that a statement gives."""
    [[value]] = await fetch(engine, sql)
    return value


async def count_rows(engine: AsyncEngine) -> dict[str, int]:
    """How many rows each table has that is not empty, but for the record of how they came there."""
    records = {table for table in Base.metadata.tables if table.startswith("audit_")} | {"stock_movements"}
    names = [table.name for table in Base.metadata.sorted_tables if table.name not in records]
    counts = {name: await fetch_value(engine, f"SELECT count(*) FROM {name}") for name in names}
    return {name: count for name, count in counts.items() if count}


async def find_broken_promises(engine: AsyncEngine) -> list[str]:
    """The products whose price, rating or default variant is not what it has to be, and variants whose stock is not."""
    checks = (PRICES_APART, RATINGS_APART, LEDGERS_APART, WITHOUT_OWN_DEFAULT)
    return [str(row[0]) for check in checks for row in await fetch(engine, check)]
