"""The shop itself: one row of settings that visitors may read."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text, Uuid, text, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Currency, Fraction, LongText, ShortText, Timestamped

SHOP_ID = UUID("01900000-0000-7000-8000-000000000001")
"""The key of the only row."""


class Shop(Timestamped, Base):
    """Name, currency, countries and tax display. Migration 0004 writes the row."""

    __tablename__ = "shops"
    __table_args__ = (
        CheckConstraint("is_only", name="is_only"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("default_tax_rate BETWEEN 0 AND 1", name="default_tax_rate"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("order_number_prefix ~ '^[A-Z0-9]{1,10}$'", name="order_number_prefix"),
        Index("uq_shops_is_only", "is_only", unique=True),
    )

    id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True, default=SHOP_ID, sort_order=-1)
    is_only: Mapped[bool] = mapped_column(server_default=true())
    name: Mapped[ShortText]
    description: Mapped[LongText] = mapped_column(server_default="")
    currency: Mapped[Currency]
    countries: Mapped[list[str]] = mapped_column(ARRAY(String(2)), server_default=text("'{ET}'"))
    """ISO 3166-1 alpha-2 codes of the countries the shop sells to."""
    prices_include_tax: Mapped[bool] = mapped_column(server_default=true())
    """Whether the prices that are stored are with tax or without."""
    shows_prices_with_tax: Mapped[bool] = mapped_column(server_default=true())
    default_tax_rate: Mapped[Fraction] = mapped_column(server_default=text("0.15"))
    """What is charged where no rate of a class is stated."""
    moderates_reviews_first: Mapped[bool] = mapped_column(server_default=true())
    """Whether reviews wait for a moderator before everybody reads them, or are looked at after they came out."""
    order_number_prefix: Mapped[str] = mapped_column(String(10), server_default=text("'NC'"))
    """What the numbers of orders begin with."""
    contact_email: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(server_default=text("1"))
