"""The shipping methods that a shop offers: which go to a country, and what they cost there."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

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
    statement = (
        select(ShippingMethod, rate_of(ShippingMethod.tax_class_id, country_code).label("tax_rate"))
        .where(ShippingMethod.is_active, ShippingMethod.currency == currency, goes_to(ShippingMethod, country_code))
        .order_by(ShippingMethod.position, ShippingMethod.id)
        .limit(MOST_OFFERED)
    )
    if method_id is not None:
        statement = statement.where(ShippingMethod.id == method_id)
    rows = await session.execute(statement, execution_options={"populate_existing": True})
    return [_terms(row.ShippingMethod, row.tax_rate) for row in rows]


def _terms(method: ShippingMethod, tax_rate: Any) -> ShippingTerms:
    return ShippingTerms(
        method_id=method.id,
        name=method.name,
        price=method.price,
        free_over=method.free_over,
        price_per_kg=method.price_per_kg or NOTHING,
        tax_rate=tax_rate,
    )
