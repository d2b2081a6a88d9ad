"""What is said of orders, as SQL expressions."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, cast, func, select

from domain.conditions import one_of
from domain.order_states import ALIVE
from models import Order, OrderLine


def unit_count(order: Any) -> ColumnElement[int]:
    """How many units were ordered."""
    units = select(func.sum(OrderLine.quantity)).where(OrderLine.order_id == order.id)
    return cast(func.coalesce(units.scalar_subquery(), 0), Integer)


def open_count(line: Any) -> ColumnElement[int]:
    """How many units of the line are to be packed yet."""
    return line.quantity - line.cancelled_quantity - line.fulfilled_quantity  # type: ignore[no-any-return]


def has_bought(user_id: UUID, product_id: UUID) -> ColumnElement[bool]:
    """The account has an order of the product that the shop counts on, of which not all was given back."""
    bought = select(OrderLine.id).join(Order, Order.id == OrderLine.order_id)
    kept = OrderLine.refunded_quantity < OrderLine.quantity
    return bought.where(
        Order.user_id == user_id, OrderLine.product_id == product_id, one_of(Order.status, sorted(ALIVE)), kept
    ).exists()
