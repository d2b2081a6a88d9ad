"""The problem that fewer units are left than are asked for."""

from collections.abc import Sequence
from typing import Any

import strawberry

from domain.reservations import OutOfStockError, Shortage
from resolvers.ids import encode_id
from schema.declare import field
from schema.problems import Problem, problem


@strawberry.type(description="A variant of which fewer units are left than are asked for.")
class OutOfStockLine:
    """A shortage."""

    variant_id: strawberry.ID = field(lambda line, _info: encode_id("ProductVariant", line.variant_id), "The variant.")
    sku: str = strawberry.field(description="Its stock keeping unit.")
    asked: int = strawberry.field(description="How many units are asked for.")
    left: int = strawberry.field(description="How many are left.")


def _lines(refusal: Any, _info: object) -> Sequence[Shortage]:
    return refusal.error.lines  # type: ignore[no-any-return]


@problem(OutOfStockError, "There are not enough units of some variants. Nothing was changed.")
class OutOfStock(Problem):
    """Which they are, and how many are left."""

    lines: list[OutOfStockLine] = field(_lines, "The variants that are short.")
