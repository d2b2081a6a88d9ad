"""Carts: what somebody means to buy, at the prices of the moment."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.scalars import JSON

import models
from auth.permissions import Permission
from domain import carts
from domain.line_prices import LinePrices, line_prices
from resolvers import cart_state
from schema import cart_totals
from schema.cart_problems import CartProblem
from schema.cart_totals import CartShippingOption, CartTotals
from schema.catalog import ProductVariant
from schema.declare import column, derived, expression, field, identifier, many, one, record, table
from schema.orders import ascending
from schema.postal_addresses import PostalAddress
from schema.relay import Node
from schema.scalars import CountryCode, CurrencyCode
from schema.shipping import ShippingMethod
from schema.values import Money

if TYPE_CHECKING:
    from schema.accounts import Account

COST_OF_PRICING = 40
"""It takes several statements, and of several carts one after the other."""

FIRST_ADDED = ascending("cart-line:first-added", lambda line: line.id)


def unit_price(*found: Any) -> Money:
    """What a unit costs at the moment."""
    line = LinePrices(*found)
    return money(line.unit, line.currency)


def unit_price_seen(*found: Any) -> Money:
    """What the buyer last agreed to."""
    line = LinePrices(*found)
    return money(Decimal(line.seen), line.currency)


def subtotal(*found: Any) -> Money:
    """What all units cost at the moment."""
    line = LinePrices(*found)
    return money(line.unit * line.quantity, line.currency)


def money(amount: Decimal, currency: str) -> Money:
    """The amount in that currency."""
    return Money(amount=amount, currency_code=CurrencyCode(currency))


@table(models.CartLine, "Some units of one variant, all made alike.")
class CartLine:
    """A line of a cart."""

    id: strawberry.ID = identifier()
    quantity: int = column("How many units.")
    customization: JSON = column("What the buyer has chosen, by the product's `optionSchema`.")
    variant: ProductVariant | None = one(
        models.CartLine.variant, "What is bought; null when its product is not on sale any more."
    )
    unit_price: Money = derived(unit_price, line_prices, "What a unit costs now, with what its options add.")
    unit_price_seen: Money = derived(unit_price_seen, line_prices, "What a unit cost when the buyer last agreed to it.")
    subtotal: Money = derived(subtotal, line_prices, "What all units cost now, before discounts.")
    created_at: datetime = column("When it was added.")


@table(models.Cart, "What somebody means to buy.")
class Cart(Node):
    """A cart."""

    version: int = column("Rises with each change of the cart or its lines.")
    currency: CurrencyCode = column("The currency of all its prices.")
    lines: list[CartLine] = many(
        models.Cart.lines, "What is in it, in the order in which it was added.", order=FIRST_ADDED, paged=False
    )
    line_count: int = expression(carts.lines_in, "How many lines it has.")
    units: int = expression(carts.units_in, "How many units are in it altogether.")
    value: Decimal = expression(carts.value_of, "What its units cost when their buyer last saw them, before discounts.")
    problems: list[CartProblem] = field(
        lambda cart, info: cart_state.problems(info.context, cart),
        "What stands in the way of buying it as it is, besides details that are missing; empty where nothing does.",
        cost=COST_OF_PRICING,
    )
    totals: CartTotals | None = field(
        cart_totals.totals,
        "What it costs as it is; null for more than money can be.",
        cost=COST_OF_PRICING,
    )
    available_shipping_methods: list[CartShippingOption] = field(
        cart_totals.shipping_options, "The ways to send it, at their prices for it.", cost=COST_OF_PRICING
    )
    shipping_method: ShippingMethod | None = one(
        models.Cart.shipping_method,
        "How it is to be sent; null until a method is chosen.",
    )
    promo_codes: list[str] = column("The promotion codes in it, in the order in which they were given.")
    email: str | None = column("Where the order is confirmed to; null for the address of the account.")
    country_code: CountryCode | None = column("Where the goods go, before there is an address.")
    shipping_address: PostalAddress | None = record(PostalAddress, "shipping_address", "Where the goods go.")
    billing_address: PostalAddress | None = record(
        PostalAddress, "billing_address", "Where the bill goes; null for where the goods go."
    )
    account: Annotated["Account", strawberry.lazy("schema.accounts")] | None = one(
        models.Cart.user, "Whose cart it is; null for guests.", requires=Permission.ACCOUNTS_READ
    )
    is_abandoned: bool = expression(carts.is_abandoned, "Whether it was not bought, nor touched for an hour.")
    completed_at: datetime | None = column("When it was bought; null for one that is open.")
    created_at: datetime = column("When it was begun.")
    expires_at: datetime = column("When it is taken away unless it is changed before.")
    updated_at: datetime = column("When it was last changed.")
