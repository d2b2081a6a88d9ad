"""What staff does to stock."""

from typing import Annotated

import strawberry

from domain.idempotency import IdempotencyMismatchError
from domain.stock_keeping import StockChangedError, StockReservedError, VariantNotFoundError
from models.idempotency import LONGEST_KEY
from models.stock import LONGEST_REASON, MOST_UNITS
from schema.enums import BackorderPolicy
from schema.inputs import choice, key, mutation_input, number, text
from schema.problems import InvalidInput, Problem, problem
from schema.stock import StockLevel

ONCE = "Made up for this change: sent again with the same input, it is done only once. It is kept for a week."


@mutation_input("Units that came into the house.")
class ReceiveStockInput:
    """A delivery of one variant."""

    variant_id: strawberry.ID = key("The variant.", "ProductVariant")
    units: int = number("How many came in.", least=1, most=MOST_UNITS)
    reason: str | None = text("Such as the number of the delivery note.", longest=LONGEST_REASON)
    idempotency_key: str = text(ONCE, longest=LONGEST_KEY, shortest=1)


@mutation_input("Units that were counted.")
class CorrectStockInput:
    """A count of one variant."""

    variant_id: strawberry.ID = key("The variant.", "ProductVariant")
    expected_quantity: int = number("The quantity that was shown before the count.", least=0, most=MOST_UNITS)
    quantity: int = number("The units in the house, those that are reserved among them.", least=0, most=MOST_UNITS)
    reason: str = text("Why the quantity was wrong.", longest=LONGEST_REASON, shortest=1)
    idempotency_key: str = text(ONCE, longest=LONGEST_KEY, shortest=1)


@mutation_input("The rules of a variant's stock; what is absent stays.")
class SetStockRulesInput:
    """Rules."""

    variant_id: strawberry.ID = key("The variant.", "ProductVariant")
    minimum_level: int | None = number(
        "Below this number of units that can be sold stock is low.", least=0, most=MOST_UNITS
    )
    backorder_policy: BackorderPolicy | None = choice("Whether it sells on when its stock is used up.")


@problem(VariantNotFoundError, "There is no such variant, or it was removed from its product.")
class VariantNotFound(Problem):
    """Look at the product again."""


@problem(StockChangedError, "The quantity is not what it was when it was counted.")
class StockChanged(Problem):
    """Look at the movements, and count again."""

    expected: int = strawberry.field(description="The quantity that was expected.")
    quantity: int = strawberry.field(description="The quantity that there is.")


@problem(StockReservedError, "More units are promised to orders than would be left.")
class StockReserved(Problem):
    """Cancel orders first, or let them wait."""

    reserved: int = strawberry.field(description="The units that are promised.")


@problem(IdempotencyMismatchError, "The idempotency key was used for another request.")
class IdempotencyMismatch(Problem):
    """Take a new key."""


ReceiveStockResult = Annotated[
    StockLevel | InvalidInput | VariantNotFound | IdempotencyMismatch,
    strawberry.union("ReceiveStockResult", description="The stock as it is now, or why nothing was received."),
]
CorrectStockResult = Annotated[
    StockLevel | InvalidInput | VariantNotFound | StockChanged | StockReserved | IdempotencyMismatch,
    strawberry.union("CorrectStockResult", description="The stock as it is now, or why it was not corrected."),
]
SetStockRulesResult = Annotated[
    StockLevel | InvalidInput | VariantNotFound,
    strawberry.union("SetStockRulesResult", description="The stock with its rules, or why they are as they were."),
]
