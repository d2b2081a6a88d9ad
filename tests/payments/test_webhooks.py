"""Messages of Stripe over HTTP: kept once when they are signed, and applied by the worker in any order."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from domain.payment_applying import apply_outcome
from domain.provider_events import apply_event, sweep_events
from integrations.stripe_intents import DISPUTE
from integrations.stripe_payments import StripePayments
from models import PaymentKind, PaymentState, ProviderEvent
from server.app import create_app
from tests.databases import settings_for
from tests.domain.order_scenes import states_of
from tests.factories import new_id, writing
from tests.live import serving
from tests.loopback import NO_AUTHORITIES
from tests.patience import PATIENCE_SECONDS
from tests.payments.scenes import Paying, add_paying, asking, jobs_of, payment_of, steps_of, sums_of
from tests.stripe_double.objects import AUTHENTICATED, GOOD
from tests.stripe_double.running import SECRET_KEY, WEBHOOK_SECRET, StripeDouble, signed

NEW_SECRET = "whsec_that_comes_next"
LONGEST = 1_000_000


@pytest.fixture(scope="module")
def address(shop: AsyncEngine, double: StripeDouble) -> Iterator[str]:
    """A server of a shop with an account at the double, whose secret is being changed."""
    settings = settings_for(str(shop.get_execution_options()["url"])).model_copy(
        update={
            "stripe_secret_key": SecretStr(SECRET_KEY),
            "stripe_webhook_secrets": SecretStr(f"{NEW_SECRET}, {WEBHOOK_SECRET}"),
            "stripe_api_base": double.base,
        }
    )
    with serving(create_app(settings)) as base:
        yield base


@pytest.fixture
async def http(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=address, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS
    ) as client:
        yield client


async def send(http: httpx.AsyncClient, event: Any, secret: str = WEBHOOK_SECRET, **header: Any) -> httpx.Response:
    body, signature = signed(event, secret, **header)
    return await http.post("/webhooks/stripe", content=body, headers={"Stripe-Signature": signature})


async def kept(engine: AsyncEngine, *ids: str) -> list[ProviderEvent]:
    async with writing(engine) as session:
        found = select(ProviderEvent).where(ProviderEvent.event_id.in_(ids)).order_by(ProviderEvent.id)
        return list(await session.scalars(found))


async def apply(engine: AsyncEngine, stripe: StripePayments, *ids: str) -> list[str]:
    """What the worker makes of the messages, two at a time."""
    for row in await kept(engine, *ids):
        await asyncio.gather(*(apply_event(asking(engine, stripe), row.id) for _ in range(2)))
    return [str(row.outcome) for row in await kept(engine, *ids)]


async def test_a_message_ten_times_at_once_is_kept_and_applied_once(
    shop: AsyncEngine, http: httpx.AsyncClient, stripe: StripePayments, double: StripeDouble
) -> None:
    """The buyer comes back from their bank at the same moment."""
    paying = await _waiting(shop, stripe)
    (reference,) = [intent["id"] for intent in double.intents(paying.id)]
    double.control("authenticate", id=reference, succeeds=True)
    event = next(each for each in double.events(reference) if each["type"] == "payment_intent.succeeded")

    async def come_back() -> None:
        async with writing(shop) as session:
            await apply_outcome(session, paying.id, await stripe.start(paying.request))

    answers = await asyncio.gather(*(send(http, event) for _ in range(10)))
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"received": True})] * 10
    (row,) = await kept(shop, event["id"])
    assert await jobs_of(shop, "apply_provider_event", row.id) == 1
    applied, _ = await asyncio.gather(apply(shop, stripe, event["id"]), come_back())
    assert applied == ["APPLIED"]
    assert (await states_of(shop, paying.order))[:2] == ("CONFIRMED", "PAID")
    assert [step[:2] for step in await steps_of(shop, paying)] == [("AUTHORIZE", "SUCCEEDED"), ("CAPTURE", "SUCCEEDED")]


async def test_messages_in_the_wrong_order_end_right(
    shop: AsyncEngine, http: httpx.AsyncClient, stripe: StripePayments, double: StripeDouble
) -> None:
    """Of a payment whose first answer was lost: refunded, taken, asked for."""
    paying = await add_paying(shop, stripe, PaymentKind.CARD, AUTHENTICATED)
    outcome = await stripe.start(paying.request)
    double.control("authenticate", id=outcome.reference, succeeds=True)
    double.control("refund", payment_intent=outcome.reference, amount=100)
    events = double.events(outcome.reference or "")[::-1]
    assert [event["type"] for event in events] == [
        "charge.refunded",
        "payment_intent.succeeded",
        "payment_intent.requires_action",
    ]
    for event in events:
        assert (await send(http, event, NEW_SECRET)).status_code == 200
    assert await apply(shop, stripe, *(event["id"] for event in events)) == ["UNKNOWN", "APPLIED", "APPLIED"]
    assert [str(each) for each in await sums_of(shop, paying)] == ["CAPTURED", "450.00", "450.00", "1.00", "0.00"]


async def test_payment_that_is_disputed_calls_for_somebody(
    shop: AsyncEngine, http: httpx.AsyncClient, stripe: StripePayments
) -> None:
    """What Stripe says of the payment itself stays as it was."""
    paying = await add_paying(shop, stripe, PaymentKind.CARD, GOOD)
    outcome = await stripe.start(paying.request)
    async with writing(shop) as session:
        await apply_outcome(session, paying.id, outcome)
    disputed = {"id": "du_1", "object": "dispute", "payment_intent": outcome.reference, "amount": 45000}
    key = f"evt_{new_id()}"
    event = {"id": key, "object": "event", "type": "charge.dispute.created", "data": {"object": disputed}}

    assert (await send(http, event)).status_code == 200
    assert await apply(shop, stripe, key) == ["APPLIED"]

    payment = await payment_of(shop, paying)
    assert (payment.attention, payment.status, payment.refunded) == (DISPUTE, PaymentState.CAPTURED, Decimal(0))


async def test_what_concerns_nobody_is_kept_and_answered(
    shop: AsyncEngine, http: httpx.AsyncClient, stripe: StripePayments
) -> None:
    stranger = {"id": "pi_of_another", "object": "payment_intent", "metadata": {"payment_id": str(uuid7())}}
    head = {"object": "event", "type": "payment_intent.succeeded"}
    ids = [f"evt_{new_id()}" for _ in range(2)]
    for key, thing in zip(ids, (stranger, {"object": "customer", "name": "Null \0 and 🎂"}), strict=True):
        assert (await send(http, {**head, "id": key, "data": {"object": thing}})).status_code == 200
    assert await apply(shop, stripe, *ids) == ["UNKNOWN", "IGNORED"]
    async with writing(shop) as session:
        await sweep_events(session, datetime(2100, 1, 1, tzinfo=UTC))
    assert await kept(shop, *ids) == []


async def test_what_is_forged_or_too_long_changes_nothing(shop: AsyncEngine, http: httpx.AsyncClient) -> None:
    event: dict[str, Any] = {"id": f"evt_{new_id()}", "object": "event", "type": "payment_intent.succeeded"}
    refused = [
        await send(http, event, "whsec_of_somebody_else"),
        await send(http, event, at=1),
        await http.post("/webhooks/stripe", json=event),
        await http.post("/webhooks/stripe", content=b"\xff", headers=[(b"Stripe-Signature", b"t=1,v1=\xe9")]),
    ]
    assert [(answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) for answer in refused] == [
        (400, "BAD_REQUEST")
    ] * 4
    long = await send(http, {**event, "data": "x" * LONGEST})
    assert (long.status_code, long.json()["errors"][0]["extensions"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert (await http.get("/webhooks/stripe")).status_code == 405
    assert (await http.post("/webhooks/manual")).status_code == 404
    assert await kept(shop, event["id"]) == []


async def _waiting(engine: AsyncEngine, stripe: StripePayments) -> Paying:
    """A payment that the buyer's bank asks about."""
    paying = await add_paying(engine, stripe, PaymentKind.CARD, AUTHENTICATED)
    async with writing(engine) as session:
        await apply_outcome(session, paying.id, await stripe.start(paying.request))
    return paying


async def test_without_an_account_nobody_listens_for_stripe(shop: AsyncEngine) -> None:
    app = create_app(settings_for(str(shop.get_execution_options()["url"])))
    with serving(app) as base:
        async with httpx.AsyncClient(
            base_url=base, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS
        ) as client:
            assert (await client.post("/webhooks/stripe")).status_code == 404
