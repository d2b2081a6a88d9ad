"""How reviews are filtered and sorted."""

from enum import Enum

import strawberry

from domain import conditions, moderation_queue
from schema.declare import sort_enum
from schema.enums import ModerationStatus
from schema.filters import condition, filter_input, in_span, keys_of
from schema.orders import ascending, descending
from schema.values import DateTimeRange


@sort_enum("How reviews are sorted.")
class ReviewSort(Enum):
    """Orders of review lists."""

    NEWEST = descending("review:newest", lambda review: review.created_at, "The newest first.")
    OLDEST = ascending("review:oldest", lambda review: review.created_at, "The oldest first.")
    RATING_DESC = descending("review:rating-desc", lambda review: review.rating, "The best first.")
    RATING_ASC = ascending("review:rating-asc", lambda review: review.rating, "The worst first.")


@filter_input("Conditions on reviews, which must all hold.")
class ReviewFilter:
    """What reviews are filtered by."""

    ratings: list[int] | None = condition(
        lambda review, ratings: conditions.among(review.rating, ratings), "With one of these ratings."
    )
    products: list[strawberry.ID] | None = condition(
        lambda review, ids: conditions.among(review.product_id, keys_of("Product", ids)), "Of one of these products."
    )
    is_verified_purchase: bool | None = condition(
        lambda review, wanted: review.is_verified_purchase.is_(wanted), "Whether the reviewer bought it here."
    )
    status: list[ModerationStatus] | None = condition(
        lambda review, statuses: conditions.one_of(review.status, statuses),
        "In one of these states; visitors see approved ones only.",
    )
    awaits_moderation: bool | None = condition(
        lambda review, wanted: moderation_queue.awaits_moderation(review).is_(wanted),
        "Whether a moderator has yet to look at them: with `sort: OLDEST` the queue of the moderators.",
    )
    created_at: DateTimeRange | None = condition(
        in_span(lambda review: review.created_at), "Written in this span of time."
    )
