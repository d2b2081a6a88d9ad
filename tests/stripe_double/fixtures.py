"""The double of Stripe for the tests of a module, and an account at it for each."""

from collections.abc import AsyncIterator, Iterator

import pytest

from integrations.stripe_payments import StripePayments
from tests.stripe_double.running import StripeDouble, running_double


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
