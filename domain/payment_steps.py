"""What the staff does with payments: confirm what came by hand, take what was promised, or let go of it."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.amounts import require_amounts
from domain.errors import ConflictError, DomainError
from domain.payment_applying import apply_outcome
from domain.payment_providers import PaymentOutcome, PaymentProvider
from domain.payment_standing import OPEN
from domain.payment_transactions import Asked, ask_alone
from domain.payments import lock_payment
from models import Payment, PaymentState, TransactionKind


class PaymentNotByHandError(DomainError):
    """What became of the payment is known by its provider, and by nobody else."""

    def __init__(self, provider: str) -> None:
        super().__init__(f"What becomes of this payment is known by {provider}, which says so itself.")
        self.provider = provider


class PaymentStateRefusedError(DomainError):
    """The payment is not where the step can be made."""

    def __init__(self, status: PaymentState, wanted: str) -> None:
        super().__init__(f"The payment is {status.value}, and only what is {wanted} can be dealt with so.")
        self.status = status


class CaptureTooLargeError(DomainError):
    """More is to be taken than was promised."""

    def __init__(self, asked: Decimal, authorized: Decimal, currency: str) -> None:
        super().__init__(f"{asked} {currency} cannot be taken: {authorized} {currency} were promised.")
        self.asked, self.authorized, self.currency = asked, authorized, currency


async def confirm_by_hand(session: AsyncSession, payment_id: UUID, provider: PaymentProvider) -> Payment:
    """Take the money of a transfer, or at the door, for received; again it changes nothing.

    Raises PaymentNotFoundError and PaymentNotByHandError.
    """
    _order, payment = await lock_payment(session, payment_id)
    if provider.can_be_asked:
        raise PaymentNotByHandError(payment.provider)
    return await apply_outcome(session, payment_id, _taken(payment))


async def capture(session: AsyncSession, payment_id: UUID, amount: Decimal | None = None) -> Payment:
    """Have the provider take what was promised, or less; the rest is let go of.

    Raises InvalidInputError, PaymentNotFoundError, PaymentStateRefusedError, CaptureTooLargeError and
    PaymentStepPendingError.
    """
    _order, payment = await lock_payment(session, payment_id)
    if payment.status is not PaymentState.AUTHORIZED:
        raise PaymentStateRefusedError(payment.status, PaymentState.AUTHORIZED)
    require_amounts(payment.currency, amount=amount)
    wanted = payment.authorized if amount is None else amount
    if wanted > payment.authorized:
        raise CaptureTooLargeError(wanted, payment.authorized, payment.currency)
    await ask_alone(session, payment, Asked(TransactionKind.CAPTURE, wanted))
    return payment


async def cancel(session: AsyncSession, payment_id: UUID, reason: str | None = None) -> Payment:
    """Have the provider let go of what is promised or begun.

    Raises PaymentNotFoundError, PaymentStateRefusedError and PaymentStepPendingError.
    """
    _order, payment = await lock_payment(session, payment_id)
    if payment.status not in {*OPEN, PaymentState.AUTHORIZED}:
        raise PaymentStateRefusedError(payment.status, "not done")
    await ask_alone(session, payment, Asked(TransactionKind.CANCEL, payment.authorized, reason))
    return payment


def _taken(payment: Payment) -> PaymentOutcome:
    return PaymentOutcome(
        PaymentState.CAPTURED,
        payment.amount,
        payment.currency,
        authorized=payment.amount,
        captured=payment.amount,
    )


async def settle_attention(session: AsyncSession, payment_id: UUID, expected_version: int) -> Payment:
    """Note that somebody has looked at it as it is now: not at what called for them before something else did.

    Raises PaymentNotFoundError and ConflictError.
    """
    _order, payment = await lock_payment(session, payment_id)
    if payment.version != expected_version:
        raise ConflictError(expected_version, payment.version)
    if payment.attention is not None:
        payment.attention = None
        payment.version += 1
    return payment
