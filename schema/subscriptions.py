"""The root of all subscriptions: what a client can be told of, one line for each."""

import strawberry

import models
from auth.permissions import Gate, Permission
from domain.events import EventKind
from schema.catalog import ProductVariant
from schema.content import Post
from schema.customer_orders import Order
from schema.declare import subscription
from schema.jobs import DeadLetter
from schema.payments import Payment
from schema.reviews import Review


@strawberry.type(
    description="Where every subscription starts. It runs over a WebSocket at the same address, with the protocol "
    "graphql-transport-ws, and gives what has happened since it began."
)
class Subscription:
    """The root fields. They are nullable, as those of mutations are."""

    post_published: Post | None = subscription(
        models.Post, EventKind.POST_PUBLISHED, "A post that has just come out.", requires=Gate.PUBLIC
    )
    review_submitted: Review | None = subscription(
        models.Review,
        EventKind.REVIEW_SUBMITTED,
        "A review that waits for a moderator since a moment ago; it may be published already.",
        requires=Permission.REVIEWS_READ,
    )
    job_failed: DeadLetter | None = subscription(
        models.DeadLetter,
        EventKind.JOB_FAILED,
        "A job that was given up a moment ago.",
        requires=Permission.JOBS_READ,
    )
    order_placed: Order | None = subscription(
        models.Order,
        EventKind.ORDER_PLACED,
        "An order that was placed a moment ago; it may still have to be paid.",
        requires=Permission.ORDERS_READ,
    )
    order_changed: Order | None = subscription(
        models.Order,
        EventKind.ORDER_CHANGED,
        "An order that has just moved on: one's own, as an account or as a guest; with orders:read any.",
        requires=Gate.PUBLIC,
        one_of="Order",
    )
    stock_low: ProductVariant | None = subscription(
        models.ProductVariant,
        EventKind.STOCK_LOW,
        "A variant of which fewer units can be sold than should be since a moment ago.",
        requires=Permission.STOCK_READ,
    )
    payment_needs_attention: Payment | None = subscription(
        models.Payment,
        EventKind.PAYMENT_ATTENTION,
        "A payment that somebody has to look at since a moment ago.",
        requires=Permission.PAYMENTS_READ,
    )
