"""Payments and steps that nobody has heard of for a while: each is asked about again, however it came to that."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.outbox import enqueue, is_asked_for
from domain.payment_standing import OPEN
from domain.payment_transactions import CARRY_OUT_STEP, carry_out
from domain.payments import check
from models import Payment, PaymentTransaction, TransactionState

RECONCILE_PAYMENTS: Final = "reconcile_payments"
"""The name of the job."""

SILENCE: Final = timedelta(minutes=5)
BATCH: Final = 100


async def reconcile(session: AsyncSession, providers: Collection[str]) -> bool:
    """Have some asked about that are open, the longest silent first; whether there may be more. Two may run at once.

    The providers are those that can be asked.
    """
    now = datetime.now(UTC)
    silent = select(Payment.id).where(Payment.status.in_(OPEN), Payment.checked_at < now - SILENCE)
    silent = silent.where(Payment.provider.in_(providers))
    silent = silent.order_by(Payment.checked_at).limit(BATCH).with_for_update(skip_locked=True)
    payments = list(await session.scalars(silent))
    noted = update(Payment).where(Payment.id.in_(payments)).values(checked_at=now)
    await session.execute(noted.execution_options(synchronize_session=False))
    await enqueue(session, *map(check, payments))
    return len(payments) == BATCH


async def retry_steps(session: AsyncSession) -> bool:
    """Have some steps carried out that are under way, and for which no job tries still; whether there may be more.

    Those that can never be settled keep none of the younger ones from their turn: their jobs are there by then.
    """
    pending = PaymentTransaction.status == TransactionState.PENDING
    late = select(PaymentTransaction.id).where(pending, PaymentTransaction.recorded_at < datetime.now(UTC) - SILENCE)
    unasked = late.where(~is_asked_for(CARRY_OUT_STEP, PaymentTransaction.id))
    steps = list(await session.scalars(unasked.order_by(PaymentTransaction.recorded_at).limit(BATCH)))
    await enqueue(session, *map(carry_out, steps))
    return len(steps) == BATCH
