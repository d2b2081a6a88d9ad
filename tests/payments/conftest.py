"""A shop whose cards are charged by Stripe's double."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.factories import shared_engine
from tests.stripe_double.fixtures import double, stripe

__all__ = ["double", "shop", "stripe"]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database whose tests keep out of each other's way."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine
