"""Stock rules as SQL expressions: what can be sold, and what is said about it."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, literal, or_, select

from models import BackorderPolicy, ProductVariant, StockLevel
from models.stock import LOW_STOCK_BELOW


class StockStatus(StrEnum):
    """What a shop window says about stock."""

    IN_STOCK = "IN_STOCK"
    LOW_STOCK = "LOW_STOCK"
    OUT_OF_STOCK = "OUT_OF_STOCK"


def available_units(variant: Any) -> ColumnElement[int]:
    """The units that are neither sold nor reserved; 0 without a stock level."""
    units = select(StockLevel.quantity - StockLevel.reserved).where(StockLevel.variant_id == variant.id)
    return func.coalesce(units.scalar_subquery(), 0)


def minimum_level(variant: Any) -> ColumnElement[int]:
    """The level below which stock is low."""
    level = select(StockLevel.minimum_level).where(StockLevel.variant_id == variant.id)
    return func.coalesce(level.scalar_subquery(), LOW_STOCK_BELOW)


def can_be_sold(variant: Any) -> ColumnElement[bool]:
    """There are units left, or none are needed: stock is not counted, or orders may wait for it."""
    return or_(
        ~variant.tracks_stock,
        variant.backorder_policy == BackorderPolicy.ALLOW,
        available_units(variant) > 0,
    )


def is_plentiful(variant: Any) -> ColumnElement[bool]:
    """Stock is not counted, or has not fallen below the minimum level."""
    enough = available_units(variant) >= func.greatest(minimum_level(variant), 1)
    return or_(~variant.tracks_stock, enough)


def is_low(level: Any) -> ColumnElement[bool]:
    """The stock of the level is counted, and fewer units can be sold than should be."""
    counted = select(ProductVariant.id).where(ProductVariant.id == level.variant_id, ProductVariant.tracks_stock)
    return and_(level.available < func.greatest(level.minimum_level, 1), counted.exists())


def cause_key(movement: Any) -> ColumnElement[str]:
    """The key of the row that units were moved for, as text."""
    return cast(movement.cause_id, Text)


def variant_status(variant: Any) -> ColumnElement[str]:
    """OUT_OF_STOCK where it cannot be sold, LOW_STOCK below its minimum level, else IN_STOCK."""
    return _status(can_be_sold(variant), is_plentiful(variant))


def product_in_stock(product: Any) -> ColumnElement[bool]:
    """At least one variant can be sold."""
    return _any_variant(product, can_be_sold(ProductVariant))


def product_status(product: Any) -> ColumnElement[str]:
    """The status of the product's best supplied variant."""
    return _status(product_in_stock(product), _any_variant(product, is_plentiful(ProductVariant)))


def _any_variant(product: Any, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(ProductVariant.id).where(ProductVariant.product_id == product.id, condition).exists()


def _status(sellable: ColumnElement[bool], plentiful: ColumnElement[bool]) -> ColumnElement[str]:
    status = case(
        (~sellable, literal(StockStatus.OUT_OF_STOCK.value)),
        (~plentiful, literal(StockStatus.LOW_STOCK.value)),
        else_=literal(StockStatus.IN_STOCK.value),
    )
    return cast(status, Text)
