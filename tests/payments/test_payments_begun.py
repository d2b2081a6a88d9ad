"""Orders that are placed with their payments: whole, where nobody has to be asked, and as if somebody had been."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.money import NOTHING
from domain.order_beginnings import Beginning, beginning_of
from domain.payment_begun import BegunPayment, standing_at_once
from domain.payment_standing import Standing
from integrations.manual_payments import ManualPayments
from models import (
    Order,
    OrderEvent,
    OrderStatus,
    Payment,
    PaymentKind,
    PaymentState,
    PaymentStatus,
    PaymentTransaction,
    TransactionKind,
    TransactionState,
)
from tests.domain.order_scenes import Scene, add_scene
from tests.factories import new_id, writing
from tests.payments.scenes import TOTAL
from tests.statements import noted

AT_THE_DOOR, BY_TRANSFER = PaymentKind.CASH_ON_DELIVERY, PaymentKind.BANK_TRANSFER
PROMISED = Standing(PaymentState.AUTHORIZED, authorized=TOTAL)
TAKEN = Standing(PaymentState.CAPTURED, authorized=TOTAL, captured=TOTAL)
CONFIRMED, PAID = OrderStatus.CONFIRMED, PaymentStatus.PAID


async def placed(engine: AsyncEngine, standing: Standing) -> Scene:
    """An order with a payment that begins where it stands so."""
    order_id = new_id()
    begun = BegunPayment(
        id=new_id(),
        order_id=order_id,
        provider="manual",
        kind=AT_THE_DOOR,
        amount=TOTAL,
        currency="ETB",
        status=standing.state,
        authorized=standing.authorized,
        captured=standing.captured,
    )
    return await add_scene(engine, id=order_id, payment=begun, beginning=beginning_of(TOTAL, standing))


async def history_of(engine: AsyncEngine, scene: Scene) -> Sequence[tuple[str, str | None, str | None]]:
    """What is told of the order, in its order."""
    events = select(OrderEvent).where(OrderEvent.order_id == scene.id).order_by(OrderEvent.number)
    async with writing(engine) as session:
        return [(each.kind.value, each.from_state, each.to_state) for each in await session.scalars(events)]


async def test_order_is_written_with_its_payment_by_one_statement(engine: AsyncEngine) -> None:
    async with noted(engine) as statements:
        scene = await placed(engine, PROMISED)

    assert len([each for each in statements if "INTO payment" in each or "INTO orders" in each]) == 1
    assert [each for each in statements if each.startswith("UPDATE orders")] == []
    async with writing(engine) as session:
        order = await session.get_one(Order, scene.id)
        payment = (await session.scalars(select(Payment))).one()
        step = (await session.scalars(select(PaymentTransaction))).one()
    assert (order.status, order.payment_status, order.version) == (CONFIRMED, PaymentStatus.AUTHORIZED, 1)
    assert (order.authorized_total, order.captured_total) == (TOTAL, NOTHING)
    assert (payment.order_id, payment.status, payment.kind) == (scene.id, PaymentState.AUTHORIZED, AT_THE_DOOR)
    assert (payment.amount, payment.authorized, payment.captured, payment.version) == (TOTAL, TOTAL, NOTHING, 1)
    assert (step.kind, step.status, step.amount) == (TransactionKind.AUTHORIZE, TransactionState.SUCCEEDED, TOTAL)
    assert (step.payment_id, step.currency, step.lines) == (payment.id, "ETB", [])
    assert step.settled_at is not None


async def test_history_of_what_is_confirmed_at_once_tells_each_move(engine: AsyncEngine) -> None:
    assert await history_of(engine, await placed(engine, PROMISED)) == [
        ("ORDER", None, "PENDING"),
        ("ORDER", "PENDING", "CONFIRMED"),
        ("PAYMENT", "PENDING", "AUTHORIZED"),
    ]


async def test_history_of_what_is_waited_for_tells_that_it_was_placed(engine: AsyncEngine) -> None:
    scene = await placed(engine, Standing())

    assert await history_of(engine, scene) == [("ORDER", None, "PENDING")]
    async with writing(engine) as session:
        assert (await session.scalars(select(PaymentTransaction))).all() == []
        assert (await session.scalars(select(Payment.status))).one() is PaymentState.PENDING


async def test_order_that_came_from_elsewhere_is_told_of_as_it_came(engine: AsyncEngine) -> None:
    scene = await add_scene(engine, beginning=Beginning(status=OrderStatus.DELIVERED))
    assert await history_of(engine, scene) == [("ORDER", None, "DELIVERED")]


async def test_what_is_promised_to_the_shop_stays_within_what_the_order_costs(engine: AsyncEngine) -> None:
    await placed(engine, TAKEN)
    async with writing(engine) as session:
        sums = text("SELECT total - authorized_total, authorized_total - captured_total, payment_status FROM orders")
        assert (await session.execute(sums)).one() == (NOTHING, NOTHING, "PAID")


def test_manual_payments_need_nobody_who_is_asked() -> None:
    manual = ManualPayments()
    assert standing_at_once(manual, AT_THE_DOOR, TOTAL) == PROMISED
    assert standing_at_once(manual, BY_TRANSFER, TOTAL) == Standing()


@pytest.mark.parametrize(
    ("total", "payment", "beginning"),
    [
        (TOTAL, PROMISED, Beginning(CONFIRMED, PaymentStatus.AUTHORIZED, TOTAL, NOTHING)),
        (TOTAL, TAKEN, Beginning(CONFIRMED, PAID, TOTAL, TOTAL)),
        (TOTAL, Standing(), Beginning()),
        (NOTHING, None, Beginning(CONFIRMED, PAID)),
        (Decimal(0), None, Beginning(CONFIRMED, PAID)),
    ],
)
def test_order_begins_where_its_payment_leads(total: Decimal, payment: Standing | None, beginning: Beginning) -> None:
    assert beginning_of(total, payment) == beginning
