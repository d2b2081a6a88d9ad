"""Payments that begin, and payments that are found and locked."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.errors import DomainError
from domain.money import NOTHING
from domain.outbox import Job, enqueue
from domain.payment_providers import PaymentProvider
from models import Order, Payment, PaymentKind, PaymentState

CHECK_PAYMENT = "check_payment"
CANCEL_PAYMENT = "cancel_payment"
"""The names of jobs."""

FIRST_CHECK = timedelta(minutes=2)
"""How long after its begin a payment is asked about, in case its answer was lost."""


class PaymentNotFoundError(DomainError):
    """There is no such payment."""

    def __init__(self) -> None:
        super().__init__("There is no such payment.")


async def begin(  # noqa: PLR0913 - what a payment is made of
    session: AsyncSession,
    order: Order,
    provider: PaymentProvider,
    kind: PaymentKind,
    amount: Decimal,
    *,
    source: str | None = None,
    customer: str | None = None,
    keeps_source: bool = False,
) -> Payment:
    """Write down that the order is about to be paid, before anybody is asked to. `amount` is more than 0.

    The provider is asked afterwards, by the payment's id; whatever becomes of the answer, a job asks again. Of one that
    cannot be asked the answer is there at once, and the row is written with what it says.
    """
    payment = Payment(
        id=uuid7(),
        order_id=order.id,
        provider=provider.name,
        kind=kind,
        amount=amount,
        currency=order.currency,
        status=PaymentState.PENDING,
        authorized=NOTHING,
        captured=NOTHING,
        refunded=NOTHING,
        refunding=NOTHING,
        version=1,
        source=source,
        source_customer=customer,
        keeps_source=keeps_source,
    )
    session.add(payment)
    if provider.can_be_asked:
        await session.flush()
        await enqueue(session, check(payment.id, FIRST_CHECK))
    return payment


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
