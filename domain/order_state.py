"""What is said of orders, as SQL expressions."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, cast, func, select

from models import OrderLine


def unit_count(order: Any) -> ColumnElement[int]:
    """How many units were ordered."""
    units = select(func.sum(OrderLine.quantity)).where(OrderLine.order_id == order.id)
    return cast(func.coalesce(units.scalar_subquery(), 0), Integer)


def open_count(line: Any) -> ColumnElement[int]:
    """How many units of the line are to be packed yet."""
    return line.quantity - line.cancelled_quantity - line.fulfilled_quantity  # type: ignore[no-any-return]
