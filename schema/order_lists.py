"""How orders are filtered and sorted."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, func

from domain import conditions
from schema.declare import sort_enum
from schema.enums import FulfillmentStatus, OrderStatus, PaymentStatus
from schema.filters import condition, filter_input, in_range, in_span
from schema.orders import ascending, descending
from schema.values import DateTimeRange, DecimalRange


@sort_enum("How orders are sorted.")
class OrderSort(Enum):
    """Orders of orders."""

    NEWEST = descending("order:newest", lambda order: order.placed_at, "The last one placed first.")
    OLDEST = ascending("order:oldest", lambda order: order.placed_at, "The first one placed first.")
    TOTAL_DESC = descending("order:total-desc", lambda order: order.total, "The greatest total first.")
    TOTAL_ASC = ascending("order:total-asc", lambda order: order.total, "The least total first.")
    NUMBER_DESC = descending("order:number-desc", lambda order: order.number, "By number, backwards.")
    NUMBER_ASC = ascending("order:number-asc", lambda order: order.number, "By number.")


def _of_email(order: Any, email: Any) -> ColumnElement[bool]:
    return order.email == func.lower(email)  # type: ignore[no-any-return]


@filter_input("Conditions on orders, which must all hold.")
class OrderFilter:
    """What orders are filtered by."""

    numbers: list[str] | None = condition(
        lambda order, numbers: conditions.among(order.number, numbers), "With one of these numbers."
    )
    email: str | None = condition(_of_email, "Of the buyer with this e-mail address, in any case.")
    statuses: list[OrderStatus] | None = condition(
        lambda order, members: conditions.one_of(order.status, members), "Where one of these is the status."
    )
    payment_statuses: list[PaymentStatus] | None = condition(
        lambda order, members: conditions.one_of(order.payment_status, members),
        "Where one of these is the status of the payment.",
    )
    fulfillment_statuses: list[FulfillmentStatus] | None = condition(
        lambda order, members: conditions.one_of(order.fulfillment_status, members),
        "Where one of these is the status of the fulfilment.",
    )
    placed_at: DateTimeRange | None = condition(in_span(lambda order: order.placed_at), "Placed in this span of time.")
    total: DecimalRange | None = condition(in_range(lambda order: order.total), "With a total in this range.")
