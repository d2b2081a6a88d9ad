"""What customers, moderators and the shop do with reviews."""

import strawberry

from auth.permissions import Gate, Permission
from resolvers import reviews
from schema.declare import mutation
from schema.reviews_changes import (
    ApproveReviewsInput,
    ApproveReviewsResult,
    DeleteReviewInput,
    DeleteReviewResult,
    RejectReviewsInput,
    RejectReviewsResult,
    UpdateReviewInput,
    UpdateReviewPolicyInput,
    UpdateReviewPolicyResult,
    UpdateReviewResult,
    WriteReviewInput,
    WriteReviewResult,
)


@strawberry.type
class ReviewMutations:
    """Fields of the root of changes."""

    write_review: WriteReviewResult | None = mutation(
        reviews.write_review,
        "Review a product. Whether it waits for a moderator, its `status` says.",
        input=WriteReviewInput,
        requires=Gate.SIGNED_IN,
    )
    update_review: UpdateReviewResult | None = mutation(
        reviews.update_review,
        "Change one's own review. A moderator looks at it anew.",
        input=UpdateReviewInput,
        requires=Gate.SIGNED_IN,
    )
    delete_review: DeleteReviewResult | None = mutation(
        reviews.delete_review,
        "Take one's own review back, for good.",
        input=DeleteReviewInput,
        requires=Gate.SIGNED_IN,
    )
    approve_reviews: ApproveReviewsResult | None = mutation(
        reviews.approve_reviews,
        "Let everybody read reviews.",
        input=ApproveReviewsInput,
        requires=Permission.REVIEWS_WRITE,
    )
    reject_reviews: RejectReviewsResult | None = mutation(
        reviews.reject_reviews,
        "Keep reviews from everybody but their authors and the staff.",
        input=RejectReviewsInput,
        requires=Permission.REVIEWS_WRITE,
    )
    update_review_policy: UpdateReviewPolicyResult | None = mutation(
        reviews.update_review_policy,
        "Say whether new reviews wait for a moderator.",
        input=UpdateReviewPolicyInput,
        requires=Permission.SHOP_WRITE,
    )
