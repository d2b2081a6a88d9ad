"""Messages of providers: kept once, without what they say of people, and then applied by a job.

A message is believed to say that something happened to a payment, and not what: the provider is asked how the payment
stands now. So it does not matter in which order messages come, how late, or how often (decision 0046).
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.outbox import Job, enqueue
from domain.payment_asking import Asking
from domain.payment_attention import call_for_attention
from domain.payment_providers import ConcernedPayment, ReportedEvent
from domain.payments import lock_payment
from models import EventOutcome, Payment, PaymentTransaction, ProviderEvent, TransactionKind, TransactionState

APPLY_EVENT: Final = "apply_provider_event"
SWEEP_EVENTS: Final = "sweep_provider_events"
"""The names of jobs."""

KEPT: Final = timedelta(days=90)


async def keep_event(session: AsyncSession, provider: str, event: ReportedEvent) -> bool:
    """Keep a message and have it applied; False if it came before."""
    values = {"provider": provider, "event_id": event.id, "kind": event.kind, "payload": dict(event.payload)}
    row = insert(ProviderEvent).values(id=uuid7(), **values).on_conflict_do_nothing()
    key = await session.scalar(row.returning(ProviderEvent.id))
    if key is None:
        return False
    await enqueue(session, Job(APPLY_EVENT, {"event": str(key)}))
    return True


async def apply_event(asking: Asking, event_id: UUID) -> None:
    """Take over what became of the payment that the message is about. Raises PaymentProviderAwayError."""
    async with asking.transactions() as session:
        event = await session.get(ProviderEvent, event_id)
    if event is None or event.applied_at is not None:
        return
    concerned = asking.providers.named(event.provider).payment_of(event.payload)
    outcome = EventOutcome.IGNORED if concerned is None else await _apply(asking, event.provider, concerned)
    async with asking.transactions() as session:
        applied = update(ProviderEvent).where(ProviderEvent.id == event.id)
        await session.execute(applied.values(applied_at=datetime.now(UTC), outcome=outcome))


async def sweep_events(session: AsyncSession, now: datetime) -> None:
    """Forget old messages. It may run at any time, and twice at once."""
    await session.execute(delete(ProviderEvent).where(ProviderEvent.received_at < now - KEPT))


async def _apply(asking: Asking, provider: str, concerned: ConcernedPayment) -> EventOutcome:
    async with asking.transactions() as session:
        known = or_(Payment.provider_reference == concerned.reference, Payment.id == concerned.payment_id)
        payment_id = await session.scalar(select(Payment.id).where(Payment.provider == provider, known))
        if payment_id is None:
            return EventOutcome.UNKNOWN
        steps = list(await session.scalars(_refunds_under_way(payment_id)))
    await asking.check(payment_id, concerned.reference)
    for step in steps:
        await asking.carry_out(step)
    if concerned.alarm is not None:
        async with asking.transactions() as session:
            _order, payment = await lock_payment(session, payment_id)
            call_for_attention(payment, concerned.alarm)
    return EventOutcome.APPLIED


def _refunds_under_way(payment_id: UUID) -> Select[UUID]:
    """Those that the provider knows, and that may be done by now."""
    return select(PaymentTransaction.id).where(
        PaymentTransaction.payment_id == payment_id,
        PaymentTransaction.kind == TransactionKind.REFUND,
        PaymentTransaction.status == TransactionState.PENDING,
        PaymentTransaction.provider_reference.is_not(None),
    )
