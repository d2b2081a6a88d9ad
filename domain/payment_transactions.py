"""The steps of payments: asked for, written down, settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.errors import DomainError
from domain.idempotency import Request
from domain.outbox import Job, dedupe_key_of, enqueue
from domain.payment_standing import Step
from domain.violations import refused_by
from models import Payment, PaymentTransaction, TransactionKind, TransactionState

CARRY_OUT_STEP = "carry_out_payment_step"
"""The name of the job that asks the provider for a step."""


class PaymentStepPendingError(DomainError):
    """Another step of the payment is under way."""

    def __init__(self) -> None:
        super().__init__("Somebody has asked for a step of this payment that is under way. Look again in a moment.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks a provider to do with a payment that began."""

    kind: TransactionKind
    amount: Decimal
    reason: str | None = None
    key: str | None = None
    """Under which it is asked for once, while the key is kept (`key_of`); None when nobody asks twice."""
    lines: Sequence[dict[str, Any]] = ()


def key_of(request: Request) -> str:
    """The key of a step that a client asks for: of who asks, and of what they made up."""
    return sha256(f"{request.actor_id}:{request.key}".encode()).hexdigest()


async def asked_under(session: AsyncSession, key: str) -> PaymentTransaction | None:
    """The step that was asked for under that key; the last one, since keys of long ago may be used again."""
    asked = select(PaymentTransaction).where(PaymentTransaction.idempotency_key == key)
    return await session.scalar(asked.order_by(PaymentTransaction.id.desc()).limit(1))


async def ask_alone(session: AsyncSession, payment: Payment, asked: Asked) -> PaymentTransaction:
    """Ask for a step besides which there may be no other. The payment is locked. Raises PaymentStepPendingError."""
    with refused_by({"uq_payment_transactions_open_step": PaymentStepPendingError()}):
        return await ask(session, payment, asked)


async def ask(session: AsyncSession, payment: Payment, asked: Asked) -> PaymentTransaction:
    """Write down what a job is to ask the provider for. The payment is locked."""
    row = PaymentTransaction(
        id=uuid7(),
        payment_id=payment.id,
        kind=asked.kind,
        status=TransactionState.PENDING,
        amount=asked.amount,
        currency=payment.currency,
        idempotency_key=asked.key,
        reason=asked.reason,
        lines=list(asked.lines),
    )
    session.add(row)
    await session.flush()
    await enqueue(session, carry_out(row.id))
    return row


async def write_down(session: AsyncSession, payment: Payment, step: Step) -> None:
    """Settle the step if somebody asked for it, as may be; else it happened by itself, and is written down."""
    row = await _pending(session, payment, step)
    if row is None:
        session.add(happened(payment, step))
        return
    row.amount = step.amount
    settle(row, step.state, step.failure)


def happened(payment: Payment, step: Step) -> PaymentTransaction:
    """A step that nobody asked for, settled as it happened."""
    row = PaymentTransaction(
        id=uuid7(), payment_id=payment.id, kind=step.kind, amount=step.amount, currency=payment.currency
    )
    settle(row, step.state, step.failure)
    return row


async def _pending(session: AsyncSession, payment: Payment, step: Step) -> PaymentTransaction | None:
    pending = select(PaymentTransaction).where(
        PaymentTransaction.payment_id == payment.id,
        PaymentTransaction.kind == step.kind,
        PaymentTransaction.status == TransactionState.PENDING,
    )
    return await session.scalar(pending)


def settle(row: PaymentTransaction, state: TransactionState, failure: str | None = None) -> None:
    """Say what became of the step, for good."""
    row.status, row.failure, row.settled_at = state, failure, datetime.now(UTC)


def carry_out(step_id: UUID) -> Job:
    """The job that asks the provider for the step; one at a time."""
    return Job(CARRY_OUT_STEP, {"step": str(step_id)}, dedupe_key=dedupe_key_of(CARRY_OUT_STEP, step_id))
