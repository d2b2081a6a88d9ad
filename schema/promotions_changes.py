"""Making, changing and ending promotion codes: what is asked for, and what comes of it."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from domain.money import CENT, MOST_MONEY
from domain.promo_codes import CodeTakenError, PromoCodeEndedError, PromoCodeNotFoundError
from models.promotions import LONGEST_CODE
from resolvers.input_rules import KeyRule
from schema.enums import DiscountType
from schema.inputs import choice, items, key, mutation_input, number, text
from schema.problems import Conflict, InvalidInput, Problem, problem
from schema.promotions import PromoCode

MOST_USES = 2**31 - 1
LONGEST_DESCRIPTION = 1_000


def amount() -> Any:
    """The field for how much is taken off."""
    return number("How much it takes off, in percent or money.", least=CENT, most=MOST_MONEY)


def uses(description: str) -> Any:
    """A field for a number of uses."""
    return number(description, least=1, most=MOST_USES, clearable=True)


def minimum() -> Any:
    """The field for the least that a basket costs."""
    return number("What a basket has to cost at least; null for any.", least=0, most=MOST_MONEY, clearable=True)


def products() -> Any:
    """The field for products that it is for."""
    return items("What it is for. With no category either it is for everything.", KeyRule(type_name="Product"))


def categories() -> Any:
    """The field for categories that it is for."""
    return items("It is for what is in them, or below them.", KeyRule(type_name="Category"))


@mutation_input("A code that takes something off.")
class CreatePromoCodeInput:
    """A code and its terms."""

    code: str = text("What customers type: letters, digits, hyphens, underscores.", longest=LONGEST_CODE, shortest=1)
    description: str | None = text("What the staff says of it.", longest=LONGEST_DESCRIPTION)
    discount_type: DiscountType = choice("Whether `amount` is a percentage, or money in the currency of the shop.")
    amount: Decimal = amount()
    valid_from: datetime | None = choice("From when it can be used; now when absent.")
    valid_to: datetime | None = choice("From when it cannot be used any more; null for never.", clearable=True)
    usage_limit: int | None = uses("How often it can be used; null for any number.")
    limit_per_customer: int | None = uses("How often each customer can use it; null for any number.")
    minimum_subtotal: Decimal | None = minimum()
    products: list[strawberry.ID] | None = products()
    categories: list[strawberry.ID] | None = categories()


@mutation_input("Other terms of a code. What is left out stays as it is.")
class UpdatePromoCodeInput:
    """Changed terms."""

    id: strawberry.ID = key("The promotion code.", "PromoCode")
    expected_version: int = number("The version that was read.", least=1, most=MOST_USES)
    description: str | None = text("What the staff says of it.", longest=LONGEST_DESCRIPTION)
    amount: Decimal | None = amount()
    valid_from: datetime | None = choice("From when it can be used.")
    valid_to: datetime | None = choice("From when it cannot be used any more; null for never.", clearable=True)
    usage_limit: int | None = uses("How often it can be used; null for any number.")
    limit_per_customer: int | None = uses("How often each customer can use it; null for any number.")
    minimum_subtotal: Decimal | None = minimum()
    products: list[strawberry.ID] | None = products()
    categories: list[strawberry.ID] | None = categories()


@mutation_input("Which code nobody may use from now on.")
class EndPromoCodeInput:
    """A code."""

    id: strawberry.ID = key("The promotion code.", "PromoCode")


@problem(CodeTakenError, "There is another promotion with the code, which may have ended.")
class CodeTaken(Problem):
    """Choose another."""

    taken: str = strawberry.field(description="The code.")


@problem(PromoCodeNotFoundError, "There is no such promotion code.")
class PromoCodeNotFound(Problem):
    """Look at the list again."""


@problem(PromoCodeEndedError, "The promotion code has ended, and does not begin again.")
class PromoCodeEnded(Problem):
    """Make another one."""


CreatePromoCodeResult = Annotated[
    PromoCode | InvalidInput | CodeTaken,
    strawberry.union("CreatePromoCodeResult", description="The new promotion code, or why there is none."),
]
UpdatePromoCodeResult = Annotated[
    PromoCode | InvalidInput | PromoCodeNotFound | PromoCodeEnded | Conflict,
    strawberry.union("UpdatePromoCodeResult", description="The changed promotion code, or why it is as it was."),
]
EndPromoCodeResult = Annotated[
    PromoCode | InvalidInput | PromoCodeNotFound,
    strawberry.union("EndPromoCodeResult", description="The promotion code that has ended, or why there is none."),
]
