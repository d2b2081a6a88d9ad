"""Slugs that were given up, so that old links still lead to what they named."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Slug, Timestamp

BEARERS = ("product_id", "category_id", "service_id", "post_id", "post_category_id", "author_id", "page_id")
"""The columns of which one names who bore the slug."""


class FormerSlug(Base):
    """A slug that something bore until `left_at`. A trigger on each table with slugs writes it (decision 0040).

    Several may have borne the same slug one after the other. It names its bearer, not the slug that came next, so
    that the oldest link is one step from the newest address.
    """

    __tablename__ = "former_slugs"
    __table_args__ = (
        CheckConstraint(f"num_nonnulls({', '.join(BEARERS)}) = 1", name="bearer"),
        UniqueConstraint("slug", "bearer_id"),
        *(Index(None, name, postgresql_where=text(f"{name} IS NOT NULL")) for name in BEARERS),
    )

    slug: Mapped[Slug]
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id", ondelete="CASCADE"))
    service_id: Mapped[UUID | None] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    post_id: Mapped[UUID | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    post_category_id: Mapped[UUID | None] = mapped_column(ForeignKey("post_categories.id", ondelete="CASCADE"))
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"))
    page_id: Mapped[UUID | None] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    bearer_id: Mapped[UUID] = mapped_column(Computed(f"coalesce({', '.join(BEARERS)})", persisted=True))
    left_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
