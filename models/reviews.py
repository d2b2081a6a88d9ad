"""Product reviews, which make a product's rating."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base, LongText, ShortText, Timestamp, Timestamped
from models.catalog import Product

LONGEST_COMMENT = 5_000


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
        CheckConstraint(f"char_length(comment) <= {LONGEST_COMMENT}", name="comment"),
        CheckConstraint("NOT is_published_unseen OR status = 'APPROVED'", name="unseen"),
        CheckConstraint("rejection_reason IS NULL OR status = 'REJECTED'", name="rejection_reason"),
        CheckConstraint("version > 0", name="version"),
        Index(None, "product_id", "created_at", "id"),
        Index(None, "product_id", "rating", "id"),
        Index(None, "created_at", "id"),
        Index(None, "rating", "id"),
        Index(None, "status"),
        Index("ix_reviews_unseen", "created_at", "id", postgresql_where=text("is_published_unseen")),
        Index("ix_reviews_moderated_by_id", "moderated_by_id", postgresql_where=text("moderated_by_id IS NOT NULL")),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    author_name: Mapped[ShortText] = mapped_column(server_default="")
    """How the account is named in public. A trigger keeps it, and the picture, as the account has them."""
    author_avatar_url: Mapped[str | None] = mapped_column(String(500))
    rating: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[ShortText] = mapped_column(server_default="")
    comment: Mapped[LongText] = mapped_column(server_default="")
    status: Mapped[ModerationStatus] = mapped_column(server_default=text(f"'{ModerationStatus.PENDING}'"))
    is_verified_purchase: Mapped[bool] = mapped_column(server_default=false())
    is_published_unseen: Mapped[bool] = mapped_column(server_default=false())
    """Whether it was published before any moderator looked at it, as `shops.moderates_reviews_first` may wish."""
    rejection_reason: Mapped[LongText | None]
    """For the author. Whoever may see a rejected review may see why it was rejected."""
    moderation_note: Mapped[LongText | None]
    """For the staff alone."""
    moderated_at: Mapped[Timestamp | None]
    moderated_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    """Rises with each change of its author or a moderator, so that nobody approves what they have not read."""

    product: Mapped[Product] = relationship(back_populates="reviews", lazy="raise")
    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="raise")
    moderator: Mapped[User | None] = relationship(foreign_keys=[moderated_by_id], lazy="raise")
