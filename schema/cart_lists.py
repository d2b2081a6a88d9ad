"""How the carts of all buyers are filtered and sorted."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement

from domain import carts
from schema.declare import sort_enum
from schema.filters import condition, filter_input, in_span
from schema.orders import ascending, descending
from schema.values import DateTimeRange


@sort_enum("How carts are sorted.")
class CartSort(Enum):
    """Orders of carts."""

    LAST_CHANGED = descending("cart:last-changed", lambda cart: cart.updated_at, "The one that was changed last first.")
    LONGEST_UNTOUCHED = ascending(
        "cart:longest-untouched", lambda cart: cart.updated_at, "The one that nobody has touched for longest first."
    )


def _is_completed(cart: Any, wanted: bool) -> ColumnElement[bool]:
    return cart.completed_at.is_not(None) if wanted else cart.completed_at.is_(None)  # type: ignore[no-any-return]


def _is_of_guest(cart: Any, wanted: bool) -> ColumnElement[bool]:
    return cart.user_id.is_(None) if wanted else cart.user_id.is_not(None)  # type: ignore[no-any-return]


def _is_abandoned(cart: Any, wanted: bool) -> ColumnElement[bool]:
    return carts.is_abandoned(cart) if wanted else ~carts.is_abandoned(cart)


@filter_input("Conditions on carts, which must all hold.")
class CartFilter:
    """What carts are filtered by."""

    is_abandoned: bool | None = condition(_is_abandoned, "Whether it was not bought, nor touched for an hour.")
    is_completed: bool | None = condition(_is_completed, "Whether it was bought.")
    is_of_guest: bool | None = condition(_is_of_guest, "Whether its buyer has no account.")
    updated_at: DateTimeRange | None = condition(
        in_span(lambda cart: cart.updated_at), "Last changed in this span of time."
    )
