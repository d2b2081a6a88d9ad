"""Reviews and the people behind them, as the public sees both."""

from datetime import datetime

import models
from auth.permissions import Permission
from domain import accounts, moderation_queue
from schema.catalog import Product
from schema.declare import column, expression, one, table
from schema.enums import ModerationStatus
from schema.relay import Node


@table(models.User, "Whoever wrote a review.")
class Reviewer:
    """The public side of an account."""

    name: str = expression(accounts.public_name, "The first name and the initial of the last one.")
    avatar_url: str | None = column("A picture of the person.")
    email: str | None = column("The account's e-mail address.", requires=Permission.ACCOUNTS_READ)


@table(models.Review, "What one customer says about one product.")
class Review(Node):
    """A review; visitors see approved ones only."""

    rating: int = column("From 1, the worst, to 5, the best.")
    title: str = column("A few words in front; may be empty.")
    comment: str = column("What the customer says; may be empty.")
    status: ModerationStatus = column("Whether it may be read by everybody.")
    is_verified_purchase: bool = column("Whether the reviewer bought the product here.")
    awaits_moderation: bool = expression(
        moderation_queue.awaits_moderation, "Whether a moderator has yet to look at it, whether it is published or not."
    )
    rejection_reason: str | None = column("Why it may not be read by everybody, for its author.")
    moderation_note: str | None = column("What the staff says of it.", requires=Permission.REVIEWS_READ)
    moderated_at: datetime | None = column("When a moderator last looked at it.", requires=Permission.REVIEWS_READ)
    moderator: Reviewer | None = one(
        models.Review.moderator, "Who looked at it last.", requires=Permission.REVIEWS_READ
    )
    version: int = column("Rises with each change: what `expectedVersion` is compared with.")
    created_at: datetime = column("When it was written.")
    updated_at: datetime = column("When it was last changed.")
    author: Reviewer = one(
        models.Review.user,
        "Who wrote it.",
        kept={"name": "author_name", "avatar_url": "author_avatar_url"},
    )
    product: Product | None = one(models.Review.product, "What it is about.")
