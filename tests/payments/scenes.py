"""Payments of orders with counted stock, and providers that tests speak for."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actors import Actor
from domain.outbox import enqueue
from domain.payment_asking import Asking
from domain.payment_begun import BegunPayment
from domain.payment_providers import PaymentProvider, PaymentProviders, PaymentRequest, Source
from domain.payments import FIRST_CHECK, check
from integrations.manual_payments import ManualPayments
from models import ActorKind, Order, Payment, PaymentKind, PaymentTransaction
from server.payment_jobs import transactions
from tests.domain.order_scenes import Scene, add_scene
from tests.factories import new_id, writing

TOTAL = Decimal("450.00")
WORKER = Actor(ActorKind.JOB, name="tests")


@dataclass(frozen=True, slots=True)
class Paying:
    """An order of 450.00 and its payment."""

    order: Scene
    id: UUID
    request: PaymentRequest


def asking(engine: AsyncEngine, *providers: PaymentProvider) -> Asking:
    """What jobs work with."""
    found = (ManualPayments(), *providers)
    return Asking(transactions(engine, WORKER), PaymentProviders({each.name: each for each in found}))


async def add_paying(
    engine: AsyncEngine,
    provider: PaymentProvider,
    kind: PaymentKind,
    source: str | None = None,
    currency: str = "ETB",
    **draft: Any,
) -> Paying:
    """An order that waits for its payment, which the provider has not heard of yet."""
    order_id = new_id()
    payment = BegunPayment(
        id=new_id(),
        order_id=order_id,
        provider=provider.name,
        kind=kind,
        amount=TOTAL,
        currency=currency,
        source=source,
    )
    scene = await add_scene(engine, id=order_id, payment=payment, currency=currency, **draft)
    async with writing(engine) as session:
        order = await session.get_one(Order, order_id)
        if provider.can_be_asked:
            await enqueue(session, check(payment.id, FIRST_CHECK))  # as checkout does
        known = None if source is None else Source(source)
        asked = PaymentRequest(payment.id, order.number, payment.amount, payment.currency, kind, known)
        return Paying(scene, payment.id, asked)


async def payment_of(engine: AsyncEngine, paying: Paying) -> Payment:
    """The payment as it is now."""
    async with writing(engine) as session:
        return await session.get_one(Payment, paying.id)


async def sums_of(engine: AsyncEngine, paying: Paying) -> tuple[str, Decimal, Decimal, Decimal, Decimal]:
    """Its state, and what was promised, taken, given back, and is about to be."""
    payment = await payment_of(engine, paying)
    return payment.status.value, payment.authorized, payment.captured, payment.refunded, payment.refunding


async def steps_of(engine: AsyncEngine, paying: Paying) -> list[tuple[str, str, Decimal]]:
    """Its steps, in their order."""
    steps = select(PaymentTransaction).where(PaymentTransaction.payment_id == paying.id)
    async with writing(engine) as session:
        found = await session.scalars(steps.order_by(PaymentTransaction.id))
        return [(step.kind.value, step.status.value, step.amount) for step in found]


async def jobs_of(engine: AsyncEngine, name: str, key: UUID) -> int:
    """How many jobs of that name are about the key."""
    waiting = text("SELECT count(*) FROM pgqueuer WHERE entrypoint = :name AND convert_from(payload, 'UTF8') LIKE :key")
    async with writing(engine) as session:
        return await session.scalar(waiting, {"name": name, "key": f"%{key}%"}) or 0


async def step_under_way(engine: AsyncEngine, paying: Paying) -> UUID:
    """The step that waits to be carried out."""
    waiting = select(PaymentTransaction.id).where(
        PaymentTransaction.payment_id == paying.id, PaymentTransaction.status == "PENDING"
    )
    async with writing(engine) as session:
        return (await session.scalars(waiting)).one()
