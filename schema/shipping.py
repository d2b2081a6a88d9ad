"""Shipping methods: where each goes, and what it costs."""

from datetime import datetime

import models
from auth.permissions import Permission
from domain import shipping_offers
from schema.declare import column, one, part, table
from schema.enums import ShippingRateKind
from schema.filters import condition, filter_input
from schema.relay import Node
from schema.scalars import CountryCode
from schema.taxes import TaxClass
from schema.values import PRICE, Money

FREE_OVER = {"amount": "free_over", "currency_code": "currency"}
PRICE_PER_KG = {"amount": "price_per_kg", "currency_code": "currency"}


@table(models.ShippingMethod, "A way to send what was bought.")
class ShippingMethod(Node):
    """How things get to their buyer."""

    name: str = column("What it is called.")
    description: str = column("What a buyer should know of it.")
    countries: list[CountryCode] = column("Where it goes; wherever the shop sells to when there is none.")
    rate_kind: ShippingRateKind = column("How its price is found.")
    price: Money = part(
        Money, PRICE, "What it costs, or what the weight is added to; with tax or without, as `shop` says."
    )
    free_over: Money | None = part(
        Money, FREE_OVER, "From what the goods cost on, after discounts, it is free.", optional=True
    )
    price_per_kg: Money | None = part(Money, PRICE_PER_KG, "What each kilogram adds, to the gram.", optional=True)
    days_min: int | None = column("After how many days at the earliest things arrive.")
    days_max: int | None = column("After how many days at the latest things arrive.")
    position: int = column("Its place among the methods.")
    is_active: bool | None = column("Whether buyers can choose it.", requires=Permission.SHOP_READ)
    tax_class: TaxClass | None = one(
        models.ShippingMethod.tax_class,
        "How it is taxed; null for the default class.",
        requires=Permission.SHOP_READ,
    )
    version: int = column("Rises with each change: what `expectedVersion` is compared with.")
    updated_at: datetime = column("When it was last changed.")


@filter_input("Conditions on shipping methods, which must all hold.")
class ShippingMethodFilter:
    """What shipping methods are filtered by."""

    country_code: CountryCode | None = condition(shipping_offers.goes_to, "Going to this country.")
