"""Taxes: classes of things that are taxed alike, and what each class is charged in each country (decision 0043)."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Fraction, ShortText, Timestamped

STANDARD_TAX_CLASS_ID = UUID("01900000-0000-7000-8000-000000000002")
"""The class that every database begins with."""

LONGEST_TAX_CODE = 40


class TaxClass(Timestamped, Base):
    """Things that are taxed alike. Whatever has no class is of the default one. Migration 0029 writes the first."""

    __tablename__ = "tax_classes"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("code ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="code"),
        CheckConstraint("version > 0", name="version"),
        Index("uq_tax_classes_is_default", "is_default", unique=True, postgresql_where=text("is_default")),
        Index(None, "name", "id"),
    )

    name: Mapped[ShortText]
    code: Mapped[str] = mapped_column(String(LONGEST_TAX_CODE), unique=True)
    """What programs know it by."""
    is_default: Mapped[bool] = mapped_column(server_default=false())
    version: Mapped[int] = mapped_column(server_default=text("1"))

    rates: Mapped[list["TaxRate"]] = relationship(back_populates="tax_class", lazy="raise")


class TaxRate(Base):
    """What things of a class are charged in a country. Where none is stated, it is the shop's default rate."""

    __tablename__ = "tax_rates"
    __table_args__ = (
        UniqueConstraint("tax_class_id", "country_code"),
        CheckConstraint("country_code ~ '^[A-Z]{2}$'", name="country_code"),
        CheckConstraint("rate BETWEEN 0 AND 1", name="rate"),
    )

    tax_class_id: Mapped[UUID] = mapped_column(ForeignKey("tax_classes.id", ondelete="CASCADE"))
    country_code: Mapped[str] = mapped_column(String(2))
    """ISO 3166-1 alpha-2."""
    rate: Mapped[Fraction]

    tax_class: Mapped[TaxClass] = relationship(back_populates="rates", lazy="raise")
