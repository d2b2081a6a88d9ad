"""Loads the demo shop into an empty database."""

from datetime import UTC, datetime

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from demo.shop import build_demo_shop
from models import Product

LOCK_KEY = 7_318_349_394_477_057
"""The advisory lock of whoever loads demo or synthetic data."""


async def load_demo(engine: AsyncEngine) -> bool:
    """Load the demo shop in one transaction; False, with nothing written, when there are products already.

    Two that load at the same time wait for one another.
    """
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(select(func.pg_advisory_xact_lock(LOCK_KEY)))
        if await session.scalar(select(exists(select(Product)))):
            return False
        demo = build_demo_shop(datetime.now(UTC))
        await session.merge(demo.shop)
        session.add_all(demo.rows)
    return True
