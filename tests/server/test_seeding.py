"""The demo shop: what is in it, that it keeps the rules, and that it is loaded once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Numeric, RowMapping, Select, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncEngine

from demo.calendar import Calendar
from models import (
    Base,
    Category,
    ModerationStatus,
    Post,
    Product,
    ProductImage,
    ProductVariant,
    PublishingStatus,
    Review,
    Service,
    ServiceTier,
    Shop,
    Tag,
    User,
)
from server.seeding import load_demo

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


async def rows_of(engine: AsyncEngine, statement: Select[*tuple[object, ...]]) -> list[RowMapping]:
    async with engine.connect() as connection:
        return list((await connection.execute(statement)).mappings())


async def count_rows(engine: AsyncEngine) -> dict[str, int]:
    counts = [select(literal(t.name).label("t"), func.count().label("n")).select_from(t) for t in Base.metadata.sorted_tables]
    return {row["t"]: row["n"] for each in counts for row in await rows_of(engine, each)}
