"""Uses of promotion codes, counted so that no limit is ever passed: for checkout, within its transaction.

Whoever uses several codes does so in the order of their ids.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate
from uuid_utils.compat import uuid7

from domain.errors import DomainError
from domain.promotions import SkipReason
from domain.vault import Vault
from models import PromoCode, PromoCodeUse

EMAIL_INDEX = "promo_code_uses.email_index"
"""What the keyed hashes of e-mail addresses are made for."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Who uses a code: an account, a guest with an e-mail address, or both."""

    user_id: UUID | None = None
    email_index: bytes | None = None
    """The blind index of the address (`Vault.index`)."""
    older_indexes: tuple[bytes, ...] = ()
    """The same under keys that were changed since."""


def known_customer(vault: Vault, user_id: UUID | None, email: str | None) -> Customer:
    """Who uses codes: an account, and whoever has the e-mail address, with an account or without."""
    if email is None:
        return Customer(user_id)
    newest, *older = vault.indexes(email, EMAIL_INDEX)
    return Customer(user_id, newest, tuple(older))


class PromoCodeNotUsableError(DomainError):
    """Between the basket and the order the code was used up, or came to its end."""

    def __init__(self, reason: SkipReason) -> None:
        super().__init__("The promotion code cannot be used any more. Take it out, or choose another.")
        self.reason = reason


def uses_by(customer: Customer, promo_code_id: Any) -> ScalarSelect[int]:
    """How often the customer has used the code with that id, which may be a column."""
    theirs = (PromoCodeUse.promo_code_id == promo_code_id, PromoCodeUse.released_at.is_(None), _of(customer))
    return select(func.count()).where(*theirs).scalar_subquery()


async def use_code(session: AsyncSession, promo_code_id: UUID, order_id: UUID, customer: Customer) -> None:
    """Use the code for an order; again for the same order changes nothing. Raises PromoCodeNotUsableError.

    The row of the use comes first, then the counter, by a conditional update that waits for others who use the code.
    So whoever has the counter sees all uses before theirs, and the customer's limit is as exact as the code's.
    """
    use = insert(PromoCodeUse).values(
        id=uuid7(),
        promo_code_id=promo_code_id,
        order_id=order_id,
        user_id=customer.user_id,
        email_index=customer.email_index,
    )
    once = use.on_conflict_do_nothing(index_elements=[PromoCodeUse.order_id, PromoCodeUse.promo_code_id])
    if await session.scalar(once.returning(PromoCodeUse.id)) is not None:
        await _count(session, promo_code_id, customer)


async def use_code_again(session: AsyncSession, promo_code_id: UUID, order_id: UUID) -> None:
    """Take a use back that was given back, for whom it was then. Raises PromoCodeNotUsableError."""
    use = update(PromoCodeUse).where(_use_of(promo_code_id, order_id), PromoCodeUse.released_at.is_not(None))
    taken = use.values(released_at=None).returning(PromoCodeUse.user_id, PromoCodeUse.email_index)
    row = (await session.execute(taken.execution_options(synchronize_session=False))).one_or_none()
    if row is not None:
        await _count(session, promo_code_id, Customer(row.user_id, row.email_index))


async def release_code(session: AsyncSession, promo_code_id: UUID, order_id: UUID) -> bool:
    """Give the use back, once; False if there is none. Its row stays, in case the order is paid after all."""
    use = update(PromoCodeUse).where(_use_of(promo_code_id, order_id), PromoCodeUse.released_at.is_(None))
    released = use.values(released_at=func.now()).returning(PromoCodeUse.id)
    if await session.scalar(released.execution_options(synchronize_session=False)) is None:
        return False
    less = update(PromoCode).where(PromoCode.id == promo_code_id).values(used_count=PromoCode.used_count - 1)
    await session.execute(less.execution_options(synchronize_session=False))
    return True


async def _count(session: AsyncSession, promo_code_id: UUID, customer: Customer) -> None:
    """Count a use whose row is written. Raises PromoCodeNotUsableError."""
    counted = (await session.execute(_counting(promo_code_id))).one_or_none()
    if counted is None:
        raise PromoCodeNotUsableError(await _why_not(session, promo_code_id))
    limit = counted.limit_per_customer
    if limit is not None and await session.scalar(select(uses_by(customer, promo_code_id) > limit)):
        raise PromoCodeNotUsableError(SkipReason.USED_UP_BY_CUSTOMER)


def _use_of(promo_code_id: UUID, order_id: UUID) -> ColumnElement[bool]:
    return and_(PromoCodeUse.promo_code_id == promo_code_id, PromoCodeUse.order_id == order_id)


def _counting(promo_code_id: UUID) -> ReturningUpdate[int | None]:
    return (
        update(PromoCode)
        .where(
            PromoCode.id == promo_code_id,
            or_(PromoCode.usage_limit.is_(None), PromoCode.used_count < PromoCode.usage_limit),
            PromoCode.ended_at.is_(None),
            PromoCode.valid_from <= func.statement_timestamp(),
            or_(PromoCode.valid_to.is_(None), PromoCode.valid_to > func.statement_timestamp()),
        )
        .values(used_count=PromoCode.used_count + 1)
        .returning(PromoCode.limit_per_customer)
        .execution_options(synchronize_session=False)
    )


async def _why_not(session: AsyncSession, promo_code_id: UUID) -> SkipReason:
    used_up = select(PromoCode.used_count >= PromoCode.usage_limit).where(PromoCode.id == promo_code_id)
    return SkipReason.USED_UP if await session.scalar(used_up) else SkipReason.OVER


def _of(customer: Customer) -> ColumnElement[bool]:
    same: list[ColumnElement[bool]] = [false()]
    if customer.user_id is not None:
        same.append(PromoCodeUse.user_id == customer.user_id)
    if customer.email_index is not None:
        same.append(PromoCodeUse.email_index.in_([customer.email_index, *customer.older_indexes]))
    return or_(*same)
