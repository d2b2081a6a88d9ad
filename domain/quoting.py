"""What a purchase costs now: what the shop says is read with the lines, or by itself, and `totals` does the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, Uuid, and_, any_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.core_statements import Row, execute
from domain.given_rows import given_array
from domain.promo_code_offers import offers_of
from domain.purchases import (
    LeftOut,
    LeftOutReason,
    PurchaseFacts,
    PurchaseLine,
    PurchaseQuote,
    ShippingFault,
)
from domain.shipping_offers import is_offered, offered, terms
from domain.shipping_rates import ShippingTerms
from domain.tax_rates import rate_if_due
from domain.totals import PricedLine, Quote, QuotedShipping, Terms, quote, quote_shipping
from models import Category, Product, ProductVariant, ShippingMethod, Shop
from models.shop import SHOP_ID

_COUNTRY = func.coalesce(bindparam("country_code", type_=String()), Shop.countries[1])

_TERMS = terms(_COUNTRY)

_PRICED_BY = (
    Shop.countries,
    Shop.prices_include_tax,
    Product.is_active,
    rate_if_due(ProductVariant, Product.tax_class_id, _COUNTRY).label("tax_rate"),
    *(column.label(f"shipping_{name}") for name, column in _TERMS.items()),
)
"""Besides the variant's own columns: the shop's settings, the tax in `country_code`, or else in the shop's first
country, and the `method`, if it is offered there for the `currency`."""

_CHOSEN = and_(ShippingMethod.id == bindparam("method", type_=Uuid()), is_offered(_COUNTRY))

_FACTS = (
    select(
        ProductVariant.id.label("variant_id"),
        ProductVariant.currency,
        ProductVariant.weight_grams,
        ProductVariant.requires_shipping,
        ProductVariant.product_id,
        Category.path,
        *_PRICED_BY,
    )
    .select_from(Shop)
    .outerjoin(ProductVariant, ProductVariant.id == any_(given_array("variants", Uuid())))
    .outerjoin(Product, Product.id == ProductVariant.product_id)
    .outerjoin(Category, Category.id == Product.category_id)
    .outerjoin(ShippingMethod, _CHOSEN)
    .where(Shop.id == SHOP_ID)
)
"""Each of the `variants` with what it is priced by. Without a variant it is one row, of the shop."""


@dataclass(frozen=True, slots=True)
class _Shop:
    countries: tuple[str, ...]
    prices_include_tax: bool
    shipping: ShippingTerms | None
    """Those of the method that was chosen, if it is offered."""


def with_facts(lines: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The statement of lines, of which each has its `variant_id` and what _FACTS tells of that, for `quote_read`.

    It takes the parameters `country_code`, `currency` and `method` besides.
    """
    return lines.add_columns(*_PRICED_BY).join(Shop, Shop.id == SHOP_ID).outerjoin(ShippingMethod, _CHOSEN)


async def quote_for(session: AsyncSession, facts: PurchaseFacts, at: datetime) -> PurchaseQuote:
    """The costs of a purchase at that time. Raises AmountTooLargeError.

    The session is the server's own: codes and their uses are hidden from buyers.
    """
    given = {
        "variants": list({line.variant_id for line in facts.lines}),
        "country_code": facts.country_code,
        "currency": facts.currency,
        "method": facts.shipping_method_id,
    }
    return await quote_read(session, facts, await execute(session, _FACTS, given), at)


async def quote_read(session: AsyncSession, facts: PurchaseFacts, rows: Sequence[Row], at: datetime) -> PurchaseQuote:
    """The same of what was read of each of its lines; there is at least one row. Raises AmountTooLargeError."""
    shop = _Shop(tuple(rows[0].countries), rows[0].prices_include_tax, _shipping(rows[0]))
    known = {row.variant_id: row for row in rows if row.variant_id is not None}
    country_code = facts.country_code or next(iter(shop.countries), None)
    left_out = tuple(fault for line in facts.lines if (fault := _fault(line, known, facts.currency)) is not None)
    missing = {each.key for each in left_out}
    lines = [_priced(line, known[line.variant_id]) for line in facts.lines if line.key not in missing]
    offers = await offers_of(session, facts.codes, facts.customer)
    agreed = Terms(currency=facts.currency, prices_include_tax=shop.prices_include_tax, at=at)
    quoted = quote(lines, offers, shop.shipping, agreed)
    return PurchaseQuote(quoted, country_code, left_out, _shipping_fault(quoted, facts, shop, country_code))


async def shipping_options(session: AsyncSession, purchase: PurchaseQuote) -> list[QuotedShipping]:
    """The shipping methods for what was quoted and their prices, in the order to show them; none if nothing is sent."""
    quoted = purchase.quote
    parcel = quoted.parcel
    if parcel is None:
        return []
    methods = await offered(session, purchase.country_code, quoted.currency)
    with_tax = quoted.prices_include_tax
    return [quote_shipping(method, parcel, quoted.currency, prices_include_tax=with_tax) for method in methods]


def _shipping(row: Row) -> ShippingTerms | None:
    if row.shipping_method_id is None:
        return None
    return ShippingTerms(**{name: row[f"shipping_{name}"] for name in _TERMS})


def _fault(line: PurchaseLine, known: Mapping[UUID, Row], currency: str) -> LeftOut | None:
    row = known.get(line.variant_id)
    if row is None:
        return LeftOut(line.key, LeftOutReason.GONE)
    if not row.is_active:
        return LeftOut(line.key, LeftOutReason.INACTIVE)
    return None if row.currency == currency else LeftOut(line.key, LeftOutReason.OTHER_CURRENCY)


def _priced(line: PurchaseLine, row: Row) -> PricedLine:
    return PricedLine(
        key=line.key,
        product_id=row.product_id,
        category_path=frozenset(row.path or ()),
        quantity=line.quantity,
        unit_price=line.unit_price,
        tax_rate=row.tax_rate,
        weight_grams=row.weight_grams or 0,
        requires_shipping=row.requires_shipping,
    )


def _shipping_fault(quoted: Quote, facts: PurchaseFacts, shop: _Shop, country_code: str | None) -> ShippingFault | None:
    if quoted.parcel is None or quoted.shipping is not None:
        return None
    if country_code not in shop.countries:
        return ShippingFault.COUNTRY_NOT_SERVED
    return ShippingFault.METHOD_MISSING if facts.shipping_method_id is None else ShippingFault.METHOD_UNAVAILABLE
