"""What becomes of payments that providers are asked about, with Stripe's double: buyers are left the time to pay."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.payment_applying import apply_outcome
from domain.payment_providers import PaymentProvider
from integrations.stripe_payments import StripePayments
from models import PaymentKind, PaymentState
from tests.domain.order_scenes import states_of
from tests.factories import writing
from tests.payments.scenes import Paying, add_paying, asking
from tests.stripe_double.objects import AUTHENTICATED
from tests.stripe_double.running import StripeDouble

CARD = PaymentKind.CARD


async def begin(engine: AsyncEngine, provider: PaymentProvider, paying: Paying) -> None:
    """Have the provider begin it, as checkout does."""
    outcome = await provider.start(paying.request)
    async with writing(engine) as session:
        await apply_outcome(session, paying.id, outcome)


@pytest.mark.parametrize("source", [None, AUTHENTICATED], ids=["card not given yet", "3-D Secure"])
async def test_buyer_who_is_still_waited_for_may_pay(
    shop: AsyncEngine, stripe: StripePayments, double: StripeDouble, source: str | None
) -> None:
    paying, worker = await add_paying(shop, stripe, CARD, source), asking(shop, stripe)
    await begin(shop, stripe, paying)

    assert await worker.check(paying.id) is PaymentState.REQUIRES_ACTION

    (intent,) = double.intents(paying.id)
    double.control("authenticate", id=intent["id"], succeeds=True)
    assert await worker.check(paying.id) is PaymentState.CAPTURED
    assert await states_of(shop, paying.order) == ("CONFIRMED", "PAID", "UNFULFILLED")
