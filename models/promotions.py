"""Promotion codes: what they take off, when, how often, and of what. Each use is a row (decision 0037)."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    false,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Currency, LongText, Money, Timestamp, Timestamped
from models.catalog import Category, Product

LONGEST_CODE = 40
WELL_FORMED_CODE = "[A-Z0-9][A-Z0-9_-]*"


class DiscountType(StrEnum):
    """How much a code takes off."""

    PERCENT = "PERCENT"
    FIXED = "FIXED"


promo_code_products = Table(
    "promo_code_products",
    Base.metadata,
    Column("promo_code_id", ForeignKey("promo_codes.id", ondelete="CASCADE"), primary_key=True),
    Column("product_id", ForeignKey("products.id", ondelete="CASCADE"), primary_key=True, index=True),
)

promo_code_categories = Table(
    "promo_code_categories",
    Base.metadata,
    Column("promo_code_id", ForeignKey("promo_codes.id", ondelete="CASCADE"), primary_key=True),
    Column("category_id", ForeignKey("categories.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class PromoCode(Timestamped, Base):
    """A code that customers type in. It is ended and never deleted, so that orders can go on naming it."""

    __tablename__ = "promo_codes"
    __table_args__ = (
        CheckConstraint(f"code ~ '^{WELL_FORMED_CODE}$'", name="code"),
        CheckConstraint("amount > 0 AND amount <> 'NaN'", name="amount"),
        CheckConstraint("discount_type <> 'PERCENT' OR amount <= 100", name="percent"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("valid_from < valid_to", name="window"),
        CheckConstraint("usage_limit > 0", name="usage_limit"),
        CheckConstraint("limit_per_customer > 0", name="limit_per_customer"),
        CheckConstraint("used_count >= 0 AND used_count <= usage_limit", name="used_count"),
        CheckConstraint("minimum_subtotal >= 0 AND minimum_subtotal <> 'NaN'", name="minimum_subtotal"),
        CheckConstraint("version > 0", name="version"),
        Index(None, "created_at", "id"),
        Index(None, "valid_from", "valid_to"),
        Index(
            "ix_promo_codes_usable",
            "code",
            postgresql_where=text("ended_at IS NULL AND (usage_limit IS NULL OR used_count < usage_limit)"),
        ),
    )

    code: Mapped[str] = mapped_column(String(LONGEST_CODE), unique=True)
    """In capitals; customers may type it in any case."""
    description: Mapped[LongText] = mapped_column(server_default="")
    discount_type: Mapped[DiscountType]
    amount: Mapped[Money]
    """Percent, or money in `currency`."""
    currency: Mapped[Currency]
    valid_from: Mapped[Timestamp] = mapped_column(server_default=func.now())
    valid_to: Mapped[Timestamp | None]
    """The first moment at which it is over."""
    ended_at: Mapped[Timestamp | None]
    """When the staff ended it, whatever its window says."""
    usage_limit: Mapped[int | None]
    used_count: Mapped[int] = mapped_column(server_default=text("0"))
    limit_per_customer: Mapped[int | None]
    minimum_subtotal: Mapped[Money | None]
    is_restricted: Mapped[bool] = mapped_column(server_default=false())
    """Whether it is for the linked products and categories alone. Without any left it is for nothing, not for all."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    products: Mapped[list[Product]] = relationship(secondary=promo_code_products, lazy="raise")
    categories: Mapped[list[Category]] = relationship(secondary=promo_code_categories, lazy="raise")


class PromoCodeUse(Base):
    """One use of a code, by one order."""

    __tablename__ = "promo_code_uses"
    __table_args__ = (
        UniqueConstraint("order_id", "promo_code_id"),
        Index(None, "promo_code_id", "user_id"),
        Index(None, "promo_code_id", "email_index"),
        Index(None, "user_id"),
    )

    promo_code_id: Mapped[UUID] = mapped_column(ForeignKey("promo_codes.id", ondelete="RESTRICT"))
    order_id: Mapped[UUID] = mapped_column(Uuid())
    """What it was used for. No foreign key: uses are counted before the order is written."""
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    email_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The blind index of a guest's e-mail address (`Vault.index`)."""
    used_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    released_at: Mapped[Timestamp | None]
    """When it was given back, because its order came to nothing: it counts no more, unless that is paid after all."""
