"""Keeping shipping methods and the settings of the shop: what is asked for, and what comes of it."""

from decimal import Decimal
from typing import Annotated, Any

import strawberry

from domain.money import MOST_MONEY
from domain.shipping_methods import ShippingMethodNotFoundError
from models.shipping import MOST_SHIPPING_DAYS
from resolvers.input_rules import TextRule
from schema.enums import ShippingRateKind
from schema.inputs import HIGHEST_VERSION, choice, items, key, mutation_input, number, text
from schema.problems import Conflict, InvalidInput, Problem, problem
from schema.scalars import CountryCode
from schema.shipping import ShippingMethod
from schema.shop import Shop

LONGEST_NAME = 255
LONGEST_DESCRIPTION = 5_000
LONGEST_EMAIL = 254
MOST_COUNTRIES = 250
MOST_PERCENT = Decimal("100.00")


def name() -> Any:
    """The field for a name."""
    return text("What it is called.", longest=LONGEST_NAME, shortest=1)


def description() -> Any:
    """The field for a text about it."""
    return text("What a buyer should know of it.", longest=LONGEST_DESCRIPTION)


def countries(explained: str, least: int) -> Any:
    """The field for codes of countries."""
    return items(explained, TextRule(longest=2, shortest=2), least=least, most=MOST_COUNTRIES)


def method_countries() -> Any:
    """The field for where a method goes."""
    return countries("Where it goes; with none, wherever the shop sells to.", 0)


def money(explained: str, *, clearable: bool = True) -> Any:
    """The field for an amount in the currency of the shop."""
    return number(explained, least=0, most=MOST_MONEY, clearable=clearable)


def tax_class() -> Any:
    """The field for how a method is taxed."""
    return key("How it is taxed; null for the default class.", "TaxClass", clearable=True)


def days(explained: str) -> Any:
    """The field for a time of delivery."""
    return number(explained, least=0, most=MOST_SHIPPING_DAYS, clearable=True)


def position() -> Any:
    """The field for a place."""
    return number("Its place among the methods.", least=-HIGHEST_VERSION, most=HIGHEST_VERSION)


@mutation_input("A new shipping method, with prices in the currency of the shop.")
class CreateShippingMethodInput:
    """A way to send things."""

    name: str = name()
    description: str | None = description()
    countries: list[CountryCode] | None = method_countries()
    rate_kind: ShippingRateKind = choice("How its price is found.")
    price: Decimal = money("What it costs, or what the weight is added to.", clearable=False)
    free_over: Decimal | None = money("From what the goods cost on it is free; for FREE_OVER and WEIGHT.")
    price_per_kg: Decimal | None = money("What each kilogram adds; for WEIGHT.")
    tax_class: strawberry.ID | None = tax_class()
    days_min: int | None = days("After how many days at the earliest things arrive.")
    days_max: int | None = days("After how many days at the latest things arrive.")
    is_active: bool | None = choice("Whether buyers can choose it.")
    position: int | None = position()


@mutation_input("Changes of a shipping method. What is left out stays as it is.")
class UpdateShippingMethodInput:
    """A changed method."""

    id: strawberry.ID = key("The shipping method.", "ShippingMethod")
    expected_version: int = number("The version that was read.", least=1, most=HIGHEST_VERSION)
    name: str | None = name()
    description: str | None = description()
    countries: list[CountryCode] | None = method_countries()
    rate_kind: ShippingRateKind | None = choice("How its price is found.")
    price: Decimal | None = money("What it costs, or what the weight is added to.", clearable=False)
    free_over: Decimal | None = money("From what the goods cost on it is free; for FREE_OVER and WEIGHT.")
    price_per_kg: Decimal | None = money("What each kilogram adds; for WEIGHT.")
    tax_class: strawberry.ID | None = tax_class()
    days_min: int | None = days("After how many days at the earliest things arrive.")
    days_max: int | None = days("After how many days at the latest things arrive.")
    is_active: bool | None = choice("Whether buyers can choose it.")
    position: int | None = position()


@mutation_input("Changes of the shop's settings. What is left out stays as it is.")
class UpdateShopInput:
    """Changed settings."""

    expected_version: int = number("The version that was read.", least=1, most=HIGHEST_VERSION)
    name: str | None = name()
    description: str | None = text("What the shop is, in a sentence or two.", longest=LONGEST_DESCRIPTION)
    countries: list[CountryCode] | None = countries(
        "The countries that the shop sells to, the one whose taxes hold while nobody knows better first.", 1
    )
    contact_email: str | None = text("Where customers may write to.", longest=LONGEST_EMAIL, clearable=True)
    prices_include_tax: bool | None = choice(
        "Whether prices are entered with tax in them. This changes what all prices mean, not the prices."
    )
    shows_prices_with_tax: bool | None = choice("Whether prices are shown with tax included.")
    default_tax_percent: Decimal | None = number(
        "What is charged where no rate of a class is stated.", least=0, most=MOST_PERCENT
    )


@problem(ShippingMethodNotFoundError, "There is no such shipping method.")
class ShippingMethodNotFound(Problem):
    """Look at the list again."""


CreateShippingMethodResult = Annotated[
    ShippingMethod | InvalidInput,
    strawberry.union("CreateShippingMethodResult", description="The new shipping method, or why there is none."),
]
UpdateShippingMethodResult = Annotated[
    ShippingMethod | InvalidInput | ShippingMethodNotFound | Conflict,
    strawberry.union("UpdateShippingMethodResult", description="The shipping method, or why it is as it was."),
]
UpdateShopResult = Annotated[
    Shop | InvalidInput | Conflict,
    strawberry.union("UpdateShopResult", description="The shop, or why it is as it was."),
]
