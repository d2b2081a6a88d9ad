"""Payments with Stripe, against the double as a process of its own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from domain.payment_providers import (
    ForgedEventError,
    PaymentOutcome,
    PaymentProviderAwayError,
    PaymentRequest,
    PaymentStep,
    PaymentStepRefusedError,
    RefundOutcome,
    SoughtPayment,
    Source,
)
from integrations.stripe_payments import NOT_BEGUN, StripePayments
from models import PaymentKind, PaymentState, TransactionState
from tests.stripe_double.objects import AUTHENTICATED, DECLINED, GOOD
from tests.stripe_double.running import WEBHOOK_SECRET, StripeDouble, signed

PRICE = Decimal("1250.50")
NOTHING = Decimal(0)
RETURN_URL = "https://shop.example/checkout"


def asked(card: str | None = GOOD) -> PaymentRequest:
    source = None if card is None else Source(card)
    return PaymentRequest(
        uuid7(), "NC-20261122-0001", PRICE, "ETB", PaymentKind.CARD, source, RETURN_URL, "a@b.example"
    )


def step(outcome: PaymentOutcome, request: PaymentRequest, amount: Decimal) -> PaymentStep:
    return PaymentStep(SoughtPayment(request.payment_id, outcome.reference), PRICE, amount, "ETB", str(uuid7()))


async def test_a_good_card_is_charged_once_however_often_it_is_asked(
    stripe: StripePayments, double: StripeDouble
) -> None:
    request = asked()
    first, second = await stripe.start(request), await stripe.start(request)
    assert first == second
    assert (first.state, first.amount, first.authorized, first.captured) == (PaymentState.CAPTURED, PRICE, PRICE, PRICE)
    (intent,) = double.intents(request.payment_id)
    assert (intent["amount_received"], intent["currency"], intent["id"]) == (125050, "etb", first.reference)


async def test_a_declined_card_fails_in_words_for_the_buyer(stripe: StripePayments) -> None:
    outcome = await stripe.start(asked(DECLINED))
    assert (outcome.state, outcome.failure, outcome.captured) == (
        PaymentState.FAILED,
        "Your card was declined.",
        NOTHING,
    )
    unknown = await stripe.start(asked("pm_of_nobody"))
    assert (unknown.state, unknown.reference) == (PaymentState.FAILED, None)
    assert unknown.failure == "The payment could not be begun. Choose another way to pay."


@pytest.mark.parametrize(("succeeds", "state"), [(True, PaymentState.CAPTURED), (False, PaymentState.FAILED)])
async def test_the_buyers_bank_may_ask_for_more(
    stripe: StripePayments, double: StripeDouble, *, succeeds: bool, state: PaymentState
) -> None:
    request = asked(AUTHENTICATED)
    waiting = await stripe.start(request)
    assert waiting.state is PaymentState.REQUIRES_ACTION
    assert waiting.client_secret is not None
    double.control("authenticate", id=waiting.reference, succeeds=succeeds)
    again = await stripe.start(request)  # the first answer comes again, and is not believed
    assert (again.state, again.client_secret) == (state, None)


async def test_without_a_card_the_browser_goes_on_and_may_try_several(
    stripe: StripePayments, double: StripeDouble
) -> None:
    request = asked(None)
    waiting = await stripe.start(request)
    double.control("authenticate", id=waiting.reference, succeeds=False)
    declined = await stripe.look_up(SoughtPayment(request.payment_id, waiting.reference))
    double.control("authenticate", id=waiting.reference, succeeds=True)
    paid = await stripe.look_up(SoughtPayment(request.payment_id, waiting.reference))
    assert (waiting.state, declined and declined.state) == (PaymentState.REQUIRES_ACTION, PaymentState.REQUIRES_ACTION)
    assert paid is not None
    assert paid.state is PaymentState.CAPTURED


async def test_what_was_charged_without_an_answer_is_found(double: StripeDouble) -> None:
    stripe, request = StripePayments(double.account(timeout_seconds=2)), asked()
    double.control("silence", times=1)
    with pytest.raises(PaymentProviderAwayError):
        await stripe.start(request)
    found = await stripe.look_up(SoughtPayment(request.payment_id))
    again = await stripe.start(request)
    unknown = await stripe.look_up(SoughtPayment(uuid7()))
    await stripe.close()
    assert found is not None
    assert unknown is None
    assert (found.state, found.captured, again) == (PaymentState.CAPTURED, PRICE, found)
    assert len(double.intents(request.payment_id)) == 1


async def test_promised_money_is_taken_in_part_or_let_go(double: StripeDouble) -> None:
    stripe, taken, dropped = StripePayments(double.account(captures_later=True)), asked(), asked()
    first, second = await stripe.start(taken), await stripe.start(dropped)
    assert (first.state, first.authorized, first.captured) == (PaymentState.AUTHORIZED, PRICE, NOTHING)
    with pytest.raises(PaymentStepRefusedError):
        await stripe.capture(step(first, taken, PRICE + 1))
    part = step(first, taken, Decimal("1000.00"))
    captured = [await stripe.capture(part), await stripe.capture(part)]
    cancelled = await stripe.cancel(SoughtPayment(dropped.payment_id, second.reference), "cancel")
    kept = await stripe.cancel(SoughtPayment(taken.payment_id, first.reference), "too late")
    await stripe.close()
    assert [(one.state, one.captured) for one in captured] == [(PaymentState.CAPTURED, Decimal(1000))] * 2
    assert cancelled is not None
    assert (cancelled.state, cancelled.captured) == (PaymentState.CANCELLED, NOTHING)
    assert kept == captured[0]


async def test_money_goes_back_once_and_no_more_than_came(stripe: StripePayments, double: StripeDouble) -> None:
    request = asked()
    paid = await stripe.start(request)
    part, rest = step(paid, request, Decimal("250.50")), step(paid, request, PRICE)
    first, again = await stripe.refund(part), await stripe.refund(part)
    assert (first.state, again) == (TransactionState.SUCCEEDED, first)
    with pytest.raises(PaymentStepRefusedError, match="greater than unrefunded amount"):
        await stripe.refund(rest)
    now = await stripe.look_up(SoughtPayment(request.payment_id, paid.reference))
    assert now is not None
    assert (now.captured, [refund.amount for refund in now.refunds]) == (PRICE, [Decimal("250.50")])

    double.control("pending", refunds=True)
    slow = await stripe.refund(step(paid, request, Decimal(1)))
    double.control("pending", refunds=False)
    double.control("settle", id=slow.reference, status="failed", failure_reason="expired_or_canceled_card")
    assert slow.state is TransactionState.PENDING
    assert await stripe.look_up_refund(slow.reference or "") == RefundOutcome(
        TransactionState.FAILED, slow.reference, "expired_or_canceled_card"
    )


async def test_amounts_that_the_currency_has_no_coin_for_are_refused(double: StripeDouble) -> None:
    stripe = StripePayments(double.account(captures_later=True))
    yen = replace(asked(), amount=Decimal("1250.00"), currency="JPY")
    promised = await stripe.start(yen)
    part = replace(step(promised, yen, Decimal("100.50")), currency="JPY")

    uncountable = await stripe.start(replace(asked(), currency="JPY"))
    with pytest.raises(PaymentStepRefusedError, match=r"100\.50 JPY is no whole number"):
        await stripe.capture(part)
    with pytest.raises(PaymentStepRefusedError, match=r"100\.50 JPY is no whole number"):
        await stripe.refund(part)

    await stripe.close()
    assert (promised.state, promised.authorized) == (PaymentState.AUTHORIZED, Decimal(1250))
    assert (uncountable.state, uncountable.failure) == (PaymentState.FAILED, NOT_BEGUN)


async def test_all_refunds_are_told_however_many(stripe: StripePayments) -> None:
    request = asked()
    paid = await stripe.start(request)
    made = [await stripe.refund(step(paid, request, Decimal(number))) for number in range(1, 14)]
    now = await stripe.look_up(SoughtPayment(request.payment_id, paid.reference))
    assert now is not None
    assert [refund.reference for refund in now.refunds] == [refund.reference for refund in reversed(made)]
    assert [refund.amount for refund in now.refunds] == [Decimal(number) for number in range(13, 0, -1)]


async def test_a_wrong_key_is_nothing_that_the_buyer_did(double: StripeDouble) -> None:
    stripe = StripePayments(double.account(secret_key="sk_test_other"))
    with pytest.raises(PaymentProviderAwayError):
        await stripe.start(asked())
    await stripe.close()


EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "data": {"object": {"id": "pi_1", "object": "payment_intent", "metadata": {"payment_id": str(uuid7())}}},
}
NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
AT = NOW.timestamp()


def test_signed_messages_are_read_by_each_secret_that_is_good() -> None:
    account = {"secret_key": "sk_test_x", "webhook_secrets": ("whsec_new", WEBHOOK_SECRET)}
    stripe = StripePayments(StripeDouble("http://127.0.0.1:1").account(**account))
    for secret in account["webhook_secrets"]:
        body, header = signed(EVENT, secret, AT - 299)
        event = stripe.read_event(body, {"stripe-signature": header}, NOW)
        assert (event.id, event.kind, event.payload) == ("evt_1", "payment_intent.succeeded", EVENT)
        both = f"{signed(EVENT, 'whsec_old', AT - 299)[1]},{header.partition(',')[2]}"
        assert stripe.read_event(body, {"stripe-signature": both}, NOW) == event
    concerned = stripe.payment_of(EVENT)
    assert concerned is not None
    assert (concerned.reference, str(concerned.payment_id)) == (
        "pi_1",
        EVENT["data"]["object"]["metadata"]["payment_id"],
    )
    charge = {"data": {"object": {"object": "charge", "id": "ch_1", "payment_intent": "pi_2", "metadata": None}}}
    assert getattr(stripe.payment_of(charge), "reference", None) == "pi_2"
    for stranger in ({}, {"data": 1}, {"data": {"object": {"object": "customer", "id": "cus_1"}}}):
        assert stripe.payment_of(stranger) is None


def test_nothing_of_whoever_paid_is_kept_of_a_message() -> None:
    thing = EVENT["data"]["object"]
    person = {"receipt_email": "hana@example.com", "charges": [{"billing_details": {"name": "Hana"}}], "status": "x"}
    told = {**EVENT, "request": {"id": "req_1"}, "data": {"object": {**thing, **person}, "previous_attributes": {}}}
    body, header = signed(told, at=AT)
    event = StripePayments(StripeDouble("http://127.0.0.1:1").account()).read_event(
        body, {"stripe-signature": header}, NOW
    )
    assert event.payload == {**EVENT, "data": {"object": {**thing, "status": "x"}}}


def forged() -> Iterator[tuple[str, bytes, str]]:
    """Messages that nobody is to believe, and why not."""
    body, header = signed(EVENT, at=AT)
    yield "other secret", *signed(EVENT, "whsec_other", AT)
    yield "too old", *signed(EVENT, at=AT - 301)
    yield "from the future", *signed(EVENT, at=AT + 301)
    yield "a byte of the body", body.replace(b"evt_1", b"evt_2"), header
    yield "a byte of the signature", body, header[:-1] + ("0" if header[-1] != "0" else "1")
    yield "another time", body, header.replace(f"t={int(AT)}", f"t={int(AT) + 1}")
    for wrong in ("", "t=", "v1=", f"t={int(AT)}", "t=x,v1=y", f"t={int(AT)},v1=é", "=,=,=", f"t={'9' * 400},v1=0"):
        yield repr(wrong[:30]), body, wrong
    yield "not UTF-8", b"\xff", header
    yield "not JSON", *signed(b"{", at=AT)
    for shape in (b"[]", b"1", b"{}", b'{"id": 1, "type": "x", "object": "event"}', b'{"id": "", "type": "x"}'):
        yield shape.decode(), *signed(shape, at=AT)


@pytest.mark.parametrize(("body", "header"), [pytest.param(*each[1:], id=each[0]) for each in forged()])
def test_what_is_not_signed_lately_by_us_is_not_read(body: bytes, header: str) -> None:
    stripe = StripePayments(StripeDouble("http://127.0.0.1:1").account())
    with pytest.raises(ForgedEventError):
        stripe.read_event(body, {"stripe-signature": header}, NOW)
    without = StripePayments(StripeDouble("http://127.0.0.1:1").account(webhook_secrets=()))
    with pytest.raises(ForgedEventError):
        without.read_event(*signed(EVENT, at=AT)[:1], {"stripe-signature": signed(EVENT, at=AT)[1]}, NOW)


def test_a_message_is_good_for_five_minutes_either_way() -> None:
    stripe = StripePayments(StripeDouble("http://127.0.0.1:1").account())
    for seconds in (-300, 300):
        body, header = signed(EVENT, at=AT)
        assert stripe.read_event(body, {"stripe-signature": header}, NOW + timedelta(seconds=seconds)).id == "evt_1"
