"""What jobs do with payments: ask providers, have them carry steps out, and take their answers over.

A provider is asked between transactions, never within one. Each job may run twice: what it asks for has a key, and what
it takes over is taken over once.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.order_states import OVER
from domain.payment_applying import apply_outcome
from domain.payment_attention import call_for_attention
from domain.payment_providers import (
    PaymentOutcome,
    PaymentProviders,
    PaymentStep,
    PaymentStepRefusedError,
    RefundOutcome,
    SoughtPayment,
)
from domain.payment_standing import OPEN
from domain.payment_transactions import settle
from domain.payments import lock_payment
from domain.refunding import settle_refund
from models import Order, Payment, PaymentState, PaymentTransaction, TransactionKind, TransactionState
from models.payments import FAILURE_LENGTH

Transactions = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Opens a transaction that is committed when the block ends well."""

FORGOTTEN: Final = timedelta(days=1)
"""After so long nobody sends the request any more that would begin a payment of which the provider knows nothing."""

KEYS_LAST: Final = timedelta(hours=12)
"""So long, at the least, a provider takes the same key for the same refund; Stripe does for a day. After that it is
looked for first, in case it was made and its answer lost."""

NEVER_BEGUN = "The payment was never begun."


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom a job asks, and where it keeps the answers."""

    transactions: Transactions
    providers: PaymentProviders

    async def check(self, payment_id: UUID, reference: str | None = None) -> PaymentState | None:
        """Ask how far a payment is. One whose order is over, and that nobody has paid, is let go of.

        The reference is what the provider calls it, if that was not stored yet. None when there is nobody to ask, or
        nothing known. Raises PaymentProviderAwayError.
        """
        async with self.transactions() as session:
            payment = await session.get_one(Payment, payment_id)
            order = await session.get_one(Order, payment.order_id)
        provider = self.providers.named(payment.provider)
        if not provider.can_be_asked:
            return None
        sought = SoughtPayment(payment.id, payment.provider_reference or reference)
        news = await provider.look_up(sought)
        if news is None:
            news = _unknown(payment)
        elif news.state in OPEN and order.status in OVER:
            news = await provider.cancel(sought, _cancel_key(payment)) or news
        return None if news is None else await self._take_over(payment.id, news)

    async def let_go(self, payment_id: UUID) -> None:
        """Have the provider let go of a payment; what was taken, stays taken. Raises PaymentProviderAwayError."""
        async with self.transactions() as session:
            payment = await session.get_one(Payment, payment_id)
        provider = self.providers.named(payment.provider)
        news = await provider.cancel(SoughtPayment(payment.id, payment.provider_reference), _cancel_key(payment))
        if news is None and payment.status in {PaymentState.AUTHORIZED, *OPEN}:
            news = PaymentOutcome(PaymentState.CANCELLED, payment.amount, payment.currency)
        if news is not None:
            await self._take_over(payment.id, news)

    async def carry_out(self, step_id: UUID) -> None:
        """Have a step done that somebody asked for. Raises PaymentProviderAwayError."""
        async with self.transactions() as session:
            row = await session.get_one(PaymentTransaction, step_id)
            payment = await session.get_one(Payment, row.payment_id)
        if row.status is not TransactionState.PENDING:
            return
        if row.kind is TransactionKind.REFUND:
            await self._refund(payment, row)
        elif row.kind is TransactionKind.CANCEL:
            await self.let_go(payment.id)
            await self._close(row, "There was nothing to let go of.")
        else:
            await self._capture(payment, row)

    async def _refund(self, payment: Payment, row: PaymentTransaction) -> None:
        try:
            outcome = await self._refund_outcome(payment, row)
        except PaymentStepRefusedError as refusal:
            outcome = RefundOutcome(TransactionState.FAILED, failure=str(refusal))
        async with self.transactions() as session:
            await settle_refund(session, row.id, outcome)
        if outcome.state is TransactionState.FAILED:
            await self.check(payment.id)  # perhaps it went back at the provider

    async def _refund_outcome(self, payment: Payment, row: PaymentTransaction) -> RefundOutcome:
        """What the provider says of the refund, which is made if it was not. Raises PaymentStepRefusedError."""
        provider = self.providers.named(payment.provider)
        if row.provider_reference is not None:
            return await provider.look_up_refund(row.provider_reference)
        if row.recorded_at < datetime.now(UTC) - KEYS_LAST:
            news = await provider.look_up(SoughtPayment(payment.id, payment.provider_reference))
            for known in () if news is None else news.refunds:
                if known.step_id == row.id:
                    return RefundOutcome(known.state, known.reference, known.failure)
        return await provider.refund(_step(payment, row))

    async def _capture(self, payment: Payment, row: PaymentTransaction) -> None:
        try:
            news = await self.providers.named(payment.provider).capture(_step(payment, row))
        except PaymentStepRefusedError as refusal:
            await self.check(payment.id)  # it may be done already, or cannot be done any more
            await self._close(row, str(refusal))
        else:
            await self._take_over(payment.id, news)

    async def _take_over(self, payment_id: UUID, news: PaymentOutcome) -> PaymentState:
        async with self.transactions() as session:
            return (await apply_outcome(session, payment_id, news)).status

    async def _close(self, row: PaymentTransaction, failure: str) -> None:
        """Say that a step is not done, if the news has not said that it is."""
        async with self.transactions() as session:
            _order, payment = await lock_payment(session, row.payment_id)
            found = select(PaymentTransaction).where(PaymentTransaction.id == row.id)
            step = await session.scalar(found.execution_options(populate_existing=True))
            if step is not None and step.status is TransactionState.PENDING:
                settle(step, TransactionState.FAILED, failure[:FAILURE_LENGTH])
                call_for_attention(payment, f"{step.kind.value} was asked for and not done. {failure}")


def _unknown(payment: Payment) -> PaymentOutcome | None:
    """What is made of a payment that its provider does not know: nothing, until nobody can begin it any more."""
    if payment.status not in OPEN or payment.created_at > datetime.now(UTC) - FORGOTTEN:
        return None
    return PaymentOutcome(PaymentState.FAILED, payment.amount, payment.currency, failure=NEVER_BEGUN)


def _step(payment: Payment, row: PaymentTransaction) -> PaymentStep:
    sought = SoughtPayment(payment.id, payment.provider_reference)
    return PaymentStep(sought, payment.amount, row.amount, row.currency, str(row.id))


def _cancel_key(payment: Payment) -> str:
    return f"cancel-{payment.id}"
