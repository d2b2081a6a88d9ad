"""How stock levels are filtered and sorted."""

from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement

from domain import conditions, stock
from schema.declare import sort_enum
from schema.filters import condition, filter_input, keys_of
from schema.orders import ascending, descending


@sort_enum("How stock levels are sorted.")
class StockSort(Enum):
    """Orders of stock levels."""

    SCARCEST = ascending("stock:scarcest", lambda level: level.available, "The fewest units that can be sold first.")
    MOST_PLENTIFUL = descending(
        "stock:most-plentiful", lambda level: level.available, "The most units that can be sold first."
    )


def _is_low(level: Any, wanted: bool) -> ColumnElement[bool]:
    return stock.is_low(level) if wanted else ~stock.is_low(level)


def _is_backordered(level: Any, wanted: bool) -> ColumnElement[bool]:
    return level.available < 0 if wanted else level.available >= 0  # type: ignore[no-any-return]


@filter_input("Conditions on stock levels, which must all hold.")
class StockFilter:
    """What stock levels are filtered by."""

    variants: list[strawberry.ID] | None = condition(
        lambda level, ids: conditions.among(level.variant_id, keys_of("ProductVariant", ids)),
        "Of one of these variants.",
    )
    is_low: bool | None = condition(_is_low, "Whether stock is counted, and below its minimum level.")
    is_backordered: bool | None = condition(_is_backordered, "Whether orders wait for units.")
