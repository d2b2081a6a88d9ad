"""Carts: what somebody means to buy, with an account or as a guest."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base, Currency, JsonObject, Money, TextList, Timestamp, Timestamped
from models.catalog import ProductVariant
from models.shipping import ShippingMethod

MOST_LINES = 100
MOST_UNITS_A_LINE = 9_999
MOST_CODES = 5


class Cart(Timestamped, Base):
    """A cart of an account, or of the guest whose token hashes to `guest_id` (decision 0038).

    Its owner has one open cart at the most; checkout completes it.
    """

    __tablename__ = "carts"
    __table_args__ = (
        CheckConstraint("num_nonnulls(user_id, guest_id) = 1", name="owner"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("email = lower(email) AND email LIKE '_%@_%'", name="email"),
        CheckConstraint("country_code ~ '^[A-Z]{2}$'", name="country_code"),
        CheckConstraint(f"cardinality(promo_codes) <= {MOST_CODES}", name="promo_codes"),
        CheckConstraint("version > 0", name="version"),
        Index("uq_carts_open_of_user", "user_id", unique=True, postgresql_where=text("completed_at IS NULL")),
        Index("uq_carts_open_of_guest", "guest_id", unique=True, postgresql_where=text("completed_at IS NULL")),
        Index(None, "user_id"),
        Index(None, "shipping_method_id"),
        Index(None, "expires_at", "id"),
        Index(None, "updated_at", "id"),
    )

    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    guest_id: Mapped[UUID | None]
    currency: Mapped[Currency]
    email: Mapped[str | None] = mapped_column(String(255))
    """Where the order is confirmed to; without one, to the account's address."""
    country_code: Mapped[str | None] = mapped_column(String(2))
    """Where the goods go, for tax and shipping, before there is an address."""
    shipping_address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    billing_address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    shipping_method_id: Mapped[UUID | None] = mapped_column(ForeignKey("shipping_methods.id", ondelete="SET NULL"))
    promo_codes: Mapped[TextList]
    """In the order in which they were given."""
    expires_at: Mapped[Timestamp]
    """When a sweeper takes it away: a day after its last change."""
    completed_at: Mapped[Timestamp | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    """Rises with each change of the cart or its lines, so that nobody buys what they have not seen."""

    user: Mapped[User | None] = relationship(lazy="raise")
    shipping_method: Mapped[ShippingMethod | None] = relationship(lazy="raise")
    lines: Mapped[list["CartLine"]] = relationship(back_populates="cart", lazy="raise", order_by="CartLine.id")


class CartLine(Timestamped, Base):
    """Some units of one variant, all made alike."""

    __tablename__ = "cart_lines"
    __table_args__ = (
        UniqueConstraint("cart_id", "variant_id", "customization_hash"),
        CheckConstraint(f"quantity BETWEEN 1 AND {MOST_UNITS_A_LINE}", name="quantity"),
        CheckConstraint("jsonb_typeof(customization) = 'object'", name="customization"),
        CheckConstraint("octet_length(customization_hash) = 32", name="customization_hash"),
        CheckConstraint("unit_price_seen >= 0 AND unit_price_seen <> 'NaN'", name="unit_price_seen"),
        Index(None, "variant_id"),
    )

    cart_id: Mapped[UUID] = mapped_column(ForeignKey("carts.id", ondelete="CASCADE"))
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("product_variants.id", ondelete="CASCADE"))
    quantity: Mapped[int]
    customization: Mapped[JsonObject]
    """What the buyer chose, by the option schema of the product."""
    customization_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """The SHA-256 of the customization, by which the same one is known again."""
    unit_price_seen: Mapped[Money]
    """What a unit cost when the buyer last agreed to it, with what its options add."""

    cart: Mapped[Cart] = relationship(back_populates="lines", lazy="raise")
    variant: Mapped[ProductVariant] = relationship(lazy="raise")
