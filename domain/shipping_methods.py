"""Shipping methods as the staff makes and changes them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Required, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.amounts import faults_of_amounts
from domain.countries import require_countries
from domain.errors import ConflictError, DomainError, InvalidField, InvalidInputError, invalid
from domain.violations import refused_by
from models import ShippingMethod, ShippingRateKind, Shop
from models.shop import SHOP_ID


class ShippingMethodNotFoundError(DomainError):
    """No shipping method has the id."""

    def __init__(self) -> None:
        super().__init__("There is no such shipping method.")


class ShippingDetails(TypedDict, total=False):
    """What a method may have besides."""

    description: str
    countries: Sequence[str]
    free_over: Decimal | None
    price_per_kg: Decimal | None
    tax_class: UUID | None
    days_min: int | None
    days_max: int | None
    is_active: bool
    position: int


class NewShippingMethod(ShippingDetails, total=False):
    """What makes a method."""

    name: Required[str]
    rate_kind: Required[ShippingRateKind]
    price: Required[Decimal]


class ShippingMethodChanges(ShippingDetails, total=False):
    """What may change of one; what is left out stays as it is."""

    name: str
    rate_kind: ShippingRateKind
    price: Decimal


async def create_shipping_method(session: AsyncSession, **given: Unpack[NewShippingMethod]) -> ShippingMethod:
    """A method in the currency of the shop. Raises InvalidInputError."""
    currency = (await session.scalars(select(Shop.currency).where(Shop.id == SHOP_ID))).one()
    method = ShippingMethod(id=uuid7(), currency=currency)
    session.add(method)
    await _set(session, method, given)
    return method


async def change_shipping_method(
    session: AsyncSession, method_id: UUID, expected_version: int, **changes: Unpack[ShippingMethodChanges]
) -> ShippingMethod:
    """Change what is given, for those who buy from now on.

    Raises InvalidInputError, ShippingMethodNotFoundError and ConflictError.
    """
    found = await session.get(ShippingMethod, method_id, with_for_update={"key_share": True}, populate_existing=True)
    if found is None:
        raise ShippingMethodNotFoundError
    if found.version != expected_version:
        raise ConflictError(expected_version, found.version)
    found.version += 1
    await _set(session, found, changes)
    return found


async def _set(session: AsyncSession, method: ShippingMethod, given: Any) -> None:
    for name in given.keys() - {"tax_class", "countries"}:
        setattr(method, name, given[name])
    method.name = " ".join(method.name.split())
    if "countries" in given:
        method.countries = require_countries(given["countries"], "countries")
    if "tax_class" in given:
        method.tax_class_id = given["tax_class"]
    _require_sense(method)
    with refused_by({"fk_shipping_methods_tax_class_id": invalid("tax_class", "There is no such tax class.")}):
        await session.flush()


def _require_sense(method: ShippingMethod) -> None:
    """Refuse what the table would refuse, in words. Raises InvalidInputError for all that is wrong."""
    amounts = {name: getattr(method, name) for name in ("price", "price_per_kg", "free_over")}
    faults = [*_amount_faults(method), *faults_of_amounts(method.currency, **amounts)]
    if (method.days_min is None) != (method.days_max is None):
        faults.append(InvalidField(("days_max",), "Give both the fewest days and the most, or neither."))
    elif method.days_min is not None and method.days_max is not None and method.days_min > method.days_max:
        faults.append(InvalidField(("days_max",), "It must not be less than the fewest days."))
    if faults:
        raise InvalidInputError(faults)


def _amount_faults(method: ShippingMethod) -> Iterator[InvalidField]:
    """Each kind of rate has the amounts that it needs, and none that it would not look at."""
    kind = method.rate_kind
    if kind is ShippingRateKind.WEIGHT and method.price_per_kg is None:
        yield InvalidField(("price_per_kg",), "A rate of the kind WEIGHT needs it.")
    if kind is not ShippingRateKind.WEIGHT and method.price_per_kg is not None:
        yield InvalidField(("price_per_kg",), "It is for the kind WEIGHT alone. Make it null.")
    if kind is ShippingRateKind.FREE_OVER and method.free_over is None:
        yield InvalidField(("free_over",), "A rate of the kind FREE_OVER needs it.")
    if kind is ShippingRateKind.FLAT and method.free_over is not None:
        yield InvalidField(("free_over",), "A rate of the kind FLAT is never free. Make it null.")
