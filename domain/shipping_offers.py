"""The shipping methods that a shop offers: which go to a country, and what they cost there."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, Uuid, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

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


async def offered(
    session: AsyncSession, country_code: str | None, currency: str, method_id: UUID | None = None
) -> list[ShippingTerms]:
    """The methods that a buyer can choose, in the order to show them; with an id that one alone, if it is offered."""
    if country_code is None:
        return []
    given = {"country_code": country_code, "currency": currency, "method": method_id}
    rows = await execute(session, _OFFERED if method_id is None else _OFFERED_ONE, given)
    return [ShippingTerms(**row) for row in rows]


_COUNTRY = bindparam("country_code", type_=String())

_OFFERED = (
    select(
        ShippingMethod.id.label("method_id"),
        ShippingMethod.name,
        ShippingMethod.price,
        ShippingMethod.free_over,
        func.coalesce(ShippingMethod.price_per_kg, NOTHING).label("price_per_kg"),
        rate_of(ShippingMethod.tax_class_id, _COUNTRY).label("tax_rate"),
    )
    .where(ShippingMethod.is_active, ShippingMethod.currency == bindparam("currency", type_=String()))
    .where(goes_to(ShippingMethod, _COUNTRY))
    .order_by(ShippingMethod.position, ShippingMethod.id)
    .limit(MOST_OFFERED)
)
_OFFERED_ONE = _OFFERED.where(ShippingMethod.id == bindparam("method", type_=Uuid()))
"""The terms of the methods that are offered in `country_code` for `currency`, and those of one `method`."""
