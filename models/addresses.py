"""Addresses: where a customer's orders and bills go."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamped


class Address(Timestamped, Base):
    """An entry of a user's address book. One of them at most is the default for each use."""

    __tablename__ = "addresses"
    __table_args__ = (
        CheckConstraint("name <> '' AND line1 <> '' AND city <> ''", name="filled"),
        CheckConstraint("country_code ~ '^[A-Z]{2}$'", name="country_code"),
        Index(None, "user_id"),
        Index("uq_addresses_default_shipping", "user_id", unique=True, postgresql_where=text("is_default_shipping")),
        Index("uq_addresses_default_billing", "user_id", unique=True, postgresql_where=text("is_default_billing")),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    """Of the person who receives."""
    company: Mapped[str | None] = mapped_column(String(200))
    line1: Mapped[str] = mapped_column(String(255))
    line2: Mapped[str | None] = mapped_column(String(255))
    city: Mapped[str] = mapped_column(String(100))
    region: Mapped[str | None] = mapped_column(String(100))
    postal_code: Mapped[str | None] = mapped_column(String(20))
    country_code: Mapped[str] = mapped_column(String(2))
    """ISO 3166-1 alpha-2."""
    encrypted_phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    is_default_shipping: Mapped[bool] = mapped_column(server_default=false())
    is_default_billing: Mapped[bool] = mapped_column(server_default=false())
