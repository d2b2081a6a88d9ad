"""Money that comes for an order that is over: the order is taken up again, or the money goes back."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.order_payments import revive
from domain.outbox import enqueue
from domain.payment_attention import call_for_attention
from domain.payments import let_go, lock_payment
from domain.refunding import refund_rest
from models import Order, Payment, PaymentState

PAID_AFTER_ALL = "It was paid after all."
TOO_LATE = "The money came when the order was over, and it cannot be sent any more. The money goes back."


async def take_late(session: AsyncSession, order: Order, payment: Payment) -> None:
    """Take the order up again if it waited in vain for the money and its stock is still there; else give it back."""
    if await revive(session, order, PAID_AFTER_ALL):
        return
    call_for_attention(payment, TOO_LATE)
    await session.flush()
    await give_back(session, payment, TOO_LATE)


async def give_back_all(session: AsyncSession, order_id: UUID, reason: str) -> None:
    """Begin to give back whatever was taken or promised for an order. What goes back already is not given twice."""
    payments = select(Payment.id).where(Payment.order_id == order_id).order_by(Payment.id)
    for payment_id in await session.scalars(payments):
        _order, payment = await lock_payment(session, payment_id)
        await give_back(session, payment, reason)


async def give_back(session: AsyncSession, payment: Payment, reason: str) -> None:
    """Begin to give back all that was taken, or have go what is only promised or begun. The payment is locked."""
    if payment.status is PaymentState.CAPTURED:
        await refund_rest(session, payment, reason)
    elif payment.status is not PaymentState.CANCELLED:
        await enqueue(session, let_go(payment.id))
