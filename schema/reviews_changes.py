"""Writing reviews and judging them: what is asked for, and what comes of it."""

from collections.abc import Awaitable
from typing import Annotated, Any

import strawberry

import models
from domain.review_moderation import Moderated, ReadReview
from domain.review_rules import (
    LEAST_RATING,
    LONGEST_TITLE,
    MOST_RATING,
    AlreadyReviewedError,
    EmailNotVerifiedError,
    ProductNotFoundError,
    ReviewNotFoundError,
    TooManyReviewsError,
)
from models.reviews import LONGEST_COMMENT
from resolvers.ids import encode_id
from resolvers.input_rules import NestedRule
from resolvers.loading import load_row
from resolvers.reviews import ModeratedReviews as ModeratedReviewsValue
from schema.account_problems import AccountGone
from schema.declare import field
from schema.enums import ModerationOutcome
from schema.inputs import HIGHEST_VERSION, choice, items, key, mutation_input, number, text
from schema.payloads import Done, payload
from schema.problems import Conflict, InvalidInput, Problem, problem
from schema.reviews import Review
from schema.shop import Shop

LONGEST_REMARK = 1_000
MOST_AT_ONCE = 100


@mutation_input("What a customer says of a product. Texts are plain: what looks like HTML in them is none.")
class WriteReviewInput:
    """A review."""

    product: strawberry.ID = key("What it is about.", "Product")
    rating: int = number("From 1, the worst, to 5, the best.", least=LEAST_RATING, most=MOST_RATING)
    title: str | None = text("A few words in front.", longest=LONGEST_TITLE)
    comment: str | None = text("What the customer says.", longest=LONGEST_COMMENT)


@mutation_input("Changes of one's own review. What is left out stays as it is.")
class UpdateReviewInput:
    """A changed review."""

    id: strawberry.ID = key("The review.", "Review")
    expected_version: int | None = number(
        "The version that was read; a later one is not overwritten.", least=1, most=HIGHEST_VERSION
    )
    rating: int | None = number("From 1, the worst, to 5, the best.", least=LEAST_RATING, most=MOST_RATING)
    title: str | None = text("A few words in front; empty for none.", longest=LONGEST_TITLE)
    comment: str | None = text("What the customer says; empty for nothing.", longest=LONGEST_COMMENT)


@mutation_input("Which of one's own reviews to take back.")
class DeleteReviewInput:
    """A review."""

    id: strawberry.ID = key("The review.", "Review")


@mutation_input("A review as a moderator has read it.")
class ReadReviewInput:
    """A review and its version."""

    id: strawberry.ID = key("The review.", "Review")
    expected_version: int = number("The version that was read.", least=1, most=HIGHEST_VERSION)


def read_reviews() -> Any:
    """The field of an input that says what is judged."""
    return items("What to judge, as it was read.", NestedRule(makes=ReadReview), most=MOST_AT_ONCE, least=1)


@mutation_input("Which reviews everybody may read.")
class ApproveReviewsInput:
    """Reviews."""

    reviews: list[ReadReviewInput] = read_reviews()
    note: str | None = text("A note for the staff.", longest=LONGEST_REMARK)


@mutation_input("Which reviews nobody may read but their authors and the staff.")
class RejectReviewsInput:
    """Reviews, and why."""

    reviews: list[ReadReviewInput] = read_reviews()
    reason: str = text("Why, in words for the authors.", longest=LONGEST_REMARK, shortest=1)
    note: str | None = text("A note for the staff.", longest=LONGEST_REMARK)


@mutation_input("What the shop wishes of reviews.")
class UpdateReviewPolicyInput:
    """A policy."""

    moderates_first: bool = choice("Whether new reviews wait for a moderator before everybody reads them.")


@problem(ReviewNotFoundError, "The viewer has written no such review.")
class ReviewNotFound(Problem):
    """It may have been deleted, or its product is not on sale any more."""


@problem(ProductNotFoundError, "There is no such product on sale.")
class ProductNotFound(Problem):
    """Look at the list again."""


@problem(AlreadyReviewedError, "The viewer has reviewed the product already.")
class AlreadyReviewed(Problem):
    """Change that review instead."""

    review_id: strawberry.ID = field(
        lambda refusal, _info: encode_id("Review", refusal.error.review_id), "The review that there is."
    )


@problem(EmailNotVerifiedError, "The viewer's e-mail address is not proved to be theirs.")
class EmailNotVerified(Problem):
    """Ask for a letter with `requestVerification`."""


@problem(TooManyReviewsError, "The viewer has written more reviews in a day than customers do.")
class TooManyReviews(Problem):
    """Wait."""


def review_of(moderated: Moderated, info: Any) -> Awaitable[models.Review | None]:
    """The review as it is now."""
    return load_row(info.context, models.Review, "id", moderated.review_id)


@payload(Moderated, "What became of one review.")
class ModeratedReview:
    """A review and the outcome."""

    review_id: strawberry.ID = field(
        lambda moderated, _info: encode_id("Review", moderated.review_id), "Which review it is about."
    )
    outcome: ModerationOutcome = strawberry.field(
        description="Whether it was judged, has changed since it was read, or is not there."
    )
    review: Review | None = field(review_of, "The review as it is now.")


@payload(ModeratedReviewsValue, "What became of the judgement of several reviews. Each is judged by itself.")
class ModeratedReviews:
    """The results."""

    results: list[ModeratedReview] = strawberry.field(description="One for each review, in their order.")


WriteReviewResult = Annotated[
    Review | InvalidInput | ProductNotFound | AlreadyReviewed | EmailNotVerified | TooManyReviews | AccountGone,
    strawberry.union("WriteReviewResult", description="The new review, or why there is none."),
]
UpdateReviewResult = Annotated[
    Review | InvalidInput | ReviewNotFound | Conflict | EmailNotVerified | AccountGone,
    strawberry.union("UpdateReviewResult", description="The changed review, or why it was not changed."),
]
DeleteReviewResult = Annotated[
    Done | InvalidInput | ReviewNotFound | AccountGone,
    strawberry.union("DeleteReviewResult", description="Whether the review is gone."),
]
ApproveReviewsResult = Annotated[
    ModeratedReviews | InvalidInput,
    strawberry.union("ApproveReviewsResult", description="What became of each review."),
]
RejectReviewsResult = Annotated[
    ModeratedReviews | InvalidInput,
    strawberry.union("RejectReviewsResult", description="What became of each review."),
]
UpdateReviewPolicyResult = Annotated[
    Shop | InvalidInput,
    strawberry.union("UpdateReviewPolicyResult", description="The shop, or why it is as it was."),
]
