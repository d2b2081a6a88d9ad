"""What is published: where an item stands on its way to its readers, and the draft beside what they see."""

from abc import abstractmethod
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column
from typing_extensions import override

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


class Drafted(Versioned):
    """A row that readers see or do not. While they do, a newer version is a draft beside it."""

    __abstract__ = True

    live_version: Mapped[int] = mapped_column(server_default=text("1"), sort_order=86)
    """The revision that the row holds. A newer one is a draft beside what readers see."""

    @property
    @abstractmethod
    def is_out(self) -> bool:
        """Whether readers see it."""

    @property
    def has_draft(self) -> bool:
        """Whether its newest version waits beside what the row holds."""
        return self.live_version < self.version


class Switched(Drafted):
    """A row that staff show and hide as they like. What lies in the trash is hidden, and so it comes back."""

    __abstract__ = True

    @abstractmethod
    def show(self, *, is_out: bool) -> None:
        """Let readers see it from now on, or see it no more."""


class Publishable(Drafted):
    """A row that is led to its readers by a workflow. While it is out, a newer version has a status of its own."""

    __abstract__ = True

    status: Mapped[PublishingStatus] = mapped_column(server_default=text(f"'{PublishingStatus.DRAFT}'"))
    draft_status: Mapped[PublishingStatus | None] = mapped_column(sort_order=87)
    """Where the draft stands that waits beside what is out; None without one."""
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
    @override
    def is_out(self) -> bool:
        return self.status is PublishingStatus.PUBLISHED

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


def live_version_rule() -> CheckConstraint:
    """A row holds a version that there is."""
    return CheckConstraint("live_version BETWEEN 1 AND version", name="live_version")


def hidden_in_the_trash(switch: str) -> CheckConstraint:
    """What lies in the trash is shown by no statement that asks for the switch alone."""
    return CheckConstraint(f"deleted_at IS NULL OR NOT {switch}", name="deleted_at")


def publishing_rules() -> tuple[CheckConstraint, ...]:
    """What holds of every row that is out or not."""
    return (
        live_version_rule(),
        CheckConstraint("(live_version < version) = (draft_status IS NOT NULL)", name="draft"),
        CheckConstraint("draft_status IS NULL OR status = 'PUBLISHED'", name="draft_beside_live"),
        CheckConstraint(f"draft_status IN ({STAGES_OF_DRAFTS})", name="draft_status"),
        CheckConstraint("status <> 'PUBLISHED' OR published_at IS NOT NULL", name="published_at"),
        CheckConstraint(
            "coalesce(draft_status, status) <> 'SCHEDULED' OR scheduled_at IS NOT NULL", name="scheduled_at"
        ),
    )
