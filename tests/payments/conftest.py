"""A shop whose cards are charged by Stripe's double."""

from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.stripe_payments import StripePayments
from tests.factories import shared_engine
from tests.stripe_double.running import StripeDouble, running_double


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database whose tests keep out of each other's way."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
def double() -> Iterator[StripeDouble]:
    """The double, which keeps the payments of all tests of a module."""
    with running_double() as running:
        yield running


@pytest.fixture
async def stripe(double: StripeDouble) -> AsyncIterator[StripePayments]:
    """Payments by an account of the test's own."""
    payments = StripePayments(double.account())
    yield payments
    await payments.close()
