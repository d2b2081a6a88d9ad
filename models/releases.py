"""Releases: items that come out or go together, and what they were before (decision 0052)."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base, LongText, ShortText, Timestamp, Timestamped, positive_version
from models.catalog import Product
from models.content import Post
from models.pages import Page
from models.publishing import TIME_ZONE_LENGTH, PublishingStatus
from models.services import Service

ITEM_COLUMNS = ("post_id", "page_id", "product_id", "service_id")
"""The columns of which one names the item."""

TRACES = ("was_out", "version_before", "version_after")
"""What is known of an item once its release has come out."""


class ReleaseStatus(StrEnum):
    """Where a release stands."""

    OPEN = "OPEN"
    SCHEDULED = "SCHEDULED"
    PUBLISHED = "PUBLISHED"
    ROLLED_BACK = "ROLLED_BACK"
    ARCHIVED = "ARCHIVED"


class ReleaseAction(StrEnum):
    """What a release does to an item."""

    PUBLISH = "PUBLISH"
    UNPUBLISH = "UNPUBLISH"


class Release(Timestamped, Base):
    """Items that come out together, or not at all."""

    __tablename__ = "releases"
    __table_args__ = (
        positive_version(),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("(status = 'SCHEDULED') = (scheduled_at IS NOT NULL)", name="scheduled_at"),
        CheckConstraint("status NOT IN ('PUBLISHED', 'ROLLED_BACK') OR published_at IS NOT NULL", name="published_at"),
        Index(None, "scheduled_at", postgresql_where=text("scheduled_at IS NOT NULL")),
        Index(None, "created_at", "id"),
        Index(None, "title", "id"),
    )

    title: Mapped[ShortText]
    notes: Mapped[LongText] = mapped_column(server_default="")
    status: Mapped[ReleaseStatus] = mapped_column(server_default=text(f"'{ReleaseStatus.OPEN}'"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    """Rises whenever the release or its list changes, so that nobody publishes a list that they have not read."""
    scheduled_at: Mapped[Timestamp | None]
    schedule_time_zone: Mapped[str | None] = mapped_column(String(TIME_ZONE_LENGTH))
    """The IANA name of the time zone that the editor who planned it thinks in."""
    last_error: Mapped[LongText | None]
    """Why it did not come out when it should have."""
    published_at: Mapped[Timestamp | None]

    items: Mapped[list["ReleaseItem"]] = relationship(back_populates="release", lazy="raise")
    events: Mapped[list["ReleaseEvent"]] = relationship(back_populates="release", lazy="raise")


class ReleaseItem(Base):
    """An item of a release: its newest version is to come out, or readers are to see it no more."""

    __tablename__ = "release_items"
    __table_args__ = (
        CheckConstraint(f"num_nonnulls({', '.join(ITEM_COLUMNS)}) = 1", name="item"),
        CheckConstraint(f"num_nonnulls({', '.join(TRACES)}) IN (0, {len(TRACES)})", name="traces"),
        *(Index(None, "release_id", name, unique=True) for name in ITEM_COLUMNS),
        *(Index(None, name, postgresql_where=text(f"{name} IS NOT NULL")) for name in ITEM_COLUMNS),
        Index(None, "release_id", "id"),
    )

    release_id: Mapped[UUID] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"))
    action: Mapped[ReleaseAction]
    post_id: Mapped[UUID | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    page_id: Mapped[UUID | None] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    service_id: Mapped[UUID | None] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    was_out: Mapped[bool | None]
    """Whether readers saw it before."""
    version_before: Mapped[int | None]
    """The version that its row held before."""
    version_after: Mapped[int | None]
    """The version that its row held when the release was out."""
    stage_before: Mapped[PublishingStatus | None]
    """Where its newest version stood before; None for what has no workflow."""
    published_at_before: Mapped[Timestamp | None]
    """When readers first saw it, if they had before."""

    release: Mapped[Release] = relationship(back_populates="items", lazy="raise")
    post: Mapped[Post | None] = relationship(lazy="raise", viewonly=True)
    page: Mapped[Page | None] = relationship(lazy="raise", viewonly=True)
    product: Mapped[Product | None] = relationship(lazy="raise", viewonly=True)
    service: Mapped[Service | None] = relationship(lazy="raise", viewonly=True)


class ReleaseEvent(Base):
    """An entry of a release's history. Nobody changes one."""

    __tablename__ = "release_events"
    __table_args__ = (
        Index(None, "release_id", "recorded_at", "id"),
        Index(None, "actor_id"),
    )

    release_id: Mapped[UUID] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"))
    status: Mapped[ReleaseStatus]
    """Where the release stood from then on."""
    note: Mapped[LongText | None]
    """Why it did not come out, or what was left as it was."""
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    """None for the worker."""
    recorded_at: Mapped[Timestamp] = mapped_column(server_default=func.clock_timestamp())

    release: Mapped[Release] = relationship(back_populates="events", lazy="raise")
    actor: Mapped[User | None] = relationship(viewonly=True, lazy="raise")
