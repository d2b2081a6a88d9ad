"""Payments by hand and with Stripe's double: news in every order, at once, late and wrong; money is moved once."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.order_cancelling import cancel_as_buyer
from domain.order_payments import fail
from domain.orders import lock_order
from domain.payment_applying import apply_outcome
from domain.payment_late import TOO_LATE, give_back_all
from domain.payment_providers import PaymentOutcome, PaymentProviderAwayError, ReportedRefund, SoughtPayment
from domain.payment_reconciling import reconcile, retry_steps
from domain.payment_steps import PaymentNotByHandError, PaymentStateRefusedError, cancel, capture, confirm_by_hand
from domain.payment_transactions import CARRY_OUT_STEP, PaymentStepPendingError
from domain.payments import CANCEL_PAYMENT, CHECK_PAYMENT, PaymentNotFoundError
from domain.refunding import RefundTooLargeError, start_refund
from domain.reservations import reserve
from domain.stock_moving import Cause
from domain.violations import violated
from integrations.manual_payments import ManualPayments
from integrations.stripe_payments import StripePayments
from models import Cart, Payment, PaymentKind, PaymentState, PaymentTransaction, TransactionState
from tests.domain.order_scenes import Scene, letters_of, order_of, states_of, stock_of
from tests.factories import add_cart, new_id, writing
from tests.payments.scenes import (
    TOTAL,
    Paying,
    add_paying,
    asking,
    jobs_of,
    payment_of,
    step_under_way,
    steps_of,
    sums_of,
)
from tests.stripe_double.objects import AUTHENTICATED, DECLINED, GOOD
from tests.stripe_double.running import StripeDouble

NOTHING = Decimal(0)
CARD = PaymentKind.CARD
CONFIRMED = ("CONFIRMED", "PAID", "UNFULFILLED")
TAKEN = PaymentOutcome(PaymentState.CAPTURED, TOTAL, "ETB", "pi_1", authorized=TOTAL, captured=TOTAL)
PROMISED = PaymentOutcome(PaymentState.AUTHORIZED, TOTAL, "ETB", "pi_1", authorized=TOTAL)
HALF = Decimal("225.00")
DAYS_AGO = "UPDATE payment_transactions SET recorded_at = now() - interval '2 days' WHERE id = :step"
LATER = "UPDATE payment_transactions SET recorded_at = now() - interval '1 hour' WHERE id = :step"


async def tell(engine: AsyncEngine, paying: Paying, news: PaymentOutcome) -> PaymentState:
    """Take news over, under a reference that no other payment has."""
    named = replace(news, reference=news.reference and f"{news.reference}_{paying.id}")
    async with writing(engine) as session:
        return (await apply_outcome(session, paying.id, named)).status


async def give_up(engine: AsyncEngine, scene: Scene) -> None:
    """Have the order expire."""
    async with writing(engine) as session:
        assert await fail(session, await lock_order(session, scene.id), "It was not paid in time.")


async def paid_by_card(engine: AsyncEngine, stripe: StripePayments) -> Paying:
    """An order that was paid with a good card."""
    paying = await add_paying(engine, stripe, CARD, GOOD)
    async with writing(engine) as session:
        await apply_outcome(session, paying.id, await stripe.start(paying.request))
    return paying


async def refund(engine: AsyncEngine, paying: Paying, amount: Decimal) -> bool:
    """Ask for a refund; whether it began."""
    async with writing(engine) as session:
        payment = await session.get_one(Payment, paying.id, with_for_update=True)
        try:
            await start_refund(session, payment, amount, "It was stale.")
        except RefundTooLargeError:
            return False
    return True


async def test_a_transfer_is_waited_for_and_confirmed_once(shop: AsyncEngine) -> None:
    manual = ManualPayments()
    paying = await add_paying(shop, manual, PaymentKind.BANK_TRANSFER)
    assert await tell(shop, paying, await manual.start(paying.request)) is PaymentState.PENDING
    assert await states_of(shop, paying.order) == ("PENDING", "PENDING", "UNFULFILLED")

    async def confirm() -> None:
        async with writing(shop) as session:
            await confirm_by_hand(session, paying.id, manual)

    await asyncio.gather(*(confirm() for _ in range(3)))
    assert await states_of(shop, paying.order) == CONFIRMED
    assert await steps_of(shop, paying) == [("AUTHORIZE", "SUCCEEDED", TOTAL), ("CAPTURE", "SUCCEEDED", TOTAL)]
    assert await jobs_of(shop, CHECK_PAYMENT, paying.id) == 0


async def test_who_pays_at_the_door_has_promised_it(shop: AsyncEngine) -> None:
    manual = ManualPayments()
    paying = await add_paying(shop, manual, PaymentKind.CASH_ON_DELIVERY)
    await tell(shop, paying, await manual.start(paying.request))
    assert await states_of(shop, paying.order) == ("CONFIRMED", "AUTHORIZED", "UNFULFILLED")
    async with writing(shop) as session:
        await confirm_by_hand(session, paying.id, manual)
    assert await states_of(shop, paying.order) == CONFIRMED
    with pytest.raises(PaymentNotFoundError):
        async with writing(shop) as session:
            await confirm_by_hand(session, new_id(), manual)


async def test_a_part_of_what_was_promised_at_the_door_is_taken_and_the_rest_let_go(shop: AsyncEngine) -> None:
    manual = ManualPayments()
    paying = await add_paying(shop, manual, PaymentKind.CASH_ON_DELIVERY)
    await tell(shop, paying, await manual.start(paying.request))
    async with writing(shop) as session:
        await capture(session, paying.id, HALF)
    await asking(shop).carry_out(await step_under_way(shop, paying))
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, HALF, NOTHING, NOTHING)
    assert (await steps_of(shop, paying))[-1] == ("CAPTURE", "SUCCEEDED", HALF)
    assert (await payment_of(shop, paying)).attention is None


async def test_the_same_news_ten_times_at_once_is_one_transition(shop: AsyncEngine, stripe: StripePayments) -> None:
    paying = await add_paying(shop, stripe, CARD, GOOD)
    states = await asyncio.gather(*(tell(shop, paying, TAKEN) for _ in range(10)))
    assert set(states) == {PaymentState.CAPTURED}
    assert await steps_of(shop, paying) == [("AUTHORIZE", "SUCCEEDED", TOTAL), ("CAPTURE", "SUCCEEDED", TOTAL)]
    assert await states_of(shop, paying.order) == CONFIRMED
    async with writing(shop) as session:
        assert (await letters_of(session, paying.order)).count("order_confirmed") == 1


async def test_news_that_overtakes_other_news_ends_right(shop: AsyncEngine, stripe: StripePayments) -> None:
    """Refunded before it was taken, taken before it was promised, and the oldest at last."""
    paying = await add_paying(shop, stripe, CARD, GOOD)
    refunded = replace(TAKEN, refunds=(ReportedRefund("re_1", HALF, TransactionState.SUCCEEDED),))
    for news in (refunded, TAKEN, PROMISED, replace(PROMISED, state=PaymentState.PENDING, authorized=NOTHING)):
        await tell(shop, paying, news)
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, HALF, NOTHING)
    assert (await states_of(shop, paying.order))[:2] == ("CONFIRMED", "PARTIALLY_REFUNDED")
    assert await steps_of(shop, paying) == [
        ("AUTHORIZE", "SUCCEEDED", TOTAL),
        ("CAPTURE", "SUCCEEDED", TOTAL),
        ("REFUND", "SUCCEEDED", HALF),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        replace(TAKEN, amount=TOTAL - 1, authorized=TOTAL - 1, captured=TOTAL - 1),
        replace(TAKEN, currency="USD"),
        replace(TAKEN, captured=TOTAL + 1, authorized=TOTAL + 1),
    ],
    ids=["amount", "currency", "more"],
)
async def test_other_money_than_was_agreed_pays_nothing(
    shop: AsyncEngine, stripe: StripePayments, wrong: PaymentOutcome
) -> None:
    paying = await add_paying(shop, stripe, CARD, GOOD)
    assert await tell(shop, paying, wrong) is PaymentState.PENDING
    assert await states_of(shop, paying.order) == ("PENDING", "PENDING", "UNFULFILLED")
    assert (await payment_of(shop, paying)).attention is not None
    assert await steps_of(shop, paying) == []


async def test_a_declined_card_gives_the_stock_free_and_the_intent_up(
    shop: AsyncEngine, stripe: StripePayments, double: StripeDouble
) -> None:
    paying = await add_paying(shop, stripe, CARD, DECLINED)
    async with writing(shop) as session:
        await apply_outcome(session, paying.id, await stripe.start(paying.request))
    assert (await payment_of(shop, paying)).failure == "Your card was declined."
    assert (await states_of(shop, paying.order))[:2] == ("FAILED", "FAILED")
    assert set((await stock_of(shop, paying.order)).values()) == {(5, 0)}
    assert await jobs_of(shop, CANCEL_PAYMENT, paying.id) == 1
    await asking(shop, stripe).let_go(paying.id)
    assert [intent["status"] for intent in double.intents(paying.id)] == ["canceled"]


async def test_what_was_charged_in_silence_is_found_and_charged_once(shop: AsyncEngine, double: StripeDouble) -> None:
    impatient = StripePayments(double.account(timeout_seconds=2))
    paying = await add_paying(shop, impatient, CARD, GOOD)
    double.control("silence", times=1)
    with pytest.raises(PaymentProviderAwayError):
        await impatient.start(paying.request)
    assert await jobs_of(shop, CHECK_PAYMENT, paying.id) == 1

    async def check() -> PaymentState | None:
        return await asking(shop, impatient).check(paying.id)

    assert set(await asyncio.gather(check(), check())) == {PaymentState.CAPTURED}
    await impatient.close()
    assert await states_of(shop, paying.order) == CONFIRMED
    assert len(double.intents(paying.id)) == 1


async def test_what_was_never_begun_is_given_up_after_a_day(shop: AsyncEngine, stripe: StripePayments) -> None:
    paying = await add_paying(shop, stripe, CARD, GOOD)
    assert await asking(shop, stripe).check(paying.id) is None
    async with writing(shop) as session:
        ago = datetime.now(UTC) - timedelta(hours=25)
        await session.execute(update(Payment).where(Payment.id == paying.id).values(created_at=ago))
    assert await asking(shop, stripe).check(paying.id) is PaymentState.FAILED
    assert (await states_of(shop, paying.order))[0] == "FAILED"


async def test_the_silent_are_asked_about_once_each(shop: AsyncEngine, stripe: StripePayments) -> None:
    paying = [await add_paying(shop, stripe, CARD, GOOD) for _ in range(2)]
    manual = await add_paying(shop, ManualPayments(), PaymentKind.BANK_TRANSFER)
    keys = [each.id for each in (*paying, manual)]
    async with writing(shop) as session:
        await session.execute(text("DELETE FROM pgqueuer"))
        ago = datetime.now(UTC) - timedelta(minutes=6)
        await session.execute(update(Payment).where(Payment.id.in_(keys)).values(checked_at=ago))

    async def look() -> bool:
        async with writing(shop) as session:
            return await reconcile(session, ["stripe"])

    assert set(await asyncio.gather(look(), look())) == {False}
    assert [await jobs_of(shop, CHECK_PAYMENT, key) for key in keys] == [1, 1, 0]


async def test_an_order_that_is_over_has_its_intent_let_go(
    shop: AsyncEngine, stripe: StripePayments, double: StripeDouble
) -> None:
    paying = await add_paying(shop, stripe, CARD, AUTHENTICATED)
    async with writing(shop) as session:
        await apply_outcome(session, paying.id, await stripe.start(paying.request))
    await give_up(shop, paying.order)
    assert await asking(shop, stripe).check(paying.id) is PaymentState.CANCELLED
    assert [intent["status"] for intent in double.intents(paying.id)] == ["canceled"]


async def test_money_that_comes_late_revives_the_order_while_its_stock_is_there(
    shop: AsyncEngine, stripe: StripePayments
) -> None:
    async with writing(shop) as session:
        cart = await add_cart(session, new_id(), completed_at=datetime.now(UTC))
    paying = await add_paying(shop, stripe, CARD, GOOD, cart_id=cart.id)
    await give_up(shop, paying.order)
    async with writing(shop) as session:
        assert (await session.get_one(Cart, cart.id)).completed_at is None
    await asyncio.gather(*(tell(shop, paying, TAKEN) for _ in range(3)))
    async with writing(shop) as session:
        assert (await session.get_one(Cart, cart.id)).completed_at is not None
    assert await states_of(shop, paying.order) == CONFIRMED
    assert await stock_of(shop, paying.order) == {"SKU-3": (5, 3), "SKU-2": (5, 2)}


async def test_money_for_what_is_gone_goes_back_and_is_never_silent(
    shop: AsyncEngine, stripe: StripePayments, double: StripeDouble
) -> None:
    paying = await add_paying(shop, stripe, CARD, GOOD)
    paid = await stripe.start(paying.request)
    await give_up(shop, paying.order)
    async with writing(shop) as session:
        line = await session.scalar(
            text("SELECT variant_id FROM order_lines WHERE id = :line"), {"line": paying.order.first}
        )
        await reserve(session, {line: 3}, Cause("orders", new_id()))

    async def take_over() -> None:
        async with writing(shop) as session:
            await apply_outcome(session, paying.id, paid)

    await asyncio.gather(*(take_over() for _ in range(3)))
    assert (await payment_of(shop, paying)).attention == TOO_LATE
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, NOTHING, TOTAL)
    assert await states_of(shop, paying.order) == ("FAILED", "PAID", "UNFULFILLED")
    step = await step_under_way(shop, paying)
    await asyncio.gather(*(asking(shop, stripe).carry_out(step) for _ in range(3)))
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, TOTAL, NOTHING)
    assert (await states_of(shop, paying.order))[:2] == ("FAILED", "REFUNDED")
    (intent,) = double.intents(paying.id)
    assert intent["latest_charge"]["amount_refunded"] == 45000
    async with writing(shop) as session:
        assert (await letters_of(session, paying.order)).count("order_refunded") == 1


async def test_money_that_comes_for_a_cancelled_order_goes_back(
    shop: AsyncEngine, stripe: StripePayments, double: StripeDouble
) -> None:
    """The buyer cancels, and has paid at their bank meanwhile. What was cancelled is not taken up again."""
    paying = await add_paying(shop, stripe, CARD, GOOD)
    paid = await stripe.start(paying.request)
    async with writing(shop) as session:
        await cancel_as_buyer(session, await lock_order(session, paying.order.id), "I changed my mind.")

    async def take_over() -> None:
        async with writing(shop) as session:
            await apply_outcome(session, paying.id, paid)

    async def give_back() -> None:
        async with writing(shop) as session:
            await give_back_all(session, paying.order.id, "I changed my mind.")

    await asyncio.gather(take_over(), give_back(), take_over(), give_back())
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, NOTHING, TOTAL)
    assert await states_of(shop, paying.order) == ("CANCELLED", "PAID", "UNFULFILLED")
    assert set((await stock_of(shop, paying.order)).values()) == {(5, 0)}
    assert (await payment_of(shop, paying)).attention == TOO_LATE
    await asking(shop, stripe).carry_out(await step_under_way(shop, paying))
    assert await states_of(shop, paying.order) == ("CANCELLED", "REFUNDED", "UNFULFILLED")
    (intent,) = double.intents(paying.id)
    assert intent["latest_charge"]["amount_refunded"] == 45000


async def test_either_the_payment_or_the_end_of_the_wait_comes_first(shop: AsyncEngine, stripe: StripePayments) -> None:
    paying = await add_paying(shop, stripe, CARD, GOOD)

    async def expire() -> None:
        async with writing(shop) as session:
            await fail(session, await lock_order(session, paying.order.id), "It was not paid in time.")

    await asyncio.gather(tell(shop, paying, TAKEN), expire())
    assert await states_of(shop, paying.order) == CONFIRMED
    assert await stock_of(shop, paying.order) == {"SKU-3": (5, 3), "SKU-2": (5, 2)}


async def test_two_refunds_at_once_never_give_back_the_same(
    shop: AsyncEngine, stripe: StripePayments, double: StripeDouble
) -> None:
    paying = await paid_by_card(shop, stripe)
    begun = await asyncio.gather(*(refund(shop, paying, Decimal(300)) for _ in range(4)))
    assert sorted(begun) == [False, False, False, True]
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, NOTHING, Decimal(300))
    step = await step_under_way(shop, paying)
    assert await jobs_of(shop, CARRY_OUT_STEP, step) == 1
    await asyncio.gather(*(asking(shop, stripe).carry_out(step) for _ in range(3)))
    await asking(shop, stripe).check(paying.id)
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, Decimal(300), NOTHING)
    order = await order_of(shop, paying.order)
    assert (order.refunded_total, order.payment_status.value) == (Decimal(300), "PARTIALLY_REFUNDED")
    refunds = double.control("look")["refunds"]
    assert len([one for one in refunds if one["metadata"] == {"transaction_id": str(step)}]) == 1


async def test_news_of_our_own_refund_is_not_taken_for_another(shop: AsyncEngine, stripe: StripePayments) -> None:
    """The provider tells of it before its answer was taken over."""
    paying = await paid_by_card(shop, stripe)
    await refund(shop, paying, HALF)
    payment, step = await payment_of(shop, paying), await step_under_way(shop, paying)
    ours = ReportedRefund("re_of_ours", HALF, TransactionState.SUCCEEDED, step)
    async with writing(shop) as session:
        await apply_outcome(session, paying.id, replace(TAKEN, reference=payment.provider_reference, refunds=(ours,)))
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, NOTHING, HALF)
    await asking(shop, stripe).carry_out(step)
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, HALF, NOTHING)


async def test_a_refund_that_the_provider_refuses_is_told_and_may_be_asked_again(
    shop: AsyncEngine, stripe: StripePayments, double: StripeDouble
) -> None:
    paying = await paid_by_card(shop, stripe)
    payment = await payment_of(shop, paying)
    await refund(shop, paying, TOTAL)
    double.control("refund", payment_intent=payment.provider_reference, amount=10000)
    await asking(shop, stripe).carry_out(await step_under_way(shop, paying))
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, Decimal(100), NOTHING)
    assert "could not be given back" in ((await payment_of(shop, paying)).attention or "")
    assert await refund(shop, paying, TOTAL - 100)


async def test_a_slow_refund_is_settled_when_the_provider_says_so(
    shop: AsyncEngine, stripe: StripePayments, double: StripeDouble
) -> None:
    paying = await paid_by_card(shop, stripe)
    await refund(shop, paying, HALF)
    step, worker = await step_under_way(shop, paying), asking(shop, stripe)
    double.control("pending", refunds=True)
    await worker.carry_out(step)
    double.control("pending", refunds=False)
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, NOTHING, HALF)
    async with writing(shop) as session:
        reference = (await session.get_one(PaymentTransaction, step)).provider_reference
        await session.execute(text("DELETE FROM pgqueuer"))
        await session.execute(text(LATER), {"step": step})
    async with writing(shop) as session:
        await retry_steps(session)
    assert await jobs_of(shop, CARRY_OUT_STEP, step) == 1
    double.control("settle", id=reference, status="succeeded")
    await worker.carry_out(step)
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, HALF, NOTHING)


async def test_a_refund_that_the_bank_sends_back_is_noticed_once(
    shop: AsyncEngine, stripe: StripePayments, double: StripeDouble
) -> None:
    """One that was asked for here and one made at the provider; the news comes often, and after it what is older."""
    paying = await paid_by_card(shop, stripe)
    payment, worker = await payment_of(shop, paying), asking(shop, stripe)
    await refund(shop, paying, HALF)
    await worker.carry_out(await step_under_way(shop, paying))
    double.control("refund", payment_intent=payment.provider_reference, amount=10000)
    await worker.check(paying.id)
    older = await stripe.look_up(SoughtPayment(paying.id, payment.provider_reference))
    assert older is not None
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, HALF + 100, NOTHING)

    for made in older.refunds:
        double.control("settle", id=made.reference, status="failed", failure_reason="expired_or_canceled_card")
        await asyncio.gather(*(worker.check(paying.id) for _ in range(3)))
    async with writing(shop) as session:
        await apply_outcome(session, paying.id, older)

    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, NOTHING, NOTHING)
    assert (await states_of(shop, paying.order))[:2] == ("CONFIRMED", "PAID")
    undone = ("REFUND_REVERSAL", "SUCCEEDED")
    assert [step for step in await steps_of(shop, paying) if step[:2] == undone] == [(*undone, 100), (*undone, HALF)]
    assert "expired_or_canceled_card" in ((await payment_of(shop, paying)).attention or "")
    assert await refund(shop, paying, TOTAL)
    await worker.carry_out(await step_under_way(shop, paying))
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, TOTAL, NOTHING)


@pytest.mark.parametrize("at_once", [Decimal(200), HALF], ids=["in parts", "as a whole"])
async def test_what_was_taken_in_part_is_given_back(shop: AsyncEngine, at_once: Decimal) -> None:
    paying = await add_paying(shop, ManualPayments(), PaymentKind.CASH_ON_DELIVERY)
    await tell(shop, paying, PROMISED)
    await tell(shop, paying, replace(TAKEN, captured=HALF))
    left = HALF - at_once

    await refund(shop, paying, at_once)
    await asking(shop).carry_out(await step_under_way(shop, paying))

    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, HALF, at_once, NOTHING)
    assert (await states_of(shop, paying.order))[:2] == (
        ("CONFIRMED", "PARTIALLY_REFUNDED") if left else ("REFUNDED", "REFUNDED")
    )


async def test_a_refund_at_the_provider_that_failed_stays_failed_whatever_older_news_says(shop: AsyncEngine) -> None:
    paying = await add_paying(shop, ManualPayments(), PaymentKind.BANK_TRANSFER)
    made = ReportedRefund(f"re_of_{paying.id}", HALF, TransactionState.SUCCEEDED)
    failed = replace(made, state=TransactionState.FAILED, failure="lost_or_stolen_card")
    await tell(shop, paying, TAKEN)

    for refund_now in (failed, made, failed):
        await tell(shop, paying, replace(TAKEN, refunds=(refund_now,)))

    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, NOTHING, NOTHING)
    assert (await steps_of(shop, paying))[2:] == [("REFUND", "FAILED", HALF)]
    assert await states_of(shop, paying.order) == CONFIRMED
    attention = (await payment_of(shop, paying)).attention
    assert attention == "225.00 ETB could not be given back. lost_or_stolen_card"


async def test_a_refund_whose_answer_was_lost_days_ago_is_found_and_not_made_again(
    shop: AsyncEngine, double: StripeDouble
) -> None:
    """Stripe forgets keys after a day."""
    stripe = StripePayments(double.account(timeout_seconds=1))
    paying, worker = await paid_by_card(shop, stripe), asking(shop, stripe)
    await refund(shop, paying, HALF)
    step = await step_under_way(shop, paying)
    double.control("silence", times=1)
    with pytest.raises(PaymentProviderAwayError):
        await worker.carry_out(step)
    double.control("forget")
    async with writing(shop) as session:
        await session.execute(text(DAYS_AGO), {"step": step})

    await worker.carry_out(step)

    await stripe.close()
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, HALF, NOTHING)
    (intent,) = double.intents(paying.id)
    assert intent["latest_charge"]["amount_refunded"] == 22500


async def test_promised_money_is_taken_or_let_go_by_the_staff(shop: AsyncEngine, double: StripeDouble) -> None:
    later = StripePayments(double.account(captures_later=True))
    first, second = [await add_paying(shop, later, CARD, GOOD) for _ in range(2)]
    for paying in (first, second):
        async with writing(shop) as session:
            await apply_outcome(session, paying.id, await later.start(paying.request))
    async with writing(shop) as session:
        await capture(session, first.id)
        await cancel(session, second.id, "It was a mistake.")
    with pytest.raises(PaymentStepPendingError):
        async with writing(shop) as session:
            await cancel(session, first.id)
    with pytest.raises(PaymentNotByHandError):
        async with writing(shop) as session:
            await confirm_by_hand(session, first.id, later)
    for paying in (first, second):
        step = await step_under_way(shop, paying)
        await asyncio.gather(*(asking(shop, later).carry_out(step) for _ in range(2)))
    await later.close()
    assert await sums_of(shop, first) == ("CAPTURED", TOTAL, TOTAL, NOTHING, NOTHING)
    assert await sums_of(shop, second) == ("CANCELLED", TOTAL, NOTHING, NOTHING, NOTHING)
    assert (await steps_of(shop, second))[-1] == ("CANCEL", "SUCCEEDED", TOTAL)
    assert (await states_of(shop, second.order))[:2] == ("CONFIRMED", "CANCELLED")
    assert (await payment_of(shop, second)).attention is not None
    with pytest.raises(PaymentStateRefusedError):
        async with writing(shop) as session:
            await capture(session, second.id)


async def test_a_cancelled_order_gives_back_all_it_took_once(shop: AsyncEngine, stripe: StripePayments) -> None:
    paying = await paid_by_card(shop, stripe)

    async def give_back() -> None:
        async with writing(shop) as session:
            await give_back_all(session, paying.order.id, "The buyer changed their mind.")

    await asyncio.gather(*(give_back() for _ in range(3)))
    await asking(shop, stripe).carry_out(await step_under_way(shop, paying))
    assert await sums_of(shop, paying) == ("CAPTURED", TOTAL, TOTAL, TOTAL, NOTHING)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("UPDATE payments SET captured = 0, status = 'AUTHORIZED' WHERE id = :id", "ck_payments_monotone"),
        ("UPDATE payments SET refunded = 451 WHERE id = :id", "ck_payments_amounts"),
        ("UPDATE payments SET refunded = -1 WHERE id = :id", "ck_payments_monotone"),
        ("UPDATE payments SET refunding = 451 WHERE id = :id", "ck_payments_amounts"),
        ("UPDATE payments SET amount = 1000 WHERE id = :id", "ck_payments_monotone"),
        ("UPDATE payment_transactions SET amount = 1 WHERE payment_id = :id", "ck_payment_transactions_settled"),
    ],
)
async def test_the_database_forgets_no_money(
    shop: AsyncEngine, stripe: StripePayments, change: str, constraint: str
) -> None:
    paying = await add_paying(shop, stripe, CARD, GOOD)
    await tell(shop, paying, TAKEN)
    with pytest.raises(IntegrityError) as refused:
        await _run(shop, change, paying.id)
    assert violated(refused.value) == constraint


async def _run(engine: AsyncEngine, change: str, key: UUID) -> None:
    async with writing(engine) as session:
        await session.execute(text(change), {"id": key})
