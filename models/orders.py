"""Orders: what was bought, for how much, and how far it is on its way."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base, Currency, Fraction, JsonObject, LongText, Money, ShortText, Timestamp, Timestamped
from models.catalog import Product, ProductVariant
from models.promotions import LONGEST_CODE, PromoCode

MOST_MONEY = "9999999999.99"
"""What an amount has room for. NaN is greater."""

if TYPE_CHECKING:
    from models.fulfillments import Fulfillment
    from models.order_events import OrderEvent

LONGEST_CUSTOMER_NOTE = 1_000


class OrderStatus(StrEnum):
    """Where an order stands; domain/order_moves.py says what may follow what."""

    PENDING = "PENDING"
    """It was placed, and nobody has said yet that it will be paid."""
    CONFIRMED = "CONFIRMED"
    """It is paid, or will be paid in a way that the shop trusts."""
    PROCESSING = "PROCESSING"
    PREPARING = "PREPARING"
    DISPATCHED = "DISPATCHED"
    SHIPPED = "SHIPPED"
    """All of it has left the house."""
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"
    REFUNDED = "REFUNDED"
    """All money went back."""
    FAILED = "FAILED"
    """It was never paid."""


class PaymentStatus(StrEnum):
    """How much of an order is paid; it follows from the three sums of money."""

    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    PAID = "PAID"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class FulfillmentStatus(StrEnum):
    """How much of an order is in parcels, and how far they all are; it follows from them."""

    UNFULFILLED = "UNFULFILLED"
    PARTIAL = "PARTIAL"
    FULFILLED = "FULFILLED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"


order_counters = Table(
    "order_counters",
    Base.metadata,
    Column("day", Date(), primary_key=True),
    Column("before", BigInteger(), nullable=False, comment="What the sequence order_numbers gave before that day."),
)
"""Where each day's numbers begin. Nobody holds a lock on a row while an order is placed (decision 0039)."""


def _amount(name: str) -> CheckConstraint:
    return CheckConstraint(f"{name} BETWEEN 0 AND {MOST_MONEY}", name=name)


class Order(Timestamped, Base):
    """A purchase of an account or a guest, as it was agreed. It outlives both, and its sums are those of its lines."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("number ~ '^[A-Z0-9]{1,10}-[0-9]{8}-[0-9]{4,}$'", name="number"),
        CheckConstraint("num_nonnulls(user_id, guest_id) <= 1", name="buyer"),
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("country_code ~ '^[A-Z]{2}$'", name="country_code"),
        CheckConstraint("jsonb_typeof(customer) = 'object'", name="customer"),
        CheckConstraint("jsonb_typeof(shipping_address) = 'object'", name="shipping_address"),
        CheckConstraint("jsonb_typeof(billing_address) = 'object'", name="billing_address"),
        CheckConstraint("jsonb_typeof(metadata) = 'object'", name="metadata"),
        CheckConstraint(f"char_length(customer_note) <= {LONGEST_CUSTOMER_NOTE}", name="customer_note"),
        *map(_amount, ("subtotal", "discount_total", "shipping_total", "shipping_tax", "tax_total", "total")),
        CheckConstraint(
            "total = subtotal - discount_total + shipping_total "
            "+ CASE WHEN prices_include_tax THEN 0 ELSE tax_total END",
            name="sum",
        ),
        CheckConstraint(
            "0 <= refunded_total AND refunded_total <= captured_total AND captured_total <= authorized_total "
            "AND authorized_total <= total",
            name="paid",
        ),
        CheckConstraint("version > 0", name="version"),
        Index(None, "user_id", "status"),
        Index(None, "guest_id", postgresql_where=text("guest_id IS NOT NULL")),
        Index(None, "email"),
        Index(None, "status"),
        Index(None, "payment_status"),
        Index(None, "placed_at", "id"),
        Index(None, "total", "id"),
        Index(None, "shipping_method_id"),
        Index(None, "metadata", postgresql_using="gin"),
        Index("uq_orders_cart_id", "cart_id", unique=True, postgresql_where=text("status <> 'FAILED'")),
        Index("ix_orders_expires_at", "expires_at", postgresql_where=text("status = 'PENDING'")),
    )

    number: Mapped[str] = mapped_column(String(32), unique=True, server_default=text("next_order_number()"))
    """What people call it by: the shop's prefix, the day in UTC, and the place among the orders of that day."""
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    guest_id: Mapped[UUID | None]
    cart_id: Mapped[UUID | None]
    """The cart that it came from. No foreign key: carts are swept away. A cart becomes one living order at most."""
    status: Mapped[OrderStatus] = mapped_column(server_default=text(f"'{OrderStatus.PENDING}'"))
    payment_status: Mapped[PaymentStatus] = mapped_column(server_default=text(f"'{PaymentStatus.PENDING}'"))
    fulfillment_status: Mapped[FulfillmentStatus] = mapped_column(
        server_default=text(f"'{FulfillmentStatus.UNFULFILLED}'")
    )
    customer: Mapped[JsonObject]
    """Who bought, as they called themselves then: name, email and phone."""
    email: Mapped[str | None] = mapped_column(String(255))
    """Where letters about it go; null once the buyer is forgotten."""
    shipping_address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    billing_address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    country_code: Mapped[str | None] = mapped_column(String(2))
    """The country whose taxes it bears."""
    customer_note: Mapped[LongText] = mapped_column(server_default="")
    currency: Mapped[Currency]
    prices_include_tax: Mapped[bool] = mapped_column(server_default=true())
    """Whether the prices have the tax in them, so that it does not add to the total."""
    subtotal: Mapped[Money]
    discount_total: Mapped[Money] = mapped_column(server_default=text("0"))
    shipping_total: Mapped[Money] = mapped_column(server_default=text("0"))
    shipping_tax: Mapped[Money] = mapped_column(server_default=text("0"))
    """The part of `tax_total` that is for shipping; the lines have the rest."""
    tax_total: Mapped[Money] = mapped_column(server_default=text("0"))
    total: Mapped[Money]
    authorized_total: Mapped[Money] = mapped_column(server_default=text("0"))
    captured_total: Mapped[Money] = mapped_column(server_default=text("0"))
    refunded_total: Mapped[Money] = mapped_column(server_default=text("0"))
    shipping_method_id: Mapped[UUID | None] = mapped_column(ForeignKey("shipping_methods.id", ondelete="SET NULL"))
    shipping_method_name: Mapped[str | None] = mapped_column(String(255))
    placed_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    expires_at: Mapped[Timestamp | None]
    """When it is given up if it is not paid by then; null when it is not waited for."""
    version: Mapped[int] = mapped_column(server_default=text("1"))
    """Rises with each change, of which those who watch the order are told then."""
    attributes: Mapped[JsonObject] = mapped_column("metadata")
    """What integrations keep with it. For the staff alone."""

    user: Mapped[User | None] = relationship(lazy="raise")
    lines: Mapped[list["OrderLine"]] = relationship(back_populates="order", lazy="raise")
    discounts: Mapped[list["OrderDiscount"]] = relationship(back_populates="order", lazy="raise")
    fulfillments: Mapped[list["Fulfillment"]] = relationship(back_populates="order", lazy="raise")
    events: Mapped[list["OrderEvent"]] = relationship(back_populates="order", lazy="raise")


