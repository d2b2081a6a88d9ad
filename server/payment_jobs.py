"""The jobs of payments, each told which payment, order, step or message it is about."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.actors import Actor, introduce
from domain.order_cancelling import REFUND_ORDER
from domain.order_payments import EXPIRE_ORDER, expire
from domain.payment_asking import Asking, Transactions
from domain.payment_late import give_back_all
from domain.payment_providers import PaymentProviders
from domain.payment_reconciling import RECONCILE_PAYMENTS, reconcile, retry_steps
from domain.payment_transactions import CARRY_OUT_STEP
from domain.payments import CANCEL_PAYMENT, CHECK_PAYMENT
from domain.provider_events import APPLY_EVENT, apply_event
from models import ActorKind
from server.job_execution import Handler, Payload

Work = Callable[[Asking, Payload], Awaitable[object]]


def payment_handlers(engine: AsyncEngine, providers: PaymentProviders) -> Mapping[str, Handler]:
    """The handlers by the names of their jobs."""
    work: dict[str, Work] = {
        CHECK_PAYMENT: lambda asking, payload: asking.check(UUID(payload["payment"])),
        CANCEL_PAYMENT: lambda asking, payload: asking.let_go(UUID(payload["payment"])),
        CARRY_OUT_STEP: lambda asking, payload: asking.carry_out(UUID(payload["step"])),
        APPLY_EVENT: lambda asking, payload: apply_event(asking, UUID(payload["event"])),
        REFUND_ORDER: _give_back,
        EXPIRE_ORDER: _expire,
        RECONCILE_PAYMENTS: _reconcile,
    }
    return {name: _handler(engine, providers, name, each) for name, each in work.items()}


async def _give_back(asking: Asking, payload: Payload) -> None:
    async with asking.transactions() as session:
        await give_back_all(session, UUID(payload["order"]), payload["reason"])


async def _reconcile(asking: Asking, _payload: Payload) -> None:
    names = [provider.name for provider in asking.providers.by_name.values() if provider.can_be_asked]
    await _in_batches(asking, lambda session: reconcile(session, names))
    await _in_batches(asking, retry_steps)


async def _in_batches(asking: Asking, work: Callable[[AsyncSession], Awaitable[bool]]) -> None:
    is_more = True
    while is_more:
        async with asking.transactions() as session:
            is_more = await work(session)


async def _expire(asking: Asking, payload: Payload) -> None:
    async with asking.transactions() as session:
        await expire(session, UUID(payload["order"]), datetime.now(UTC))


def _handler(engine: AsyncEngine, providers: PaymentProviders, name: str, work: Work) -> Handler:
    async def handle(job_id: UUID, payload: Payload) -> None:
        actor = Actor(ActorKind.JOB, name=name, request_id=str(job_id))
        await work(Asking(transactions(engine, actor), providers), payload)

    return handle


def transactions(engine: AsyncEngine, actor: Actor) -> Transactions:
    """Transactions for which that actor is on record."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
            await introduce(session, actor)
            yield session

    return begin
