"""Orders that were sent and came back: the stock is there again, no money is waited for, and each happens once."""

import asyncio
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import Viewer, viewer_with_role
from domain.integrity import check_integrity
from domain.order_cancelling import REFUND_ORDER
from domain.order_checks import ORDER_CHECKS
from domain.payment_applying import apply_outcome
from domain.payment_checks import PAYMENT_CHECKS
from domain.payment_late import give_back_all
from domain.payment_providers import PaymentOutcome
from domain.payments import CANCEL_PAYMENT
from integrations.manual_payments import ManualPayments
from models import MovementKind, PaymentKind, PaymentState, Role, StockMovement
from resolvers.ids import encode_id
from tests.domain.order_scenes import letters_of, order_of, states_of, stock_of
from tests.editors import edited, editor
from tests.factories import writing
from tests.payments.scenes import TOTAL, Paying, add_paying, asking, jobs_of, payment_of

PROMISED = PaymentOutcome(PaymentState.AUTHORIZED, TOTAL, "ETB", authorized=TOTAL)
REASON = "It was refused at the door."

Json = Mapping[str, Any]


async def sent(engine: AsyncEngine, staff: Viewer) -> Paying:
    """An order of three and two units, all of which are on their way to be paid at the door."""
    paying = await add_paying(engine, ManualPayments(), PaymentKind.CASH_ON_DELIVERY)
    async with writing(engine) as session:
        await apply_outcome(session, paying.id, PROMISED)
    version = (await order_of(engine, paying.order)).version
    packed = {"id": order_id(paying), "expectedVersion": version, "lines": units(paying, 3, 2), "isShipped": True}
    assert (await edited(engine, staff, "FulfilOrder", **packed))["status"] == "SHIPPED"
    return paying


def order_id(paying: Paying) -> str:
    """What clients know the order by."""
    return encode_id("Order", paying.order.id)


def units(paying: Paying, *counts: int) -> list[Json]:
    """So many of its first line, and of its second."""
    lines = (paying.order.first, paying.order.second)
    return [
        {"lineId": encode_id("OrderLine", line), "quantity": count} for line, count in zip(lines, counts, strict=False)
    ]


async def came_back(engine: AsyncEngine, staff: Viewer, paying: Paying, *counts: int) -> Json:
    """Note so many units as returned, whole."""
    version = (await order_of(engine, paying.order)).version
    given = {"id": order_id(paying), "expectedVersion": version, "lines": units(paying, *counts), "toStock": True}
    return await edited(engine, staff, "RecordOrderReturn", **given)


async def test_order_that_was_refused_at_the_door_ends_cancelled(shop: AsyncEngine) -> None:
    staff = await editor(shop, Role.STAFF)
    paying = await sent(shop, staff)
    assert await stock_of(shop, paying.order) == {"SKU-3": (2, 0), "SKU-2": (3, 0)}
    returned = await came_back(shop, staff, paying, 3, 2)
    assert returned["status"] == "SHIPPED"

    answers = await asyncio.gather(
        *(edited(shop, staff, "CancelOrder", id=order_id(paying), reason=REASON) for _ in range(4))
    )

    assert sorted(answer["__typename"] for answer in answers) == ["Order", *["OrderMoveRefused"] * 3]
    assert await jobs_of(shop, REFUND_ORDER, paying.order.id) == 1
    await give_up_the_money(shop, paying)
    assert await states_of(shop, paying.order) == ("CANCELLED", "CANCELLED", "SHIPPED")
    assert await stock_of(shop, paying.order) == {"SKU-3": (5, 0), "SKU-2": (5, 0)}
    assert (await payment_of(shop, paying)).status is PaymentState.CANCELLED
    assert (await payment_of(shop, paying)).attention is None
    again = await came_back(shop, staff, paying, 1)
    assert (again["__typename"], again["left"]) == ("UnitsNotThere", 0)
    moved = select(func.sum(StockMovement.quantity_change)).where(
        StockMovement.cause_id == paying.order.id, StockMovement.kind == MovementKind.RETURNED
    )
    async with writing(shop) as session:
        assert await session.scalar(moved) == 5
        assert (await letters_of(session, paying.order))[-1] == "order_cancelled"
        assert (await check_integrity(session, (*ORDER_CHECKS, *PAYMENT_CHECKS))).findings == ()


async def test_order_of_which_some_is_still_out_is_not_cancelled(shop: AsyncEngine) -> None:
    staff = await editor(shop, Role.STAFF)
    paying = await sent(shop, staff)
    wish = {"id": order_id(paying), "reason": REASON}
    before = await states_of(shop, paying.order)

    for count in (0, 2):
        if count:
            await came_back(shop, staff, paying, count)
        assert (await edited(shop, staff, "CancelOrder", **wish))["__typename"] == "OrderOnItsWay"

    assert await states_of(shop, paying.order) == before == ("SHIPPED", "AUTHORIZED", "SHIPPED")
    assert await stock_of(shop, paying.order) == {"SKU-3": (4, 0), "SKU-2": (3, 0)}
    assert await jobs_of(shop, REFUND_ORDER, paying.order.id) == 0


async def test_rest_of_an_order_whose_only_parcel_came_back_is_free_again(shop: AsyncEngine) -> None:
    staff = await editor(shop, Role.STAFF)
    paying = await add_paying(shop, ManualPayments(), PaymentKind.CASH_ON_DELIVERY)
    async with writing(shop) as session:
        await apply_outcome(session, paying.id, PROMISED)
    version = (await order_of(shop, paying.order)).version
    packed = {"id": order_id(paying), "expectedVersion": version, "lines": units(paying, 2), "isShipped": True}
    await edited(shop, staff, "FulfilOrder", **packed)
    await came_back(shop, staff, paying, 2)

    cancelled = await edited(shop, staff, "CancelOrder", id=order_id(paying), reason=REASON)

    assert (cancelled["status"], cancelled["fulfillmentStatus"]) == ("CANCELLED", "SHIPPED")
    assert await stock_of(shop, paying.order) == {"SKU-3": (5, 0), "SKU-2": (5, 0)}
    async with writing(shop) as session:
        assert (await check_integrity(session, (*ORDER_CHECKS, *PAYMENT_CHECKS))).findings == ()


async def test_buyers_do_not_cancel_what_was_sent(shop: AsyncEngine) -> None:
    staff = await editor(shop, Role.STAFF)
    paying = await sent(shop, staff)
    await came_back(shop, staff, paying, 3, 2)
    buyer = viewer_with_role(Role.CUSTOMER, (await order_of(shop, paying.order)).user_id)

    refused = await edited(shop, buyer, "CancelMyOrder", id=order_id(paying))

    assert refused["message"].startswith("Some of the order")
    assert (await states_of(shop, paying.order))[0] == "SHIPPED"


async def give_up_the_money(engine: AsyncEngine, paying: Paying) -> None:
    """What the jobs of the cancelling do; twice, as any job may be."""
    for _ in range(2):
        async with writing(engine) as session:
            await give_back_all(session, paying.order.id, REASON)
        assert await jobs_of(engine, CANCEL_PAYMENT, paying.id)
        await asking(engine).let_go(paying.id)
