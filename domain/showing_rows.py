"""What it does to a row to come out, to go, and to go back. Functions of values, for every kind that has drafts."""

from datetime import datetime
from typing import Final

from models import PublishingStatus
from models.publishing import Drafted, Publishable, Switched

STAGES: Final = frozenset(
    {
        PublishingStatus.DRAFT,
        PublishingStatus.IN_REVIEW,
        PublishingStatus.CHANGES_REQUESTED,
        PublishingStatus.APPROVED,
        PublishingStatus.SCHEDULED,
    }
)
"""Where a version may stand that readers do not see."""


def come_out(row: Drafted, at: datetime) -> None:
    """Let readers see the newest version, which is laid into the row beside this."""
    if isinstance(row, Publishable):
        if row.stage is not PublishingStatus.SCHEDULED and row.unpublish_at is not None and row.unpublish_at <= at:
            row.unpublish_at = None  # of a plan that came to nothing
        row.status, row.draft_status = PublishingStatus.PUBLISHED, None
        row.published_at = row.published_at or at
        row.scheduled_at = row.schedule_error = row.submitted_by_id = None
    elif isinstance(row, Switched):
        row.show(is_out=True)
    row.live_version = row.version


def forget_plan(row: Publishable) -> None:
    """Let the newest version wait, before its stage says so; the end of its plan is none of what readers see meanwhile.

    What was to go without a newer version goes when it was to go.
    """
    if row.stage is PublishingStatus.SCHEDULED or not row.is_out:
        row.unpublish_at = None
    row.scheduled_at = None


def go(row: Drafted) -> None:
    """Let readers see it no more. Where there is a workflow, its draft is laid into the row beside this."""
    if isinstance(row, Publishable):
        row.status, row.draft_status = PublishingStatus.ARCHIVED, None
        row.scheduled_at = row.unpublish_at = None
        row.live_version = row.version
    elif isinstance(row, Switched):
        row.show(is_out=False)


def come_back(row: Drafted, version: int, stage: PublishingStatus | None) -> None:
    """Let readers see an earlier version, which is laid into the row beside this; a newer one is a draft again.

    It stands where it stands by now, or else at that stage. The end of a plan that is over is none of that version.
    """
    row.live_version = version
    if isinstance(row, Publishable):
        if PublishingStatus.SCHEDULED is stage is not row.stage:
            row.unpublish_at = None
        waits = row.stage if row.stage in STAGES else _standing(stage)
        row.status = PublishingStatus.PUBLISHED
        row.draft_status = waits if row.has_draft else None
    elif isinstance(row, Switched):
        row.show(is_out=True)


def withdraw(row: Drafted, stage: PublishingStatus | None, published_at: datetime | None) -> None:
    """Let it stand where it stood before readers saw it; its newest version is laid into the row beside this."""
    if isinstance(row, Publishable):
        row.status, row.draft_status = row.draft_status or _standing(stage), None
        row.published_at = published_at
        row.unpublish_at = None
        row.live_version = row.version
    elif isinstance(row, Switched):
        row.show(is_out=False)


def _standing(stage: PublishingStatus | None) -> PublishingStatus:
    """What was scheduled has no time any more."""
    if stage is None:
        return PublishingStatus.DRAFT
    return PublishingStatus.APPROVED if stage is PublishingStatus.SCHEDULED else stage
