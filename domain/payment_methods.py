"""Ways to pay that customers have kept: what their provider knows each by is sealed, and no card is ever seen here."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.errors import DomainError
from domain.outbox import Job, enqueue
from domain.payment_providers import KeptSource, Source
from domain.vault import Place, Vault, VaultError
from models import PaymentKind, PaymentMethod, User

logger = logging.getLogger("merkato.payments")

KEEP_SOURCE: Final = "keep_payment_source"
FORGET_SOURCE: Final = "forget_payment_source"
"""The names of jobs."""

DETAILS: Final = "encrypted_details"
MARK_INDEX: Final = "payment_methods.mark_index"
"""What the keyed hashes of marks are made for."""


class PaymentMethodNotFoundError(DomainError):
    """The viewer has kept no such way to pay."""

    def __init__(self) -> None:
        super().__init__("You have kept no such way to pay.")


@dataclass(frozen=True, slots=True)
class KeptMethod:
    """A way to pay that can be paid with."""

    provider: str
    kind: PaymentKind
    source: Source


async def own_method(session: AsyncSession, vault: Vault, user_id: UUID, method_id: UUID) -> KeptMethod:
    """One of the account's own. Raises PaymentMethodNotFoundError."""
    method = await session.get(PaymentMethod, method_id)
    if method is None or method.user_id != user_id or not method.is_active:
        raise PaymentMethodNotFoundError
    return KeptMethod(method.provider, method.kind, _opened(vault, method))


async def customer_of(session: AsyncSession, vault: Vault, user_id: UUID, provider: str) -> str | None:
    """What the provider calls the account, if it keeps something for it already."""
    kept = select(PaymentMethod).where(PaymentMethod.user_id == user_id, PaymentMethod.provider == provider)
    method = await session.scalar(kept.order_by(PaymentMethod.id).limit(1))
    return None if method is None else _opened(vault, method).customer


async def keep_method(session: AsyncSession, vault: Vault, user_id: UUID, provider: str, kept: KeptSource) -> None:
    """Keep it for the account; the same card again is kept once. Of an account that is gone it is forgotten."""
    active = select(User.id).where(User.id == user_id, User.is_active).with_for_update(key_share=True)
    if await session.scalar(active) is None:
        await enqueue(session, _forget(provider, kept.source))
        return
    known = PaymentMethod.mark_index.in_(vault.indexes(kept.mark, MARK_INDEX))
    same = await session.scalar(select(PaymentMethod).where(PaymentMethod.user_id == user_id, known))
    if same is not None:
        if _opened(vault, same).reference != kept.source.reference:
            await enqueue(session, _forget(provider, kept.source))
        return
    key, source = uuid7(), kept.source
    details = orjson.dumps({"reference": source.reference, "customer": source.customer, "mark": kept.mark}).decode()
    row = insert(PaymentMethod).values(
        id=key,
        user_id=user_id,
        provider=provider,
        kind=kept.kind,
        label=kept.label,
        mark_index=vault.index(kept.mark, MARK_INDEX),
        encrypted_details=vault.seal(details, Place(PaymentMethod.__tablename__, DETAILS, key)),
    )
    await session.execute(row.on_conflict_do_nothing())


async def delete_method(session: AsyncSession, vault: Vault, user_id: UUID, method_id: UUID) -> None:
    """Forget one of the account's own, here and at its provider. Raises PaymentMethodNotFoundError."""
    own = (PaymentMethod.id == method_id, PaymentMethod.user_id == user_id)
    method = await session.scalar(select(PaymentMethod).where(*own).with_for_update())
    if method is None:
        raise PaymentMethodNotFoundError
    await _delete(session, vault, [method])


async def forget_methods(session: AsyncSession, vault: Vault, user_id: UUID) -> None:
    """Forget all that an account has kept, here and at its providers."""
    kept = select(PaymentMethod).where(PaymentMethod.user_id == user_id).order_by(PaymentMethod.id)
    await _delete(session, vault, list(await session.scalars(kept.with_for_update())))


async def _delete(session: AsyncSession, vault: Vault, methods: Sequence[PaymentMethod]) -> None:
    sources = [(method.provider, _opened_if_possible(vault, method)) for method in methods]
    await enqueue(session, *(_forget(provider, source) for provider, source in sources if source is not None))
    await session.execute(delete(PaymentMethod).where(PaymentMethod.id.in_([method.id for method in methods])))


def mark_in(details: str) -> str | None:
    """The mark among the details of a method, whose hash is made anew of it; None in those kept before it was there."""
    mark: str | None = orjson.loads(details).get("mark")
    return mark


def _opened(vault: Vault, method: PaymentMethod) -> Source:
    details = orjson.loads(vault.open(method.encrypted_details, Place(method.__tablename__, DETAILS, method.id)))
    return Source(details["reference"], details["customer"])


def _opened_if_possible(vault: Vault, method: PaymentMethod) -> Source | None:
    """Whoever leaves must be able to, with a lost key of the vault too: then the provider is not told, but the log."""
    try:
        return _opened(vault, method)
    except VaultError:
        logger.exception("What %s keeps as the payment method %s stays there.", method.provider, method.id)
        return None


def _forget(provider: str, source: Source) -> Job:
    """The job that has the provider forget it. Its name there is worth nothing to others."""
    return Job(FORGET_SOURCE, {"provider": provider, "reference": source.reference})
