"""Shipping methods: where each goes, and what it costs."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Currency, LongText, Money, ShortText, Timestamped
from models.taxes import TaxClass

MOST_SHIPPING_DAYS = 365


class ShippingRateKind(StrEnum):
    """How the price of shipping is found."""

    FLAT = "FLAT"
    """It is always the same."""
    FREE_OVER = "FREE_OVER"
    """It is free from an amount on."""
    WEIGHT = "WEIGHT"
    """It rises with each kilogram; it may be free from an amount on as well."""


class ShippingMethod(Timestamped, Base):
    """A way to send what was bought. It is made inactive and never deleted, so that orders can go on naming it."""

    __tablename__ = "shipping_methods"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint(
            "array_to_string(countries, ',', '-') ~ '^([A-Z]{2}(,[A-Z]{2})*)?$' AND cardinality(countries) <= 250",
            name="countries",
        ),
        CheckConstraint("price >= 0 AND price <> 'NaN'", name="price"),
        CheckConstraint("free_over >= 0 AND free_over <> 'NaN'", name="free_over"),
        CheckConstraint("price_per_kg >= 0 AND price_per_kg <> 'NaN'", name="price_per_kg"),
        CheckConstraint(
            "CASE rate_kind WHEN 'FREE_OVER' THEN free_over IS NOT NULL "
            "WHEN 'FLAT' THEN free_over IS NULL ELSE true END",
            name="free_over_of_its_kind",
        ),
        CheckConstraint("(rate_kind = 'WEIGHT') = (price_per_kg IS NOT NULL)", name="price_per_kg_of_its_kind"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("days_min BETWEEN 0 AND days_max AND days_max <= 365", name="days"),
        CheckConstraint("(days_min IS NULL) = (days_max IS NULL)", name="days_together"),
        CheckConstraint("version > 0", name="version"),
        Index(None, "position", "id"),
        Index(None, "tax_class_id"),
    )

    name: Mapped[ShortText]
    description: Mapped[LongText] = mapped_column(server_default="")
    countries: Mapped[list[str]] = mapped_column(ARRAY(String(2)), server_default=text("'{}'"))
    """ISO 3166-1 alpha-2 codes; all that the shop sells to where there is none."""
    rate_kind: Mapped[ShippingRateKind]
    price: Mapped[Money]
    """What it costs, or what the weight is added to; with tax or without, as all prices of the shop are."""
    free_over: Mapped[Money | None]
    """From this amount on, after discounts, it costs nothing."""
    price_per_kg: Mapped[Money | None]
    currency: Mapped[Currency]
    tax_class_id: Mapped[UUID | None] = mapped_column(ForeignKey("tax_classes.id", ondelete="RESTRICT"))
    days_min: Mapped[int | None]
    days_max: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(server_default=true())
    position: Mapped[int] = mapped_column(server_default=text("0"))
    version: Mapped[int] = mapped_column(server_default=text("1"))

    tax_class: Mapped[TaxClass | None] = relationship(lazy="raise")
