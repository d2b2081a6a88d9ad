"""What is published: where an item stands on its way to its readers, and the draft beside what they see."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import LongText, Timestamp, Versioned

TIME_ZONE_LENGTH = 64


class PublishingStatus(StrEnum):
    """Where an item stands on its way to its readers."""

    DRAFT = "DRAFT"
    IN_REVIEW = "IN_REVIEW"
    CHANGES_REQUESTED = "CHANGES_REQUESTED"
    APPROVED = "APPROVED"
    SCHEDULED = "SCHEDULED"
    PUBLISHED = "PUBLISHED"
    ARCHIVED = "ARCHIVED"


STAGES_OF_DRAFTS = "'DRAFT', 'IN_REVIEW', 'CHANGES_REQUESTED', 'APPROVED', 'SCHEDULED'"
"""Where a version may stand beside one that is out."""


class Publishable(Versioned):
    """A row that is out or not. While it is out, a newer version has a status of its own."""

    __abstract__ = True

    status: Mapped[PublishingStatus] = mapped_column(server_default=text(f"'{PublishingStatus.DRAFT}'"))
    draft_status: Mapped[PublishingStatus | None] = mapped_column(sort_order=87)
    """Where the draft stands that waits beside what is out; None without one."""
    live_version: Mapped[int] = mapped_column(server_default=text("1"), sort_order=86)
    """The revision that the row holds. A newer one is a draft beside what readers see."""
    published_at: Mapped[Timestamp | None]
    scheduled_at: Mapped[Timestamp | None]
    """When the newest version is to come out."""
    unpublish_at: Mapped[Timestamp | None] = mapped_column(sort_order=88)
    """When readers are to see it no more."""
    schedule_time_zone: Mapped[str | None] = mapped_column(String(TIME_ZONE_LENGTH), sort_order=88)
    """The IANA name of the time zone that the editor who planned it thinks in."""
    schedule_error: Mapped[LongText | None] = mapped_column(sort_order=88)
    """Why it did not come out when it should have."""
    submitted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), sort_order=88)
    """Who handed the newest version in for review, and may not be who approves it."""

    @property
    def stage(self) -> PublishingStatus:
        """Where its newest version stands."""
        return self.draft_status or self.status

    @stage.setter
    def stage(self, status: PublishingStatus) -> None:
        if self.draft_status is None:
            self.status = status
        else:
            self.draft_status = status


def publishing_rules() -> tuple[CheckConstraint, ...]:
    """What holds of every row that is out or not."""
    return (
        CheckConstraint("live_version BETWEEN 1 AND version", name="live_version"),
        CheckConstraint("(live_version < version) = (draft_status IS NOT NULL)", name="draft"),
        CheckConstraint("draft_status IS NULL OR status = 'PUBLISHED'", name="draft_beside_live"),
        CheckConstraint(f"draft_status IN ({STAGES_OF_DRAFTS})", name="draft_status"),
        CheckConstraint("status <> 'PUBLISHED' OR published_at IS NOT NULL", name="published_at"),
        CheckConstraint(
            "coalesce(draft_status, status) <> 'SCHEDULED' OR scheduled_at IS NOT NULL", name="scheduled_at"
        ),
    )
