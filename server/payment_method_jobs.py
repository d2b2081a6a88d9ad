"""The jobs of ways to pay: one is kept after its payment, and forgotten at its provider."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actors import Actor
from domain.payment_methods import FORGET_SOURCE, KEEP_SOURCE, keep_method
from domain.payment_providers import PaymentProviders, SoughtPayment
from domain.vault import Vault
from models import ActorKind, Order, Payment
from server.job_execution import Handler, Payload
from server.payment_jobs import transactions


def payment_method_handlers(engine: AsyncEngine, providers: PaymentProviders, vault: Vault) -> Mapping[str, Handler]:
    """The handlers by the names of their jobs."""

    async def keep(job_id: UUID, payload: Payload) -> None:
        begin = transactions(engine, Actor(ActorKind.JOB, name=KEEP_SOURCE, request_id=str(job_id)))
        async with begin() as session:
            payment = await session.get_one(Payment, UUID(payload["payment"]))
            user_id = (await session.get_one(Order, payment.order_id)).user_id
        if user_id is None:
            return
        sought = SoughtPayment(payment.id, payment.provider_reference)
        kept = await providers.named(payment.provider).kept_source(sought)
        if kept is not None:
            async with begin() as session:
                await keep_method(session, vault, user_id, payment.provider, kept)

    async def forget(_job_id: UUID, payload: Payload) -> None:
        await providers.named(payload["provider"]).forget_source(payload["reference"])

    return {KEEP_SOURCE: keep, FORGET_SOURCE: forget}
