"""Cancelling an order of which nothing is on its way or with its buyer: it has not left, or all of it came back.

What was reserved is free again, and what was promised or paid goes back. What came back is in the stock already.
"""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import DomainError
from domain.money import NOTHING
from domain.order_codes import release_codes
from domain.order_letters import tell_cancelled
from domain.order_parcels import cancel_parcels, follow
from domain.order_states import ORDER_MOVES, WITH_BUYER_UNSTARTED, require_move
from domain.order_units import free_units, lines_of
from domain.orders import advance, set_fulfillment, set_payment
from domain.outbox import Job, enqueue
from models import FulfillmentStatus, Order, OrderStatus, PaymentStatus

REFUND_ORDER: Final = "refund_order"
"""The job that gives back whatever was promised or taken for an order."""

BY_BUYER: Final = "The buyer cancelled the order."
"""Why money goes back. What they wrote stays in the history of the order, which can be rid of it."""


class OrderOnItsWayError(DomainError):
    """Some of it is packed or sent already, and did not come back."""

    def __init__(self, number: str) -> None:
        super().__init__(f"Some of the order {number} is on its way already. What has arrived may be returned.")


async def cancel(session: AsyncSession, order: Order, reason: str) -> None:
    """Cancel the locked order, also one that was sent and refused at the door, once it is back (`return_lines`).

    Raises OrderMoveRefusedError, and OrderOnItsWayError while some of it is out of the house.
    """
    await _cancel(session, order, reason, reason)
    await tell_cancelled(session, order, reason)


async def cancel_as_buyer(session: AsyncSession, order: Order, reason: str) -> None:
    """The same for whoever bought it, while nobody works on it. Raises OrderMoveRefusedError and OrderOnItsWayError.

    The letter does not repeat the reason. Whoever wrote it knows it, and a guest may have given anybody's address.
    """
    if order.fulfillment_status is not FulfillmentStatus.UNFULFILLED:
        raise OrderOnItsWayError(order.number)
    if order.status not in WITH_BUYER_UNSTARTED and OrderStatus.CANCELLED in ORDER_MOVES[order.status]:
        raise OrderOnItsWayError(order.number)
    await _cancel(session, order, reason, BY_BUYER)
    await tell_cancelled(session, order)


async def _cancel(session: AsyncSession, order: Order, reason: str, reason_of_refund: str) -> None:
    require_move(ORDER_MOVES, f"The order {order.number}", order.status, OrderStatus.CANCELLED)
    lines = await lines_of(session, order)
    if any(line.shipped_quantity > line.returned_quantity for line in lines):
        raise OrderOnItsWayError(order.number)
    was_sent = any(line.shipped_quantity for line in lines)
    if order.payment_status is PaymentStatus.PENDING or _was_free(order):
        set_payment(order, PaymentStatus.CANCELLED)
    order.expires_at = None
    await cancel_parcels(session, order)
    if not was_sent:
        set_fulfillment(order, FulfillmentStatus.UNFULFILLED)
    await advance(session, order, OrderStatus.CANCELLED, reason)
    await release_codes(session, order)
    await free_units(session, order)
    if was_sent:
        await follow(session, order)
    await enqueue(session, Job(REFUND_ORDER, {"order": str(order.id), "reason": reason_of_refund}))


def _was_free(order: Order) -> bool:
    """Whether it is paid without any money, which a refund could not say."""
    return order.payment_status is PaymentStatus.PAID and order.captured_total == NOTHING
