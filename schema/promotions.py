"""Promotion codes as the staff sees them. Nobody else does: a code that is known is a discount that is taken."""

from datetime import datetime
from decimal import Decimal

import models
from domain import promo_code_state
from schema.catalog import Category, Product
from schema.declare import column, expression, many, part, table
from schema.enums import DiscountType
from schema.orders import BY_NAME
from schema.relay import Node
from schema.scalars import CurrencyCode
from schema.values import Money

MINIMUM_SUBTOTAL = {"amount": "minimum_subtotal", "currency_code": "currency"}


@table(models.PromoCode, "A code that takes something off.")
class PromoCode(Node):
    """A code and its terms."""

    code: str = column("What customers type, in any case.")
    description: str = column("What the staff says of it.")
    discount_type: DiscountType = column("Whether `amount` is a percentage or money.")
    amount: Decimal = column("How much it takes off, in percent or in `currencyCode`.")
    currency_code: CurrencyCode = column("The currency of what is money in it.", "currency")
    valid_from: datetime = column("From when it can be used.")
    valid_to: datetime | None = column("From when it cannot be used any more.")
    ended_at: datetime | None = column("When the staff ended it.")
    is_usable: bool = expression(promo_code_state.is_usable, "Whether somebody can use it now.")
    usage_limit: int | None = column("How often it can be used.")
    used_count: int = column("How often it was used.")
    limit_per_customer: int | None = column("How often each customer can use it.")
    minimum_subtotal: Money | None = part(Money, MINIMUM_SUBTOTAL, "What a basket has to cost at least.", optional=True)
    is_restricted: bool = column("Whether it is only for `products` and what is in `categories`.")
    products: list[Product] = many(models.PromoCode.products, "What it is for.", order=BY_NAME, paged=False)
    categories: list[Category] = many(
        models.PromoCode.categories, "It is for what is in them, or below them.", order=BY_NAME, paged=False
    )
    version: int = column("Rises with each change: what `expectedVersion` is compared with.")
    created_at: datetime = column("When it was made.")
    updated_at: datetime = column("When it was last changed or used.")
