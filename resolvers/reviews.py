"""Mutations of reviews: by their authors, by moderators, and of what the shop wishes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack
from uuid import UUID

from auth.active_accounts import lock_account
from domain import reviews as own_reviews
from domain.review_moderation import Judgement, Moderated, ReadReview, moderate
from domain.review_policy import set_policy
from domain.reviews import NewReview, ReviewChanges
from models import ModerationStatus, Review, Shop
from resolvers.context import Context
from resolvers.mutations import DONE, Done


@dataclass(frozen=True, slots=True)
class ModeratedReviews:
    """What became of each review that was judged."""

    results: Sequence[Moderated]


async def write_review(context: Context, *, product: UUID, **given: Unpack[NewReview]) -> Review:
    """Review a product."""
    async with context.writing() as session:
        author = await lock_account(session, context.viewer.account_id)
        return await own_reviews.write_review(session, author, product, **given)


async def update_review(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int | None = None,
    **changes: Unpack[ReviewChanges],
) -> Review:
    """Change one's own review."""
    async with context.writing() as session:
        author = await lock_account(session, context.viewer.account_id)
        return await own_reviews.change_review(session, author, id, expected_version, **changes)


async def delete_review(context: Context, *, id: UUID) -> Done:  # noqa: A002 - what clients call it
    """Take one's own review back."""
    async with context.writing() as session:
        author = await lock_account(session, context.viewer.account_id)
        await own_reviews.delete_review(session, author, id)
    return DONE


async def approve_reviews(
    context: Context, *, reviews: Sequence[ReadReview], note: str | None = None
) -> ModeratedReviews:
    """Let everybody read reviews."""
    return await _moderate(context, reviews, Judgement(ModerationStatus.APPROVED, note=note))


async def reject_reviews(
    context: Context, *, reviews: Sequence[ReadReview], reason: str, note: str | None = None
) -> ModeratedReviews:
    """Keep reviews from everybody but their authors and the staff."""
    return await _moderate(context, reviews, Judgement(ModerationStatus.REJECTED, reason.strip(), note))


async def update_review_policy(context: Context, *, moderates_first: bool) -> Shop:
    """Say whether reviews wait for a moderator before everybody reads them."""
    async with context.writing() as session:
        return await set_policy(session, moderates_first=moderates_first)


async def _moderate(context: Context, read: Sequence[ReadReview], judgement: Judgement) -> ModeratedReviews:
    async with context.writing() as session:
        results = await moderate(session, context.viewer.actor_id, read, judgement)
    return ModeratedReviews(results)
