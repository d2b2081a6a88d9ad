"""Payments that are found and locked, and the jobs that ask about them."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import DomainError
from domain.outbox import Job
from models import Order, Payment

CHECK_PAYMENT = "check_payment"
CANCEL_PAYMENT = "cancel_payment"
"""The names of jobs."""

FIRST_CHECK = timedelta(minutes=2)
"""How long after its begin a payment is asked about, in case its answer was lost."""


class PaymentNotFoundError(DomainError):
    """There is no such payment."""

    def __init__(self) -> None:
        super().__init__("There is no such payment.")


async def lock_payment(session: AsyncSession, payment_id: UUID) -> tuple[Order, Payment]:
    """The order and its payment as they are now, locked in this order. Raises PaymentNotFoundError."""
    paid = select(Order).join(Payment, Payment.order_id == Order.id).where(Payment.id == payment_id)
    order = await session.scalar(
        paid.with_for_update(of=Order, key_share=True).execution_options(populate_existing=True)
    )
    locking = select(Payment).where(Payment.id == payment_id).with_for_update()
    payment = await session.scalar(locking.execution_options(populate_existing=True))
    if order is None or payment is None:
        raise PaymentNotFoundError
    return order, payment


def check(payment_id: UUID, delay: timedelta = timedelta()) -> Job:
    """The job that asks the provider how far a payment is."""
    return Job(CHECK_PAYMENT, {"payment": str(payment_id)}, delay)


def let_go(payment_id: UUID) -> Job:
    """The job that has the provider let go of a payment."""
    return Job(CANCEL_PAYMENT, {"payment": str(payment_id)})
