"""Payments by card at several server processes and workers, some of which are taken away: money moves once.

After each test every promise of `check-integrity` holds.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle
from random import shuffle
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from domain.order_cancelling import REFUND_ORDER
from domain.order_payments import EXPIRE_ORDER, EXPIRE_ORDERS
from domain.outbox import Job, enqueue
from domain.payment_reconciling import RECONCILE_PAYMENTS
from domain.payment_transactions import CARRY_OUT_STEP
from domain.payments import CHECK_PAYMENT
from resolvers.ids import encode_id
from tests.bazaar import Bazaar, Buyer, Result, result_of
from tests.databases import copy_database, drop_database
from tests.factories import writing
from tests.market import Market, open_market
from tests.patience import PATIENCE_SECONDS
from tests.stripe_double.objects import AUTHENTICATED, GOOD

STATE = "SELECT count(*) FROM orders WHERE number = '{}' AND status = '{}' AND payment_status = '{}'"
AVAILABLE = "SELECT available FROM stock_levels WHERE variant_id = '{}'"
UNITS_OF = "SELECT count(*) FROM order_lines WHERE variant_id = '{}'"
UNAPPLIED = "SELECT count(*) FROM provider_events WHERE applied_at IS NULL"
OPEN_STEPS = "SELECT count(*) FROM payment_transactions WHERE status = 'PENDING'"
DAYS_AGO = (
    "UPDATE payments SET created_at = now() - interval '2 days' FROM orders "
    "WHERE orders.id = order_id AND number = :number"
)
SILENT = (
    "UPDATE payments SET checked_at = now() - interval '1 hour' FROM orders "
    "WHERE orders.id = order_id AND number = :number"
)
JOBS = "SELECT count(*) FROM pgqueuer WHERE entrypoint = '{}'"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture(scope="module")
async def market(postgres: str, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Market]:
    """Two server processes and two workers on one database."""
    url = await copy_database(postgres, migrated)
    async with open_market(tmp_path_factory.mktemp("market"), url) as opened:
        yield opened
    await drop_database(url)


@pytest.fixture(autouse=True)
async def whole(market: Market) -> AsyncIterator[None]:
    """Every promise holds after each test."""
    yield
    await market.shop.assert_whole()


def number_of(result: Result) -> str:
    """The number of the order that was placed."""
    assert result["__typename"] == "Checkout", result
    return str(result["order"]["number"])


async def test_messages_many_times_in_any_order_are_one_transition(market: Market) -> None:
    """While the buyer comes back from their bank, and somebody forges messages."""
    shop = market.shop
    [lamp] = await shop.offer(5)
    [buyer] = await market.buyers(lamp, AUTHENTICATED)
    [waiting] = await shop.rush([buyer])
    intent = market.authenticate(waiting)
    market.stripe.control("refund", payment_intent=intent, amount=100)
    told = market.stripe.events(intent)
    assert [message["type"] for message in told] == [
        "payment_intent.requires_action",
        "payment_intent.succeeded",
        "charge.refunded",
    ]
    messages = told * 10
    shuffle(messages)
    forged = {**told[-1], "id": "evt_forged"}

    answers, refused, results = await asyncio.gather(
        market.tell(*messages), market.tell(forged, forged, secret="whsec_guessed"), shop.rush([buyer] * 4)
    )

    assert (answers, refused) == ({200}, {400})
    assert {number_of(result) for result in results} == {number_of(waiting)}
    await shop.until(STATE.format(number_of(waiting), "CONFIRMED", "PARTIALLY_REFUNDED"), 1)
    await shop.until(UNAPPLIED, 0)
    ids = "', '".join([*(message["id"] for message in told), "evt_forged"])
    assert await shop.count(f"SELECT count(*) FROM provider_events WHERE event_id IN ('{ids}')") == 3
    steps = "SELECT count({}) FROM payment_transactions JOIN payments p ON p.id = payment_id WHERE p.provider_reference"
    assert await shop.count(f"{steps.format('*')} = '{intent}'") == 3
    assert await shop.count(f"{steps.format('DISTINCT payment_transactions.kind')} = '{intent}'") == 3
    assert await shop.count(AVAILABLE.format(lamp)) == 4


async def test_other_money_than_was_agreed_calls_for_somebody(market: Market) -> None:
    shop = market.shop
    [lamp] = await shop.offer(1)
    [waiting] = await shop.rush(await market.buyers(lamp, AUTHENTICATED))
    intent = market.authenticate(waiting)
    market.stripe.control("change", id=intent, values={"amount": 9000, "amount_received": 9000})

    assert await market.tell(*market.stripe.events(intent)) == {200}

    await shop.until(UNAPPLIED, 0)
    assert await shop.count(STATE.format(number_of(waiting), "PENDING", "PENDING")) == 1
    flagged = f"SELECT count(*) FROM payments WHERE provider_reference = '{intent}' AND attention IS NOT NULL"
    assert await shop.count(flagged) == 1


async def test_paid_when_the_stock_is_gone_goes_back(market: Market) -> None:
    shop = market.shop
    [lamp] = await shop.offer(1)
    [waiting] = await shop.rush(await market.buyers(lamp, AUTHENTICATED))
    await expire(shop, lamp)
    await shop.until(STATE.format(number_of(waiting), "FAILED", "FAILED"), 1)
    number_of((await shop.rush(await shop.enter([lamp])))[0])
    intent = market.authenticate(waiting)

    assert await market.tell(*market.stripe.events(intent) * 3) == {200}

    await shop.until(STATE.format(number_of(waiting), "FAILED", "REFUNDED"), 1)
    assert market.refunds(intent) == [10000]
    flagged = f"SELECT count(*) FROM payments WHERE provider_reference = '{intent}' AND attention IS NOT NULL"
    assert await shop.count(flagged) == 1
    assert await shop.count(AVAILABLE.format(lamp)) == 0


async def test_paid_just_when_the_wait_ends_is_sold_once(market: Market) -> None:
    shop = market.shop
    [lamp] = await shop.offer(6)
    waiting = await shop.rush(await market.buyers(lamp, AUTHENTICATED, 6))
    intents = [market.authenticate(each) for each in waiting]
    news = [message for intent in intents for message in market.stripe.events(intent)]

    answers, _ = await asyncio.gather(market.tell(*news), expire(shop, lamp))

    assert answers == {200}
    for each in waiting:
        await shop.until(STATE.format(number_of(each), "CONFIRMED", "PAID"), 1)
    for name in (EXPIRE_ORDERS, EXPIRE_ORDER):
        await shop.until(JOBS.format(name), 0)
    assert await shop.count(AVAILABLE.format(lamp)) == 0
    assert [market.refunds(intent) for intent in intents] == [[]] * 6


async def test_worker_that_is_killed_before_it_learns_of_a_refund_gives_back_once(market: Market) -> None:
    shop = market.shop
    [lamp] = await shop.offer(1)
    order = await buy_at_once(market, lamp)
    intent = await intent_of(market, order)
    staff = await shop.hire()
    market.stripe.control("silence", times=1)
    given = {"orderId": order, "reason": "It rained.", "idempotencyKey": "rain"}
    result_of(await shop.send(shop.tills[0], staff, "RefundOrder", **given))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not market.refunds(intent):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)

    await market.kill_workers()
    assert await shop.count(OPEN_STEPS) == 1
    await market.work()

    await shop.until(OPEN_STEPS, 0)
    assert market.refunds(intent) == [10000]
    assert await shop.count(AVAILABLE.format(lamp)) == 1


async def test_cancelled_and_refunded_at_once_goes_back_once(market: Market) -> None:
    shop = market.shop
    [lamp] = await shop.offer(1)
    order = await buy_at_once(market, lamp)
    intent = await intent_of(market, order)
    staff = await shop.hire()
    refund = {"orderId": order, "reason": "It rained."}
    calls: list[tuple[str, dict[str, str]]] = [
        ("CancelOrder", {"id": order, "reason": "It rained."}),
        ("RefundOrder", refund | {"idempotencyKey": "cloud"}),
        ("RefundOrder", refund | {"idempotencyKey": "rain"}),
    ] * 3

    answers = await asyncio.gather(
        *(shop.send(till, staff, name, **given) for till, (name, given) in zip(cycle(shop.tills), calls, strict=False))
    )

    kinds = {result_of(answer)["__typename"] for answer in answers}
    assert kinds <= {"Order", "OrderMoveRefused", "PaymentTransaction", "NothingToRefund", "UnitsNotThere"}
    for job in (REFUND_ORDER, CARRY_OUT_STEP):
        await shop.until(JOBS.format(job), 0)
    await shop.until(OPEN_STEPS, 0)
    assert market.refunds(intent) == [10000]
    assert await shop.count(AVAILABLE.format(lamp)) == 1


async def test_killed_server_leaves_what_is_committed_and_nothing_else(market: Market) -> None:
    """Of two checkouts one waits before its commit, and one for Stripe, which has taken the money, after it."""
    shop, [till, other] = market.shop, market.shop.tills
    before, after = await shop.offer(5, 5)
    [early], [late] = await market.buyers(before, GOOD), await market.buyers(after, GOOD)
    taken = len(market.stripe.control("silence", times=1)["intents"])
    asking = [asyncio.create_task(shop.buy(late, till))]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(market.stripe.control("look")["intents"]) == taken:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
    async with locked_stock(shop, before):
        asking.append(asyncio.create_task(shop.buy(early, till)))
        await shop.until(WAITING, 1)
        await till.kill()
        for each in asking:
            with pytest.raises(httpx.TransportError):
                await each
        assert [await shop.count(UNITS_OF.format(lamp)) for lamp in (before, after)] == [0, 1]

    again = [result_of(await shop.buy(buyer, other)) for buyer in (early, late)]
    await till.open()

    assert {(each["order"]["status"], each["order"]["paymentStatus"]) for each in again} == {("CONFIRMED", "PAID")}
    assert len(market.stripe.control("look")["intents"]) == taken + 2
    assert [result_of(await shop.buy(buyer, till)) for buyer in (early, late)] == again
    assert [await shop.count(AVAILABLE.format(lamp)) for lamp in (before, after)] == [4, 4]


async def test_client_who_is_gone_can_ask_again(market: Market) -> None:
    shop, [till, other] = market.shop, market.shop.tills
    [lamp] = await shop.offer(5)
    [buyer] = await market.buyers(lamp, GOOD)
    async with locked_stock(shop, lamp):
        asking = asyncio.create_task(shop.buy(buyer, till))
        await shop.until(WAITING, 1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    again = result_of(await shop.buy(buyer, other))

    assert (again["order"]["status"], again["order"]["paymentStatus"]) == ("CONFIRMED", "PAID")
    assert await shop.count(UNITS_OF.format(lamp)) == 1
    assert await shop.count(AVAILABLE.format(lamp)) == 4


async def test_client_who_asks_again_after_days_is_not_charged_twice(market: Market) -> None:
    """Stripe took the money and did not answer, no worker was there, and Stripe forgets keys after a day.

    The workers find it when they look after whatever nobody has heard of, also where the job that asks was lost.
    """
    shop, [till, other] = market.shop, market.shop.tills
    [lamp] = await shop.offer(5)
    [buyer] = await market.buyers(lamp, GOOD)
    made = len(market.stripe.control("silence", times=1)["intents"])
    first = result_of(await shop.buy(buyer, till))
    market.stripe.control("forget")
    async with writing(shop.engine) as session:
        await session.execute(text(DAYS_AGO), {"number": number_of(first)})

    again = result_of(await shop.buy(buyer, other))

    assert [each["payment"]["status"] for each in (first, again)] == ["PENDING", "PENDING"]
    assert number_of(again) == number_of(first)
    async with writing(shop.engine) as session:
        await session.execute(text("DELETE FROM pgqueuer WHERE entrypoint = :name"), {"name": CHECK_PAYMENT})
        await session.execute(text(SILENT), {"number": number_of(first)})
        await enqueue(session, Job(RECONCILE_PAYMENTS, {}))
    await shop.until(STATE.format(number_of(first), "CONFIRMED", "PAID"), 1)
    assert len(market.stripe.control("look")["intents"]) == made + 1


async def test_cart_and_prices_that_change_during_checkout_are_agreed_or_refused(market: Market) -> None:
    shop, [till, other] = market.shop, market.shop.tills
    [lamp] = await shop.offer(100)
    buyers = await shop.enter(*[[lamp]] * 10)
    line = {"variantId": encode_id("ProductVariant", lamp), "quantity": 1}

    async def add(buyer: Buyer) -> None:
        result_of(await shop.send(other, {"Guest-Token": buyer.token}, "AddToCart", lines=[line]))

    async def raise_price() -> None:
        async with writing(shop.engine) as session:
            await session.execute(text(f"UPDATE product_variants SET price = 110 WHERE id = '{lamp}'"))

    async def buy(buyer: Buyer) -> Result:
        return result_of(await shop.buy(buyer, till))

    async with asyncio.TaskGroup() as group:
        buying = [group.create_task(buy(buyer)) for buyer in buyers]
        for buyer in buyers:
            group.create_task(add(buyer))
        group.create_task(raise_price())

    results = [task.result() for task in buying]
    assert {result["__typename"] for result in results} <= {"Checkout", "PriceChanged"}
    ordered = sum(result["__typename"] == "Checkout" for result in results)
    paid = f"SELECT count(*) FROM order_lines WHERE variant_id = '{lamp}' AND quantity = 1 AND total = 100"
    assert await shop.count(paid) == ordered
    open_units = "SELECT sum(quantity) FROM cart_lines JOIN carts c ON c.id = cart_id WHERE completed_at IS NULL"
    assert await shop.count(f"{open_units} AND variant_id = '{lamp}'") == 20 - ordered
    assert await shop.count(AVAILABLE.format(lamp)) == 100 - ordered


@asynccontextmanager
async def locked_stock(shop: Bazaar, variant: UUID) -> AsyncIterator[None]:
    """Nobody can reserve units of it while the block runs."""
    async with shop.engine.begin() as connection:
        await connection.execute(text(f"SELECT 1 FROM stock_levels WHERE variant_id = '{variant}' FOR UPDATE"))
        yield


async def expire(shop: Bazaar, variant: UUID) -> None:
    """The wait for the money of whoever bought it is over."""
    theirs = f"SELECT order_id FROM order_lines WHERE variant_id = '{variant}'"
    async with writing(shop.engine) as session:
        await session.execute(
            text(f"UPDATE orders SET expires_at = now() WHERE status = 'PENDING' AND id IN ({theirs})")
        )
        await enqueue(session, Job(EXPIRE_ORDERS, {}))


async def buy_at_once(market: Market, variant: UUID) -> str:
    """An order that is paid; gives its id."""
    [result] = await market.shop.rush(await market.buyers(variant, GOOD))
    assert result["order"]["paymentStatus"] == "PAID", result
    return str(result["order"]["id"])


async def intent_of(market: Market, order: str) -> str:
    """What Stripe calls the payment of an order."""
    body = {"query": "query($id: ID!) { order(id: $id) { number } }", "variables": {"id": order}}
    staff = await market.shop.hire()
    number = (await market.shop.tills[0].http.post("/graphql", json=body, headers=dict(staff))).json()["data"]["order"]
    intents = market.stripe.control("look")["intents"]
    return str(next(each["id"] for each in intents if each["metadata"]["order_number"] == number["number"]))
