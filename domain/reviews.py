"""Customers' own reviews: written, changed and deleted. Ratings of products follow by triggers (decision 0005).

Whoever calls has locked the author's account, so that one customer's writes follow one another.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Required, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.errors import ConflictError
from domain.order_state import has_bought
from domain.review_policy import moderates_first
from domain.review_rules import (
    MOST_REVIEWS_A_DAY,
    AlreadyReviewedError,
    EmailNotVerifiedError,
    ProductNotFoundError,
    ReviewNotFoundError,
    ReviewText,
    Standing,
    TooManyReviewsError,
    standing_when_edited,
    standing_when_new,
)
from models import Product, Review, User

DAY = timedelta(days=1)


class ReviewDetails(TypedDict, total=False):
    """The words of a review."""

    title: str
    comment: str


class NewReview(ReviewDetails, total=False):
    """What makes a review."""

    rating: Required[int]


class ReviewChanges(ReviewDetails, total=False):
    """What may change of one; what is left out stays as it is."""

    rating: int


async def write_review(session: AsyncSession, author: User, product_id: UUID, **given: Unpack[NewReview]) -> Review:
    """The author's review of the product. The unique constraint says whether it is the first.

    Raises InvalidInputError, EmailNotVerifiedError, ProductNotFoundError, AlreadyReviewedError and
    TooManyReviewsError.
    """
    text = ReviewText(**given).cleaned()
    await _require_reviewer(session, author)
    await _require_product(session, product_id)
    standing = standing_when_new(moderates_first=await moderates_first(session))
    added = insert(Review).values(
        id=uuid7(),
        user_id=author.id,
        product_id=product_id,
        rating=text.rating,
        title=text.title,
        comment=text.comment,
        status=standing.status,
        is_published_unseen=standing.is_published_unseen,
        is_verified_purchase=has_bought(author.id, product_id),
    )
    once = added.on_conflict_do_nothing(index_elements=[Review.user_id, Review.product_id])
    review: Review | None = await session.scalar(once.returning(Review))
    if review is None:
        theirs = select(Review.id).where(Review.user_id == author.id, Review.product_id == product_id)
        raise AlreadyReviewedError((await session.scalars(theirs)).one())
    return review


async def change_review(
    session: AsyncSession,
    author: User,
    review_id: UUID,
    expected_version: int | None = None,
    **changes: Unpack[ReviewChanges],
) -> Review:
    """Change what is given. It is looked at anew then, unless it says what it said before.

    Raises InvalidInputError, EmailNotVerifiedError, ReviewNotFoundError and ConflictError.
    """
    if not author.is_email_verified:
        raise EmailNotVerifiedError
    review = await _own(session, author, review_id)
    if expected_version is not None and expected_version != review.version:
        raise ConflictError(expected_version, review.version)
    before = ReviewText(review.rating, review.title, review.comment)
    after = replace(before, **changes).cleaned()
    if after == before:
        return review
    review.rating, review.title, review.comment = after.rating, after.title, after.comment
    _place(review, standing_when_edited(review.status, moderates_first=await moderates_first(session)))
    review.version += 1
    review.is_verified_purchase = bool(await session.scalar(select(has_bought(author.id, review.product_id))))
    await session.flush()
    return review


async def delete_review(session: AsyncSession, author: User, review_id: UUID) -> None:
    """Take the review back, for good. Raises ReviewNotFoundError."""
    review = await session.scalar(
        select(Review).where(Review.id == review_id, Review.user_id == author.id).with_for_update()
    )
    if review is None:
        raise ReviewNotFoundError
    await session.delete(review)
    await session.flush()


def _place(review: Review, standing: Standing) -> None:
    """A reason belongs to the text that was rejected."""
    review.status, review.is_published_unseen, review.rejection_reason = (
        standing.status,
        standing.is_published_unseen,
        None,
    )


async def _require_reviewer(session: AsyncSession, author: User) -> None:
    if not author.is_email_verified:
        raise EmailNotVerifiedError
    lately = select(func.count()).where(Review.user_id == author.id, Review.created_at > func.now() - DAY)
    if (await session.scalar(lately) or 0) >= MOST_REVIEWS_A_DAY:
        raise TooManyReviewsError


async def _require_product(session: AsyncSession, product_id: UUID) -> None:
    """It stays until the end of the transaction."""
    on_sale = select(Product.id).where(Product.id == product_id, Product.is_active)
    if await session.scalar(on_sale.with_for_update(read=True, key_share=True)) is None:
        raise ProductNotFoundError


async def _own(session: AsyncSession, author: User, review_id: UUID) -> Review:
    """Their review of a product that is on sale: whatever else there is they do not see either."""
    own = (
        select(Review)
        .join(Product, Product.id == Review.product_id)
        .where(Review.id == review_id, Review.user_id == author.id, Product.is_active)
    )
    review = await session.scalar(own.with_for_update(of=Review))
    if review is None:
        raise ReviewNotFoundError
    return review
