"""News of refunds: of those that somebody made at the provider, and of those that came to nothing after all.

A bank may send back what was given back, days later. Each refund is known by its name at the provider, and of what is
said of it the failure is the last: so old news, or the same twice, changes nothing (decision 0046).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.payment_attention import call_for_attention
from domain.payment_providers import ZERO, ReportedRefund
from domain.payment_transactions import settle
from domain.refunding import could_not_go_back, refund_units_anew, refundable
from models import Order, Payment, PaymentTransaction, TransactionKind, TransactionState
from models.payments import FAILURE_LENGTH, LONGEST_REFUND_REASON

AT_THE_PROVIDER: Final = "It was given back at the provider."
NO_REASON: Final = "No reason was given."


@dataclass(frozen=True, slots=True)
class _Known:
    """The refunds of a payment that are written down."""

    by_reference: Mapping[str | None, PaymentTransaction]
    by_id: Mapping[UUID | None, PaymentTransaction]
    taken_back: frozenset[UUID | None]

    def find(self, news: ReportedRefund) -> PaymentTransaction | None:
        return self.by_reference.get(news.reference) or self.by_id.get(news.step_id)


async def take_over_refunds(
    session: AsyncSession, order: Order, payment: Payment, refunds: Sequence[ReportedRefund]
) -> Decimal:
    """By how much that what went back has grown, or shrunk. The order and its payment are locked.

    Of refunds that we have asked for ourselves the answer is waited for.
    """
    if not refunds:
        return ZERO
    known, moved = await _known(session, payment), ZERO
    for news in refunds:
        step = known.find(news)
        if step is None:
            moved += await _note(session, payment, news)
        elif news.state is TransactionState.FAILED and _is_done(step, known):
            moved -= await _take_back(session, order, payment, step, news.failure or NO_REASON)
    return moved


async def _known(session: AsyncSession, payment: Payment) -> _Known:
    kinds = (TransactionKind.REFUND, TransactionKind.REFUND_REVERSAL)
    steps = select(PaymentTransaction).where(
        PaymentTransaction.payment_id == payment.id, PaymentTransaction.kind.in_(kinds)
    )
    rows = list(await session.scalars(steps.execution_options(populate_existing=True)))
    refunds = [row for row in rows if row.kind is TransactionKind.REFUND]
    return _Known(
        {row.provider_reference: row for row in refunds if row.provider_reference},
        {row.id: row for row in refunds},
        frozenset(row.reverses_id for row in rows if row.reverses_id),
    )


def _is_done(step: PaymentTransaction, known: _Known) -> bool:
    return step.status is TransactionState.SUCCEEDED and step.id not in known.taken_back


async def _note(session: AsyncSession, payment: Payment, news: ReportedRefund) -> Decimal:
    """Write a refund down that was not asked for here; later, where our own has set the money aside for now.

    One that came to nothing is written down too, so that what was said of it before changes nothing any more.
    """
    if news.state is TransactionState.FAILED:
        await _write(session, payment, TransactionKind.REFUND, news, AT_THE_PROVIDER)
        call_for_attention(payment, could_not_go_back(news.amount, payment, news.failure or NO_REASON))
        return ZERO
    if not ZERO < news.amount <= refundable(payment):
        return ZERO
    await _write(session, payment, TransactionKind.REFUND, news, AT_THE_PROVIDER)
    payment.refunded += news.amount
    payment.version += 1
    return news.amount


async def _take_back(
    session: AsyncSession, order: Order, payment: Payment, step: PaymentTransaction, failure: str
) -> Decimal:
    """Undo what the refund has done to the sums; once, says the unique key of what it undoes."""
    undone = ReportedRefund(step.provider_reference or "", step.amount, TransactionState.SUCCEEDED)
    await _write(session, payment, TransactionKind.REFUND_REVERSAL, undone, failure, reverses_id=step.id)
    payment.refunded -= step.amount
    payment.version += 1
    await refund_units_anew(session, order, step)
    call_for_attention(payment, f"{step.amount} {payment.currency} had been given back, and came back. {failure}")
    return step.amount


async def _write(  # noqa: PLR0913, PLR0917 - what a step is made of
    session: AsyncSession,
    payment: Payment,
    kind: TransactionKind,
    news: ReportedRefund,
    reason: str,
    reverses_id: UUID | None = None,
) -> None:
    """Write a step down that is settled. It is stored before the payment, whose sums are held to those of its steps."""
    row = PaymentTransaction(
        id=uuid7(),
        payment_id=payment.id,
        kind=kind,
        amount=news.amount,
        currency=payment.currency,
        provider_reference=news.reference or None,
        reason=reason[:LONGEST_REFUND_REASON],
        reverses_id=reverses_id,
    )
    if news.state is TransactionState.FAILED:
        settle(row, TransactionState.FAILED, (news.failure or NO_REASON)[:FAILURE_LENGTH])
    else:
        settle(row, TransactionState.SUCCEEDED)
    session.add(row)
    await session.flush()
