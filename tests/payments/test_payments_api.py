"""Payments through the API: what buyers see, and what the staff does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.permissions import Permission
from auth.viewer import Viewer, viewer_with_role
from domain.idempotency import KEPT, sweep_keys
from domain.orders import lock_order
from domain.payment_attention import call_for_attention
from domain.payment_steps import confirm_by_hand
from domain.payments import lock_payment
from integrations.manual_payments import ManualPayments
from models import EventOutcome, Payment, PaymentKind, Role
from resolvers.ids import encode_id
from tests.api import data_of
from tests.domain.order_scenes import order_of, states_of, stock_of
from tests.factories import (
    EARLIER,
    LATER,
    add_payment_method,
    add_provider_event,
    add_user,
    new_id,
    shared_engine,
    writing,
)
from tests.mutations import changed
from tests.payments.scenes import Paying, add_paying, asking, payment_of, step_under_way, sums_of

QUERIES = Path(__file__).parents[2] / "queries"
ADMIN = viewer_with_role(Role.ADMIN, new_id())
MANUAL = ManualPayments()
TOTAL, NOTHING = Decimal(450), Decimal(0)


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database whose tests keep out of each other's way."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


async def done(engine: AsyncEngine, name: str, given: Mapping[str, Any], viewer: Viewer = ADMIN) -> Mapping[str, Any]:
    """What the mutation of that document gives."""
    document = (QUERIES / f"{name}.graphql").read_text(encoding="utf-8")
    data = await changed(engine, document, {"input": dict(given)}, viewer)
    found: Mapping[str, Any] = data[name[0].lower() + name[1:]]
    return found


async def paid(engine: AsyncEngine) -> Paying:
    """An order of three and two units at 450.00 together, whose transfer came in."""
    paying = await add_paying(engine, MANUAL, PaymentKind.BANK_TRANSFER)
    async with writing(engine) as session:
        await confirm_by_hand(session, paying.id, MANUAL)
    return paying


async def test_units_that_are_refunded_free_their_stock_once(shop: AsyncEngine) -> None:
    """Two of three units for 270.00: 180.00 go back."""
    paying = await paid(shop)
    lines = [{"lineId": encode_id("OrderLine", paying.order.first), "quantity": 2}]
    order = encode_id("Order", paying.order.id)
    given = {"orderId": order, "lines": lines, "reason": "They were stale.", "idempotencyKey": "units"}
    answers = await asyncio.gather(*(done(shop, "RefundOrder", given) for _ in range(3)))
    assert {answer["amount"]["amount"] for answer in answers} == {"180.00"}
    assert await stock_of(shop, paying.order) == {"SKU-3": (5, 1), "SKU-2": (5, 2)}
    await asking(shop).carry_out(await step_under_way(shop, paying))
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, Decimal(180), NOTHING)
    again = await done(shop, "RefundOrder", {**given, "reason": "Others."})
    assert again["__typename"] == "IdempotencyMismatch"
    assert (await order_of(shop, paying.order)).refunded_total == 180


async def test_key_of_somebody_else_is_another_key(shop: AsyncEngine) -> None:
    paying = await paid(shop)
    order = {"orderId": encode_id("Order", paying.order.id), "reason": "It rained.", "idempotencyKey": "rain"}
    asked = [({**order, "amount": amount}, viewer_with_role(Role.ADMIN, new_id())) for amount in ("10.00", "20.00")]
    for _ in range(2):
        answers = [await done(shop, "RefundOrder", *each) for each in asked]
        assert [each["amount"]["amount"] for each in answers] == ["10.00", "20.00"]
    assert (await sums_of(shop, paying))[-1] == Decimal(30)


async def test_key_that_was_forgotten_may_be_used_for_another_refund(shop: AsyncEngine) -> None:
    """Keys are kept for a week, and the steps of payments for good."""
    paying = await paid(shop)
    given = {"orderId": encode_id("Order", paying.order.id), "reason": "It rained.", "idempotencyKey": "of old"}
    first = await done(shop, "RefundOrder", {**given, "amount": "10.00"})
    async with writing(shop) as session:
        await sweep_keys(session, datetime.now(UTC) + KEPT + timedelta(seconds=1))
    second, again = [await done(shop, "RefundOrder", {**given, "amount": "20.00"}) for _ in range(2)]
    assert [each["amount"]["amount"] for each in (first, second, again)] == ["10.00", "20.00", "20.00"]
    assert (await sums_of(shop, paying))[-1] == Decimal(30)


async def test_units_are_refunded_once_whatever_money_is_left(shop: AsyncEngine) -> None:
    """Three units for 270.00 of 450.00: again they would cost more than is left, and that is not what is wrong."""
    paying = await paid(shop)
    units = [{"lineId": encode_id("OrderLine", paying.order.first), "quantity": 3}]
    order = {"orderId": encode_id("Order", paying.order.id), "lines": units, "reason": "They were stale."}
    await done(shop, "RefundOrder", {**order, "idempotencyKey": "all three"})
    again = await done(shop, "RefundOrder", {**order, "idempotencyKey": "again"})
    assert again["__typename"] == "UnitsNotThere"
    assert again["message"] == "3 units of SKU-3 cannot be refunded: there are 0."
    assert (await sums_of(shop, paying))[-1] == Decimal(270)


async def test_no_more_goes_back_than_came(shop: AsyncEngine) -> None:
    paying = await paid(shop)
    order = {"orderId": encode_id("Order", paying.order.id), "reason": "It rained."}
    large = await done(shop, "RefundOrder", {**order, "amount": "450.01", "idempotencyKey": "large"})
    assert (large["__typename"], large["left"], large["currencyCode"]) == ("RefundTooLarge", "450.00", "ETB")
    whole = await done(shop, "RefundOrder", {**order, "idempotencyKey": "whole"})
    assert (whole["status"], whole["amount"]["amount"]) == ("PENDING", "450.00")
    more = await done(shop, "RefundOrder", {**order, "idempotencyKey": "more"})
    assert more["__typename"] == "NothingToRefund"
    await asking(shop).carry_out(await step_under_way(shop, paying))
    assert (await states_of(shop, paying.order))[:2] == ("REFUNDED", "REFUNDED")
    assert set((await stock_of(shop, paying.order)).values()) == {(5, 0)}


async def test_a_payment_is_let_go_and_looked_at(shop: AsyncEngine) -> None:
    paying = await add_paying(shop, MANUAL, PaymentKind.BANK_TRANSFER)
    payment = {"paymentId": encode_id("Payment", paying.id)}
    cancelled = await done(shop, "CancelPayment", {**payment, "idempotencyKey": "drop"})
    assert cancelled["status"] == "PENDING"
    await asking(shop).carry_out(await step_under_way(shop, paying))
    assert (await states_of(shop, paying.order))[:2] == ("FAILED", "FAILED")
    captured = await done(shop, "CapturePayment", {**payment, "idempotencyKey": "take"})
    assert captured["__typename"] == "PaymentStateRefused"
    async with writing(shop) as session:
        await lock_order(session, paying.order.id)
        call_for_attention(await session.get_one(Payment, paying.id), "Somebody has called.")
    asked = "{ payments(filter: {needsAttention: true}) { nodes { attention version } } }"
    (waiting,) = (await data_of(shop, asked, viewer=ADMIN))["payments"]["nodes"]
    assert waiting["attention"] == "Somebody has called."
    await done(shop, "SettlePaymentAttention", {**payment, "expectedVersion": waiting["version"]})
    assert (await data_of(shop, asked, viewer=ADMIN))["payments"]["nodes"] == []


async def test_what_calls_for_somebody_after_they_looked_is_not_settled(shop: AsyncEngine) -> None:
    paying = await add_paying(shop, MANUAL, PaymentKind.BANK_TRANSFER)
    versions = []
    for why in ("Somebody has called.", "The bank disputes it."):
        async with writing(shop) as session:
            payment = (await lock_payment(session, paying.id))[1]
            call_for_attention(payment, why)
            versions.append(payment.version)
    settling = {"paymentId": encode_id("Payment", paying.id)}

    stale = await done(shop, "SettlePaymentAttention", {**settling, "expectedVersion": versions[0]})

    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", versions[1])
    assert (await payment_of(shop, paying)).attention == "The bank disputes it."
    settled = await done(shop, "SettlePaymentAttention", {**settling, "expectedVersion": versions[1]})
    assert (settled["__typename"], settled["version"]) == ("Payment", versions[1] + 1)
    assert (await payment_of(shop, paying)).attention is None


async def test_buyers_see_what_was_paid_and_not_what_the_staff_says(shop: AsyncEngine) -> None:
    paying = await paid(shop)
    order = await order_of(shop, paying.order)
    query = (
        "query($id: ID!) { order(id: $id) { payments { status captured { amount } transactions { kind status } } } }"
    )
    buyer = viewer_with_role(Role.CUSTOMER, order.user_id)
    known = {"id": encode_id("Order", order.id)}
    seen = await data_of(shop, query, known, buyer)
    assert seen["order"]["payments"] == [
        {
            "status": "CAPTURED",
            "captured": {"amount": "450.00"},
            "transactions": [
                {"kind": "AUTHORIZE", "status": "SUCCEEDED"},
                {"kind": "CAPTURE", "status": "SUCCEEDED"},
            ],
        }
    ]
    packers = Viewer(grants=frozenset({Permission.ORDERS_READ}))
    assert (await data_of(shop, query, known, packers))["order"] == {"payments": []}
    assert (await data_of(shop, query, known, viewer_with_role(Role.CUSTOMER, new_id())))["order"] is None


async def test_ways_to_pay_are_their_owners(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        owner, other = await add_user(session), await add_user(session)
        card = await add_payment_method(session, owner)
    key = encode_id("PaymentMethod", card.id)
    stranger = viewer_with_role(Role.CUSTOMER, other.id)
    assert (await done(shop, "DeletePaymentMethod", {"id": key}, stranger))["__typename"] == "PaymentMethodNotFound"
    mine = viewer_with_role(Role.CUSTOMER, owner.id)
    query = (QUERIES / "MyPaymentMethods.graphql").read_text(encoding="utf-8")
    seen = await data_of(shop, query, viewer=mine)
    assert [each["label"] for each in seen["viewer"]["paymentMethods"]] == ["Visa, ending in 4242"]
    assert (await done(shop, "DeletePaymentMethod", {"id": key}, mine))["__typename"] == "Done"
    assert (await data_of(shop, query, viewer=mine))["viewer"]["paymentMethods"] == []


async def test_payments_are_found_by_each_of_their_marks(shop: AsyncEngine) -> None:
    first, second = await paid(shop), await add_paying(shop, MANUAL, PaymentKind.CASH_ON_DELIVERY)
    async with writing(shop) as session:
        payment = await session.get_one(Payment, second.id)
        payment.attention, payment.provider_reference, begun = "Look.", "transfer-of-hers", payment.created_at
    orders = [encode_id("Order", each.order.id) for each in (first, second)]
    query = "query($filter: PaymentFilter) { payments(filter: $filter) { nodes { id } } }"

    async def found(**wanted: Any) -> list[str]:
        data = await data_of(shop, query, {"filter": {"orders": orders, **wanted}}, ADMIN)
        return [node["id"] for node in data["payments"]["nodes"]]

    older, newer = encode_id("Payment", first.id), encode_id("Payment", second.id)
    assert await found() == [newer, older]
    assert await found(orders=orders[:1]) == [older]
    assert await found(status=["CAPTURED", "FAILED"]) == [older]
    assert await found(kind=["CASH_ON_DELIVERY"]) == [newer]
    assert await found(providerReference="transfer-of-hers") == [newer]
    assert await found(needsAttention=True) == [newer]
    assert await found(needsAttention=False) == [older]
    assert await found(createdAt={"from": begun.isoformat()}) == [newer]
    assert await found(amount={"min": "450.01"}) == []
    assert await found(amount={"max": "450"}) == [newer, older]


async def test_messages_of_providers_are_found_by_each_of_their_marks(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        waiting = await add_provider_event(session, received_at=EARLIER)
        done = {"kind": "charge.refunded", "applied_at": LATER, "outcome": EventOutcome.UNKNOWN, "received_at": LATER}
        applied = await add_provider_event(session, **done)
        elsewhere = await add_provider_event(session, provider="telebirr", received_at=LATER)
    query = "query($filter: ProviderEventFilter) { providerEvents(filter: $filter) { nodes { eventId } } }"

    async def found(**wanted: Any) -> list[str]:
        ours = [waiting.event_id, applied.event_id, elsewhere.event_id]
        data = await data_of(shop, query, {"filter": {"eventIds": ours, **wanted}}, ADMIN)
        return [node["eventId"] for node in data["providerEvents"]["nodes"]]

    assert await found() == [elsewhere.event_id, applied.event_id, waiting.event_id]
    assert await found(eventIds=[waiting.event_id]) == [waiting.event_id]
    assert await found(providers=["telebirr"]) == [elsewhere.event_id]
    assert await found(kinds=["charge.refunded"]) == [applied.event_id]
    assert await found(outcomes=["UNKNOWN"]) == [applied.event_id]
    assert await found(isApplied=False) == [elsewhere.event_id, waiting.event_id]
    assert await found(isApplied=True, receivedAt={"from": LATER.isoformat()}) == [applied.event_id]
    assert await found(receivedAt={"to": LATER.isoformat()}) == [waiting.event_id]
