"""Product reviews, which make a product's rating."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base, LongText, ShortText, Timestamped
from models.catalog import Product


class ModerationStatus(StrEnum):
    """Whether a review may be read; only approved ones count for the rating."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class Review(Timestamped, Base):
    """What one customer says about one product."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("user_id", "product_id"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        Index(None, "product_id", "created_at", "id"),
        Index(None, "product_id", "rating", "id"),
        Index(None, "created_at", "id"),
        Index(None, "rating", "id"),
        Index(None, "status"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    rating: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[ShortText] = mapped_column(server_default="")
    comment: Mapped[LongText] = mapped_column(server_default="")
    status: Mapped[ModerationStatus] = mapped_column(server_default=text(f"'{ModerationStatus.PENDING}'"))
    is_verified_purchase: Mapped[bool] = mapped_column(server_default=false())
    moderation_note: Mapped[LongText | None]

    product: Mapped[Product] = relationship(back_populates="reviews", lazy="raise")
    user: Mapped[User] = relationship(lazy="raise")
