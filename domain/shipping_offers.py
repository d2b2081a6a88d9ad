"""The shipping methods that a shop offers: which go to a country, and what they cost there."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, String, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.conditions import Column
from domain.core_statements import execute
from domain.money import NOTHING
from domain.shipping_rates import ShippingTerms
from domain.tax_rates import rate_of
from models import ShippingMethod, Shop
from models.shop import SHOP_ID

MOST_OFFERED = 50


def goes_to(method: Any, country_code: Any) -> ColumnElement[bool]:
    """The shop sells to the country, and the method is for it or for all."""
    is_for_it = or_(func.cardinality(method.countries) == 0, method.countries.any_() == country_code)
    sold_to = select(Shop.id).where(Shop.id == SHOP_ID, Shop.countries.any_() == country_code)
    return and_(sold_to.correlate(None).exists(), is_for_it)


def is_offered(country_code: Any) -> ColumnElement[bool]:
    """A buyer there can choose the method, and pay in the `currency`, which is a parameter."""
    currency = bindparam("currency", type_=String())
    return and_(ShippingMethod.is_active, ShippingMethod.currency == currency, goes_to(ShippingMethod, country_code))


def terms(country_code: Any) -> Mapping[str, Column]:
    """The columns of ShippingTerms."""
    return {
        "method_id": ShippingMethod.id,
        "name": ShippingMethod.name,
        "price": ShippingMethod.price,
        "free_over": ShippingMethod.free_over,
        "price_per_kg": func.coalesce(ShippingMethod.price_per_kg, NOTHING),
        "tax_rate": rate_of(ShippingMethod.tax_class_id, country_code),
    }


async def offered(session: AsyncSession, country_code: str | None, currency: str) -> list[ShippingTerms]:
    """The methods that a buyer can choose, in the order to show them."""
    if country_code is None:
        return []
    rows = await execute(session, _OFFERED, {"country_code": country_code, "currency": currency})
    return [ShippingTerms(**row) for row in rows]


_COUNTRY = bindparam("country_code", type_=String())

_OFFERED = (
    select(*(column.label(name) for name, column in terms(_COUNTRY).items()))
    .where(is_offered(_COUNTRY))
    .order_by(ShippingMethod.position, ShippingMethod.id)
    .limit(MOST_OFFERED)
)
"""The terms of the methods that are offered in `country_code` for `currency`."""
