"""Refunds: asked for in one transaction, carried out by a job, and settled in another (decision 0046).

While one is under way its money is set aside on the payment (`refunding`), so that no two give back the same.
"""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import DomainError
from domain.order_payments import MoneyMoved, PaymentSumsError, record_payment
from domain.order_units import LineUnits, lines_of
from domain.payment_attention import call_for_attention
from domain.payment_providers import RefundOutcome
from domain.payment_transactions import Asked, ask, settle
from domain.payments import PaymentNotFoundError, lock_payment
from models import Order, Payment, PaymentTransaction, TransactionKind, TransactionState
from models.payments import FAILURE_LENGTH


class RefundTooLargeError(DomainError):
    """More is asked for than was taken and is not given back yet."""

    def __init__(self, asked: Decimal, left: Decimal, currency: str) -> None:
        super().__init__(f"{asked} {currency} cannot be given back: {left} {currency} are left.")
        self.asked, self.left, self.currency = asked, left, currency


async def start_refund(  # noqa: PLR0913 - what a refund is made of
    session: AsyncSession,
    payment: Payment,
    amount: Decimal,
    reason: str,
    *,
    key: str | None = None,
    units: LineUnits | None = None,
) -> PaymentTransaction:
    """Set the money aside, and have a job give it back. The payment is locked. Raises RefundTooLargeError."""
    left = refundable(payment)
    if amount > left:
        raise RefundTooLargeError(amount, left, payment.currency)
    lines = [{"line": str(line), "quantity": quantity} for line, quantity in (units or {}).items()]
    return await _set_aside(session, payment, Asked(TransactionKind.REFUND, amount, reason, key, lines))


async def refund_rest(session: AsyncSession, payment: Payment, reason: str) -> None:
    """Have a job give back all that is not about to be given back already. The payment is locked."""
    left = refundable(payment)
    if left:
        await _set_aside(session, payment, Asked(TransactionKind.REFUND, left, reason))


async def _set_aside(session: AsyncSession, payment: Payment, asked: Asked) -> PaymentTransaction:
    payment.refunding += asked.amount
    payment.version += 1
    return await ask(session, payment, asked)


def refundable(payment: Payment) -> Decimal:
    """What was taken, and is neither given back nor about to be."""
    return payment.captured - payment.refunded - payment.refunding


async def settle_refund(session: AsyncSession, step_id: UUID, outcome: RefundOutcome) -> None:
    """Take over what became of a refund; once. What is under way still keeps its name at the provider."""
    payment_id = await session.scalar(select(PaymentTransaction.payment_id).where(PaymentTransaction.id == step_id))
    if payment_id is None:
        raise PaymentNotFoundError
    order, payment = await lock_payment(session, payment_id)
    step = await session.get_one(PaymentTransaction, step_id, populate_existing=True)
    if step.status is not TransactionState.PENDING:
        return
    step.provider_reference = step.provider_reference or outcome.reference
    if outcome.state is TransactionState.SUCCEEDED:
        await _given_back(session, order, payment, step)
    elif outcome.state is TransactionState.FAILED:
        await _not_given_back(session, order, payment, step, outcome.failure or "No reason was given.")
    await session.flush()


async def _given_back(session: AsyncSession, order: Order, payment: Payment, step: PaymentTransaction) -> None:
    settle(step, TransactionState.SUCCEEDED)
    payment.refunding -= step.amount
    payment.refunded += step.amount
    payment.version += 1
    await session.flush()
    try:
        await record_payment(session, order, MoneyMoved(refunded=step.amount), step.reason)
    except PaymentSumsError as error:  # of money that the order never took
        call_for_attention(payment, str(error))


async def _not_given_back(
    session: AsyncSession, order: Order, payment: Payment, step: PaymentTransaction, failure: str
) -> None:
    """The units of the refund may be refunded again; whether they are sent or came back is another matter."""
    settle(step, TransactionState.FAILED, failure[:FAILURE_LENGTH])
    payment.refunding -= step.amount
    payment.version += 1
    await refund_units_anew(session, order, step)
    call_for_attention(payment, could_not_go_back(step.amount, payment, failure))


def could_not_go_back(amount: Decimal, payment: Payment, failure: str) -> str:
    """What the staff is told of a refund that came to nothing."""
    return f"{amount} {payment.currency} could not be given back. {failure}"


async def refund_units_anew(session: AsyncSession, order: Order, step: PaymentTransaction) -> None:
    """Let the units be refunded again for which the step gave nothing back."""
    units = {UUID(line["line"]): int(line["quantity"]) for line in step.lines}
    for line in await lines_of(session, order):
        line.refunded_quantity -= units.get(line.id, 0)
