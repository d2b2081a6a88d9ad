"""Keeping tax classes and rates: what is asked for, and what comes of it."""

from decimal import Decimal
from typing import Annotated, Any

import strawberry

from domain.tax_classes import (
    TaxClassInUseError,
    TaxClassIsDefaultError,
    TaxClassNotFoundError,
    TaxCodeTakenError,
)
from models.taxes import LONGEST_TAX_CODE
from schema.catalog import Product
from schema.inputs import HIGHEST_VERSION, choice, key, mutation_input, number, text
from schema.payloads import Done
from schema.problems import Conflict, InvalidInput, Problem, problem
from schema.reviews_changes import ProductNotFound
from schema.scalars import CountryCode
from schema.taxes import TaxClass

LONGEST_NAME = 255
MOST_PERCENT = Decimal("100.00")


def name() -> Any:
    """The field for what the staff calls a class."""
    return text("What the staff calls it.", longest=LONGEST_NAME, shortest=1)


def code() -> Any:
    """The field for what programs know a class by."""
    return text("What programs know it by: small letters, digits, hyphens.", longest=LONGEST_TAX_CODE, shortest=1)


def is_default() -> Any:
    """The field for the default class."""
    return choice("Whether it is the class of everything that has none.")


@mutation_input("A new tax class.")
class CreateTaxClassInput:
    """A class without rates."""

    name: str = name()
    code: str = code()
    is_default: bool | None = is_default()


@mutation_input("Changes of a tax class. What is left out stays as it is.")
class UpdateTaxClassInput:
    """A changed class."""

    id: strawberry.ID = key("The tax class.", "TaxClass")
    expected_version: int = number("The version that was read.", least=1, most=HIGHEST_VERSION)
    name: str | None = name()
    code: str | None = code()
    is_default: bool | None = is_default()


@mutation_input("Which tax class to delete.")
class DeleteTaxClassInput:
    """A class."""

    id: strawberry.ID = key("The tax class.", "TaxClass")


@mutation_input("What things of a class are charged in a country.")
class SetTaxRateInput:
    """A rate."""

    tax_class: strawberry.ID = key("The tax class.", "TaxClass")
    country_code: CountryCode = text("The country.", longest=2, shortest=2)
    percent: Decimal | None = number(
        "The rate in percent; null for the shop's default rate.", least=0, most=MOST_PERCENT, clearable=True
    )


@mutation_input("Which tax class a product is of.")
class SetProductTaxClassInput:
    """A product and its class."""

    product: strawberry.ID = key("The product.", "Product")
    tax_class: strawberry.ID | None = key("The tax class; null for the default one.", "TaxClass", clearable=True)


@problem(TaxClassNotFoundError, "There is no such tax class.")
class TaxClassNotFound(Problem):
    """Look at the list again."""


@problem(TaxCodeTakenError, "There is another tax class with the code.")
class TaxCodeTaken(Problem):
    """Choose another."""

    taken: str = strawberry.field(description="The code.")


@problem(TaxClassInUseError, "Products or shipping methods are of the class.")
class TaxClassInUse(Problem):
    """Move them first."""


@problem(TaxClassIsDefaultError, "It is the default class, and there must be one.")
class TaxClassIsDefault(Problem):
    """Make another one the default first."""


CreateTaxClassResult = Annotated[
    TaxClass | InvalidInput | TaxCodeTaken,
    strawberry.union("CreateTaxClassResult", description="The new tax class, or why there is none."),
]
UpdateTaxClassResult = Annotated[
    TaxClass | InvalidInput | TaxClassNotFound | TaxCodeTaken | TaxClassIsDefault | Conflict,
    strawberry.union("UpdateTaxClassResult", description="The changed tax class, or why it is as it was."),
]
DeleteTaxClassResult = Annotated[
    Done | InvalidInput | TaxClassNotFound | TaxClassIsDefault | TaxClassInUse,
    strawberry.union("DeleteTaxClassResult", description="That it is gone, or why it is not."),
]
SetTaxRateResult = Annotated[
    TaxClass | InvalidInput | TaxClassNotFound,
    strawberry.union("SetTaxRateResult", description="The tax class with its rates, or why they are as they were."),
]
SetProductTaxClassResult = Annotated[
    Product | InvalidInput | ProductNotFound | TaxClassNotFound,
    strawberry.union("SetProductTaxClassResult", description="The product, or why it is taxed as it was."),
]
