"""Fulfilment: the parcels that an order is sent in."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Timestamp, Timestamped, Url
from models.orders import Order, OrderLine

LONGEST_CARRIER = 100
LONGEST_TRACKING_NUMBER = 100


class ParcelStatus(StrEnum):
    """How far a parcel is."""

    PACKED = "PACKED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"
    """It was unpacked again before it left."""


class Fulfillment(Timestamped, Base):
    """A parcel: some units of an order's lines, sent together."""

    __tablename__ = "fulfillments"
    __table_args__ = (
        UniqueConstraint("order_id", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("tracking_url ~ '^https?://'", name="tracking_url"),
        CheckConstraint("(shipped_at IS NOT NULL) = (status IN ('SHIPPED', 'DELIVERED'))", name="shipped_at"),
        CheckConstraint("(delivered_at IS NOT NULL) = (status = 'DELIVERED')", name="delivered_at"),
        CheckConstraint("version > 0", name="version"),
        Index(None, "tracking_number", postgresql_where=text("tracking_number IS NOT NULL")),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(SmallInteger)
    """Its place among the parcels of the order, from 1 on."""
    status: Mapped[ParcelStatus] = mapped_column(server_default=text(f"'{ParcelStatus.PACKED}'"))
    carrier: Mapped[str | None] = mapped_column(String(LONGEST_CARRIER))
    tracking_number: Mapped[str | None] = mapped_column(String(LONGEST_TRACKING_NUMBER))
    tracking_url: Mapped[Url | None]
    estimated_delivery: Mapped[date | None] = mapped_column(Date)
    shipped_at: Mapped[Timestamp | None]
    delivered_at: Mapped[Timestamp | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    order: Mapped[Order] = relationship(back_populates="fulfillments", lazy="raise")
    lines: Mapped[list["FulfillmentLine"]] = relationship(back_populates="fulfillment", lazy="raise")


class FulfillmentLine(Base):
    """Units of one line of the order in a parcel."""

    __tablename__ = "fulfillment_lines"
    __table_args__ = (
        UniqueConstraint("fulfillment_id", "order_line_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index(None, "order_line_id"),
    )

    fulfillment_id: Mapped[UUID] = mapped_column(ForeignKey("fulfillments.id", ondelete="CASCADE"))
    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id", ondelete="CASCADE"))
    quantity: Mapped[int]

    fulfillment: Mapped[Fulfillment] = relationship(back_populates="lines", lazy="raise")
    order_line: Mapped[OrderLine] = relationship(lazy="raise")