class OrderLine(Base):
    """Some units of one variant, as they were called and priced when they were bought.

    Of its units some are cancelled, some are in parcels, and of these some have left the house; the others of a line
    whose stock is counted are reserved: `quantity - cancelled_quantity - shipped_quantity`.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("quantity > 0", name="quantity"),
        *map(_amount, ("unit_price", "subtotal", "discount", "tax", "total")),
        CheckConstraint("subtotal = unit_price * quantity AND discount <= subtotal", name="sum"),
        CheckConstraint("tax_rate BETWEEN 0 AND 1", name="tax_rate"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("jsonb_typeof(customization) = 'object'", name="customization"),
        CheckConstraint(
            "0 <= cancelled_quantity AND cancelled_quantity + fulfilled_quantity <= quantity "
            "AND 0 <= shipped_quantity AND shipped_quantity <= fulfilled_quantity "
            "AND 0 <= returned_quantity AND returned_quantity <= shipped_quantity "
            "AND refunded_quantity BETWEEN 0 AND quantity",
            name="units",
        ),
        Index(None, "variant_id"),
        Index(None, "product_id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(SmallInteger)
    variant_id: Mapped[UUID | None] = mapped_column(ForeignKey("product_variants.id", ondelete="SET NULL"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id", ondelete="SET NULL"))
    sku: Mapped[ShortText]
    product_name: Mapped[ShortText]
    variant_name: Mapped[ShortText] = mapped_column(server_default="")
    customization: Mapped[JsonObject]
    """The values of the product's options that the buyer chose."""
    quantity: Mapped[int]
    currency: Mapped[Currency]
    """That of the order."""
    unit_price: Mapped[Money]
    """With what the options add."""
    subtotal: Mapped[Money]
    discount: Mapped[Money] = mapped_column(server_default=text("0"))
    tax_rate: Mapped[Fraction] = mapped_column(server_default=text("0"))
    tax: Mapped[Money] = mapped_column(server_default=text("0"))
    total: Mapped[Money]
    """What is paid for it: the discount is off, and the tax in it."""
    is_reserved: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether its stock is counted, so that its units were reserved."""
    cancelled_quantity: Mapped[int] = mapped_column(server_default=text("0"))
    """The units that will not be sent."""
    fulfilled_quantity: Mapped[int] = mapped_column(server_default=text("0"))
    """The units in parcels."""
    shipped_quantity: Mapped[int] = mapped_column(server_default=text("0"))
    """Those of them that left the house."""
    returned_quantity: Mapped[int] = mapped_column(server_default=text("0"))
    """Those of them that came back."""
    refunded_quantity: Mapped[int] = mapped_column(server_default=text("0"))
    """The units whose price went back."""

    order: Mapped[Order] = relationship(back_populates="lines", lazy="raise")
    product: Mapped[Product | None] = relationship(lazy="raise")
    variant: Mapped[ProductVariant | None] = relationship(lazy="raise")


class OrderDiscount(Base):
    """What a promotion code took off an order."""

    __tablename__ = "order_discounts"
    __table_args__ = (
        UniqueConstraint("order_id", "code"),
        _amount("amount"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        Index(None, "promo_code_id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    promo_code_id: Mapped[UUID | None] = mapped_column(ForeignKey("promo_codes.id", ondelete="SET NULL"))
    code: Mapped[str] = mapped_column(String(LONGEST_CODE))
    currency: Mapped[Currency]
    """That of the order."""
    amount: Mapped[Money]

    order: Mapped[Order] = relationship(back_populates="discounts", lazy="raise")
    promo_code: Mapped[PromoCode | None] = relationship(lazy="raise")
