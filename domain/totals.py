"""What a purchase costs: its lines, discounts, shipping and taxes, as a function of values.

Each line is rounded once for its discount and once for its tax; every sum is a sum of what is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.discounting import AppliedCode, Discounts, Offer, SkippedCode, discounts_on
from domain.errors import DomainError
from domain.money import MOST_MONEY, NOTHING
from domain.promotions import Basket, BasketLine
from domain.shipping_rates import Parcel, ShippingTerms, shipping_price
from domain.taxation import tax_on


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """What is bought, as far as its price asks."""

    key: UUID
    """What the caller knows it by."""
    product_id: UUID
    category_path: frozenset[UUID] = frozenset()
    """The product's category and all above it."""
    quantity: int
    unit_price: Decimal
    tax_rate: Decimal
    weight_grams: int = 0
    """Of one unit."""
    requires_shipping: bool = True

    @property
    def subtotal(self) -> Decimal:
        """The price of all units, before discounts."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for the whole purchase."""

    currency: str
    prices_include_tax: bool
    at: datetime
    """When it is bought, for codes that begin and end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedLine:
    """What a line costs."""

    key: UUID
    quantity: int
    unit_price: Decimal
    subtotal: Decimal
    discount: Decimal
    tax_rate: Decimal
    tax: Decimal
    total: Decimal
    """What is paid for it: the discount is off, and the tax in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedShipping:
    """What sending costs."""

    method_id: UUID
    name: str
    price: Decimal
    tax_rate: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What everything costs. The totals are the sums of the lines and the shipping."""

    currency: str
    prices_include_tax: bool
    lines: tuple[QuotedLine, ...]
    """In the order in which they were given."""
    parcel: Parcel | None
    """None where nothing has to be sent."""
    shipping: QuotedShipping | None
    """None where nothing is sent, or nobody knows how yet."""
    applied: tuple[AppliedCode, ...]
    skipped: tuple[SkippedCode, ...]
    subtotal: Decimal
    discount_total: Decimal
    shipping_total: Decimal
    """Without its tax, unless prices include it."""
    shipping_tax: Decimal
    """The part of `tax_total` that is for shipping."""
    tax_total: Decimal
    total: Decimal


class AmountTooLargeError(DomainError):
    """It costs more than can be written down."""

    def __init__(self) -> None:
        super().__init__(f"Altogether it costs more than {MOST_MONEY}. Order less at once.")


def quote(lines: Sequence[PricedLine], offers: Sequence[Offer], shipping: ShippingTerms | None, terms: Terms) -> Quote:
    """The costs of the lines with the codes and the shipping method. Raises AmountTooLargeError.

    Shipping is charged where a line has to be sent.
    """
    discounts = discounts_on(_basket(lines, terms), offers)
    quoted = tuple(_quoted(line, discount, terms) for line, discount in zip(lines, discounts.amounts, strict=True))
    parcel = _parcel(lines, quoted)
    sent = None
    if shipping is not None and parcel is not None:
        sent = quote_shipping(shipping, parcel, terms.currency, prices_include_tax=terms.prices_include_tax)
    return _summed(quoted, parcel, sent, discounts, terms)


def quote_shipping(
    shipping: ShippingTerms, parcel: Parcel, currency: str, *, prices_include_tax: bool
) -> QuotedShipping:
    """What sending costs by a method."""
    price = shipping_price(shipping, parcel, currency)
    return QuotedShipping(
        method_id=shipping.method_id,
        name=shipping.name,
        price=price,
        tax_rate=shipping.tax_rate,
        tax=tax_on(price, shipping.tax_rate, currency, is_included=prices_include_tax),
    )


def _basket(lines: Sequence[PricedLine], terms: Terms) -> Basket:
    wanted = [BasketLine(line.product_id, line.category_path, line.subtotal) for line in lines]
    return Basket(wanted, terms.currency, terms.at)


def _quoted(line: PricedLine, discount: Decimal, terms: Terms) -> QuotedLine:
    price = line.subtotal - discount
    tax = tax_on(price, line.tax_rate, terms.currency, is_included=terms.prices_include_tax)
    return QuotedLine(
        key=line.key,
        quantity=line.quantity,
        unit_price=line.unit_price,
        subtotal=line.subtotal,
        discount=discount,
        tax_rate=line.tax_rate,
        tax=tax,
        total=price if terms.prices_include_tax else price + tax,
    )


def _parcel(lines: Sequence[PricedLine], quoted: Sequence[QuotedLine]) -> Parcel | None:
    sent = [line for line in lines if line.requires_shipping]
    goods = sum((line.subtotal - line.discount for line in quoted), NOTHING)
    return Parcel(goods, sum(line.weight_grams * line.quantity for line in sent)) if sent else None


def _summed(
    lines: tuple[QuotedLine, ...],
    parcel: Parcel | None,
    shipping: QuotedShipping | None,
    discounts: Discounts,
    terms: Terms,
) -> Quote:
    subtotal = sum((line.subtotal for line in lines), NOTHING)
    discount_total = sum((line.discount for line in lines), NOTHING)
    shipping_total, shipping_tax = (NOTHING, NOTHING) if shipping is None else (shipping.price, shipping.tax)
    tax_total = sum((line.tax for line in lines), shipping_tax)
    price = subtotal - discount_total + shipping_total
    total = price if terms.prices_include_tax else price + tax_total
    if max(subtotal, total) > MOST_MONEY:
        raise AmountTooLargeError
    return Quote(
        currency=terms.currency,
        prices_include_tax=terms.prices_include_tax,
        lines=lines,
        parcel=parcel,
        shipping=shipping,
        applied=discounts.applied,
        skipped=discounts.skipped,
        subtotal=subtotal,
        discount_total=discount_total,
        shipping_total=shipping_total,
        shipping_tax=shipping_tax,
        tax_total=tax_total,
        total=total,
    )
