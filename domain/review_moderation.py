"""Moderators judge reviews: many at once, each only as they have read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Update, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.conditions import among
from domain.review_rules import ModerationOutcome
from models import ModerationStatus, Review


@dataclass(frozen=True, slots=True)
class ReadReview:
    """A review as the moderator read it."""

    id: UUID
    expected_version: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether everybody may read a review."""

    status: ModerationStatus
    rejection_reason: str | None = None
    """For the author; only of what is rejected."""
    note: str | None = None
    """For the staff. Without one the last one stays."""


@dataclass(frozen=True, slots=True)
class Moderated:
    """What became of one review."""

    review_id: UUID
    outcome: ModerationOutcome


async def moderate(
    session: AsyncSession, moderator_id: UUID, reviews: Sequence[ReadReview], judgement: Judgement
) -> list[Moderated]:
    """Judge those reviews that still are as they were read; gives what became of each, in the order of `reviews`.

    Rows are locked in the order of their ids and changed by one statement, whose trigger locks products in the order
    of theirs: two moderators never wait for each other.
    """
    versions = await _lock(session, reviews)
    moderated = [Moderated(review.id, _outcome(review, versions)) for review in reviews]
    ready = [each.review_id for each in moderated if each.outcome is ModerationOutcome.MODERATED]
    if ready:
        await session.execute(_judging(ready, moderator_id, judgement))
    return moderated


async def _lock(session: AsyncSession, reviews: Sequence[ReadReview]) -> dict[UUID, int]:
    """The versions of those that there are."""
    wanted = among(Review.id, [review.id for review in reviews])
    locked = select(Review.id, Review.version).where(wanted).order_by(Review.id).with_for_update()
    return {row.id: row.version for row in await session.execute(locked)}


def _outcome(review: ReadReview, versions: dict[UUID, int]) -> ModerationOutcome:
    version = versions.get(review.id)
    if version is None:
        return ModerationOutcome.NOT_FOUND
    matches = version == review.expected_version
    return ModerationOutcome.MODERATED if matches else ModerationOutcome.CHANGED_MEANWHILE


def _judging(ids: Sequence[UUID], moderator_id: UUID, judgement: Judgement) -> Update:
    values = {
        "status": judgement.status,
        "is_published_unseen": False,
        "rejection_reason": judgement.rejection_reason,
        "moderated_at": func.now(),
        "moderated_by_id": moderator_id,
        "version": Review.version + 1,
    }
    if judgement.note is not None:
        values["moderation_note"] = judgement.note
    return update(Review).where(among(Review.id, ids)).values(values).execution_options(synchronize_session=False)
