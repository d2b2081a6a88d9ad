"""What a cart costs: line by line, with discounts, shipping and taxes."""

from collections.abc import Awaitable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry

import models
from domain.cart_pricing import PricedCart
from domain.discounting import AppliedCode
from domain.totals import Quote, QuotedLine, QuotedShipping
from resolvers.cart_totals import priced
from resolvers.ids import encode_id
from resolvers.loading import load_row
from schema.declare import field
from schema.payloads import payload
from schema.scalars import CurrencyCode
from schema.shipping import ShippingMethod
from schema.values import Money


@strawberry.type(description="What a line of a cart costs.")
class CartLineTotals:
    """The costs of a line."""

    line_id: strawberry.ID = strawberry.field(description="The line.")
    subtotal: Money = strawberry.field(description="The price of all its units, before discounts.")
    discount: Money = strawberry.field(description="What codes take off.")
    tax: Money = strawberry.field(description="The tax on it, which is in the total.")
    tax_rate: Decimal = strawberry.field(description="The rate of that tax: 0.15 for 15 percent.")
    total: Money = strawberry.field(description="What is paid for it.")


@strawberry.type(description="What a promotion code takes off a cart.")
class AppliedPromoCode:
    """A discount."""

    code: str = strawberry.field(description="The code.")
    amount: Money = strawberry.field(description="What it takes off altogether.")


@strawberry.type(description="What a cart costs as it is. Every sum is a sum of what is shown.")
class CartTotals:
    """The costs of a cart."""

    lines: list[CartLineTotals] = strawberry.field(description="The lines that are sold.")
    promo_codes: list[AppliedPromoCode] = strawberry.field(description="The codes that take something off.")
    subtotal: Money = strawberry.field(description="The price of all lines, before discounts.")
    discount: Money = strawberry.field(description="What codes take off.")
    shipping: Money = strawberry.field(description="What sending costs; nothing until a method is chosen.")
    tax: Money = strawberry.field(description="The taxes on all of it.")
    total: Money = strawberry.field(description="What is to be paid: what checkout takes as `expectedTotal`.")
    prices_include_tax: bool = strawberry.field(description="Whether the prices above have the tax in them.")


@dataclass(frozen=True, slots=True)
class OfferedMethod:
    """A way to send a cart, and its costs."""

    method_id: UUID
    price: Money
    tax: Money


def method_of(offered: OfferedMethod, info: Any) -> Awaitable[models.ShippingMethod]:
    """The method itself."""
    return load_row(info.context, models.ShippingMethod, "id", offered.method_id)


@payload(OfferedMethod, "A way to send a cart, at its price for that cart.")
class CartShippingOption:
    """An offer."""

    method: ShippingMethod = field(method_of, "The method, whose id `setCartDetails` takes.")
    price: Money = strawberry.field(description="What it costs; its tax is in it where prices include taxes.")
    tax: Money = strawberry.field(description="The tax on it.")


async def totals(cart: Any, info: Any) -> CartTotals | None:
    """What the cart costs."""
    found = await priced(info.context, cart)
    return None if found is None else _totals(found)


async def shipping_options(cart: Any, info: Any) -> list[OfferedMethod]:
    """The ways to send the cart."""
    found = await priced(info.context, cart)
    return [] if found is None else [_option(each, cart.currency) for each in found.options]


def _totals(cart: PricedCart) -> CartTotals:
    quote = cart.purchase.quote
    return CartTotals(
        lines=[_line(line, quote) for line in quote.lines],
        promo_codes=[_code(each, quote) for each in quote.applied],
        subtotal=_money(quote.subtotal, quote.currency),
        discount=_money(quote.discount_total, quote.currency),
        shipping=_money(quote.shipping_total, quote.currency),
        tax=_money(quote.tax_total, quote.currency),
        total=_money(quote.total, quote.currency),
        prices_include_tax=quote.prices_include_tax,
    )


def _line(line: QuotedLine, quote: Quote) -> CartLineTotals:
    return CartLineTotals(
        line_id=strawberry.ID(encode_id("CartLine", line.key)),
        subtotal=_money(line.subtotal, quote.currency),
        discount=_money(line.discount, quote.currency),
        tax=_money(line.tax, quote.currency),
        tax_rate=line.tax_rate,
        total=_money(line.total, quote.currency),
    )


def _code(applied: AppliedCode, quote: Quote) -> AppliedPromoCode:
    return AppliedPromoCode(code=applied.code, amount=_money(applied.amount, quote.currency))


def _option(option: QuotedShipping, currency: str) -> OfferedMethod:
    return OfferedMethod(option.method_id, _money(option.price, currency), _money(option.tax, currency))


def _money(amount: Decimal, currency: str) -> Money:
    return Money(amount=amount, currency_code=CurrencyCode(currency))
