"""Promotion codes as the staff makes, changes and ends them."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Required, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.amounts import faults_of_amounts
from domain.conditions import among
from domain.errors import ConflictError, DomainError, InvalidField, InvalidInputError, shown
from domain.violations import refused_by
from models import (
    Category,
    DiscountType,
    Product,
    PromoCode,
    Shop,
    promo_code_categories,
    promo_code_products,
)
from models.promotions import LONGEST_CODE, WELL_FORMED_CODE
from models.shop import SHOP_ID

MOST_PERCENT = Decimal(100)


class CodeTakenError(DomainError):
    """There is, or was, another promotion with the code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"There is a promotion with the code {shown(code)} already. Choose another.")
        self.taken = code


class PromoCodeNotFoundError(DomainError):
    """No promotion has the id."""

    def __init__(self) -> None:
        super().__init__("There is no such promotion code.")


class PromoCodeEndedError(DomainError):
    """What has ended does not begin again: customers were told that it is over."""

    def __init__(self) -> None:
        super().__init__("This promotion code has ended. Make another one.")


class PromoCodeTerms(TypedDict, total=False):
    """What a code may have besides."""

    description: str
    valid_from: datetime
    valid_to: datetime | None
    usage_limit: int | None
    limit_per_customer: int | None
    minimum_subtotal: Decimal | None
    products: Sequence[UUID]
    categories: Sequence[UUID]


class NewPromoCode(PromoCodeTerms, total=False):
    """What makes a code."""

    code: Required[str]
    discount_type: Required[DiscountType]
    amount: Required[Decimal]


class PromoCodeChanges(PromoCodeTerms, total=False):
    """What may change of one; what is left out stays as it is. The code itself stays."""

    amount: Decimal


LINKS: dict[str, tuple[Table, type[Product] | type[Category]]] = {
    "products": (promo_code_products, Product),
    "categories": (promo_code_categories, Category),
}


def normalised_code(text: str) -> str:
    """The code as it is stored, however a customer types it."""
    return "".join(text.split()).upper()


async def create_promo_code(session: AsyncSession, **given: Unpack[NewPromoCode]) -> PromoCode:
    """A code in the currency of the shop. Raises InvalidInputError and CodeTakenError."""
    code = normalised_code(given["code"])
    currency = (await session.scalars(select(Shop.currency).where(Shop.id == SHOP_ID))).one()
    now = (await session.scalars(select(func.now()))).one()
    promo_code = PromoCode(
        id=uuid7(),
        code=code,
        currency=currency,
        discount_type=given["discount_type"],
        valid_from=now,
        used_count=0,
        is_restricted=False,
    )
    _set(promo_code, given)
    faults = [] if _is_well_formed(code) else [_malformed()]
    _require_sense(promo_code, faults)
    session.add(promo_code)
    with refused_by({"uq_promo_codes_code": CodeTakenError(code)}):
        await session.flush()
    await _link(session, promo_code, given)
    return promo_code


async def change_promo_code(
    session: AsyncSession, promo_code_id: UUID, expected_version: int, **changes: Unpack[PromoCodeChanges]
) -> PromoCode:
    """Change what is given, for those who use it from now on.

    Raises InvalidInputError, PromoCodeNotFoundError, PromoCodeEndedError and ConflictError.
    """
    promo_code = await _locked(session, promo_code_id)
    if promo_code.version != expected_version:
        raise ConflictError(expected_version, promo_code.version)
    if promo_code.ended_at is not None:
        raise PromoCodeEndedError
    _set(promo_code, changes)
    _require_sense(promo_code, [])
    promo_code.version += 1
    await _link(session, promo_code, changes)
    return promo_code


async def end_promo_code(session: AsyncSession, promo_code_id: UUID) -> PromoCode:
    """Let nobody use it from now on; it stays ended since the first time. Raises PromoCodeNotFoundError."""
    promo_code = await _locked(session, promo_code_id)
    if promo_code.ended_at is None:
        promo_code.ended_at = (await session.scalars(select(func.now()))).one()
        promo_code.version += 1
        await session.flush()
    return promo_code


async def _locked(session: AsyncSession, promo_code_id: UUID) -> PromoCode:
    """Whoever uses the code meanwhile waits at its counter, and may refer to the row (FOR NO KEY UPDATE)."""
    promo_code = await session.get(
        PromoCode, promo_code_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if promo_code is None:
        raise PromoCodeNotFoundError
    return promo_code


def _set(promo_code: PromoCode, given: Any) -> None:
    """The columns among what is given."""
    for name in given.keys() - LINKS.keys() - {"code", "discount_type"}:
        setattr(promo_code, name, given[name])


def _is_well_formed(code: str) -> bool:
    return len(code) <= LONGEST_CODE and re.fullmatch(WELL_FORMED_CODE, code) is not None


def _malformed() -> InvalidField:
    allowed = "letters from A to Z, digits, hyphens and underscores"
    return InvalidField(("code",), f"It must be of 1 to {LONGEST_CODE} {allowed}, the first no mark.")


def _require_sense(promo_code: PromoCode, faults: list[InvalidField]) -> None:
    """Refuse what the columns would refuse one by one. Raises InvalidInputError for all that is wrong."""
    if promo_code.discount_type is DiscountType.FIXED:
        faults += faults_of_amounts(promo_code.currency, amount=promo_code.amount)
    elif promo_code.amount > MOST_PERCENT:
        faults.append(InvalidField(("amount",), "It must be 100 percent at the most."))
    faults += faults_of_amounts(promo_code.currency, minimum_subtotal=promo_code.minimum_subtotal)
    if promo_code.valid_to is not None and promo_code.valid_to <= promo_code.valid_from:
        faults.append(InvalidField(("valid_to",), "It must be later than the beginning."))
    if promo_code.usage_limit is not None and promo_code.usage_limit < promo_code.used_count:
        used = f"It has been used {promo_code.used_count} times already; it cannot be less."
        faults.append(InvalidField(("usage_limit",), used))
    if faults:
        raise InvalidInputError(faults)


async def _link(session: AsyncSession, promo_code: PromoCode, given: Any) -> None:
    """What it is for. It is restricted while anything was named that it is for."""
    await session.flush()
    for name in LINKS.keys() & given.keys():
        await _replace(session, promo_code.id, name, sorted(set(given[name])))
    if LINKS.keys() & given.keys():
        promo_code.is_restricted = any([await _names_any(session, promo_code.id, table) for table, _ in LINKS.values()])
        await session.flush()


async def _replace(session: AsyncSession, promo_code_id: UUID, name: str, keys: Sequence[UUID]) -> None:
    table, model = LINKS[name]
    known = select(model.id).where(among(model.id, keys)).with_for_update(key_share=True, read=True)
    there = set(await session.scalars(known))
    missing = [place for place, key in enumerate(keys) if key not in there]
    if missing:
        raise InvalidInputError([InvalidField((name,), f"{len(missing)} of them are not there.")])
    await session.execute(delete(table).where(table.c.promo_code_id == promo_code_id))
    if keys:
        column = next(each.name for each in table.c if each.name != "promo_code_id")
        await session.execute(insert(table), [{"promo_code_id": promo_code_id, column: key} for key in keys])


async def _names_any(session: AsyncSession, promo_code_id: UUID, table: Table) -> bool:
    return bool(await session.scalar(select(select(table).where(table.c.promo_code_id == promo_code_id).exists())))
