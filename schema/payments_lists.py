"""How payments are filtered and sorted."""

from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement

from domain import conditions
from schema.declare import sort_enum
from schema.enums import PaymentKind, PaymentState
from schema.filters import condition, filter_input, in_range, in_span, keys_of
from schema.orders import ascending, descending
from schema.values import DateTimeRange, DecimalRange


@sort_enum("How payments are sorted.")
class PaymentSort(Enum):
    """Orders of payments."""

    NEWEST = descending("payment:newest", lambda payment: payment.created_at, "The last one begun first.")
    OLDEST = ascending("payment:oldest", lambda payment: payment.created_at, "The first one begun first.")


def _needs_attention(payment: Any, wanted: bool) -> ColumnElement[bool]:
    return payment.attention.is_not(None) if wanted else payment.attention.is_(None)  # type: ignore[no-any-return]


@filter_input("Conditions on payments, which must all hold.")
class PaymentFilter:
    """What payments are filtered by."""

    orders: list[strawberry.ID] | None = condition(
        lambda payment, ids: conditions.among(payment.order_id, keys_of("Order", ids)), "Of one of these orders."
    )
    status: list[PaymentState] | None = condition(
        lambda payment, states: conditions.one_of(payment.status, states), "In one of these states."
    )
    kind: list[PaymentKind] | None = condition(
        lambda payment, kinds: conditions.one_of(payment.kind, kinds), "Of one of these kinds."
    )
    provider_reference: str | None = condition(
        lambda payment, reference: payment.provider_reference == reference, "What the provider calls it."
    )
    needs_attention: bool | None = condition(_needs_attention, "Whether somebody has to look at it.")
    created_at: DateTimeRange | None = condition(in_span(lambda payment: payment.created_at), "Begun in this span.")
    amount: DecimalRange | None = condition(in_range(lambda payment: payment.amount), "Of so much money.")
