"""Accounts as their owners and permitted staff see them."""

from datetime import datetime

import strawberry

import models
from auth import account_state
from resolvers.loading import Link
from schema.addresses import OLDEST_FIRST, OWN_ADDRESSES, Address
from schema.api_tokens import NEWEST_FIRST as NEWEST_TOKENS
from schema.api_tokens import OWN_API_TOKENS, ApiToken
from schema.customer_orders import Order
from schema.declare import column, expression, granted, identifier, many, sealed, table
from schema.enums import Permission, Role
from schema.identities import BY_LINK, IDENTITIES, LinkedIdentity
from schema.order_lists import OrderFilter, OrderSort
from schema.payments import METHODS_OF_ACCOUNT, NEWEST_METHOD, PaymentMethod
from schema.relay import Connection
from schema.reviews import Review
from schema.reviews_lists import ReviewFilter, ReviewSort
from schema.security_log import NEWEST_FIRST as NEWEST_EVENTS
from schema.security_log import OWN_SECURITY_LOG, SecurityLogEntry, SecurityLogFilter
from schema.sessions import NEWEST_FIRST as NEWEST_SESSIONS
from schema.sessions import OWN_SESSIONS, Session, SessionFilter

PLACED_ORDERS = Link(models.Order, lambda order, account: order.user_id == account)
WRITTEN_REVIEWS = Link(models.Review, lambda review, account: review.user_id == account)


@table(models.User, "An account, as its owner and permitted staff see it.")
class Account:
    """The private side of an account; the public one is Reviewer."""

    id: strawberry.ID = identifier()
    viewer_can: list[Permission] = granted()
    email: str = column("The e-mail address, which signs in.")
    username: str | None = column("A name of one's own choosing.")
    first_name: str = column("The first name.")
    last_name: str = column("The last name.")
    phone: str | None = sealed("The phone number, without what people write between its digits.", "encrypted_phone")
    avatar_url: str | None = column("A picture of the person.")
    role: Role = column("What the account is for.")
    is_email_verified: bool = column("Whether the e-mail address is proved to be the owner's.")
    is_active: bool = column("Whether its owner can sign in.")
    has_second_factor: bool = expression(
        account_state.second_factor_is_on, "Whether a code is asked for when its owner signs in."
    )
    recovery_codes_left: int = expression(
        account_state.recovery_codes_left, "How many codes are left for when the authenticator app is lost."
    )
    last_login_at: datetime | None = column("When its owner last signed in.")
    created_at: datetime = column("When the account was made.")
    updated_at: datetime = column("When it was last changed.")
    deleted_at: datetime | None = column("When its owner deleted it; it is nobody's since.")
    addresses: Connection[Address] = many(
        OWN_ADDRESSES, "The address book, the oldest entry first.", order=OLDEST_FIRST, owned=False
    )
    sessions: Connection[Session] = many(
        OWN_SESSIONS,
        "Its sign-ins, the newest first; also those that ended.",
        order=NEWEST_SESSIONS,
        filter=SessionFilter,
        owned=False,
    )
    api_tokens: Connection[ApiToken] = many(
        OWN_API_TOKENS, "The tokens of its machines, the newest first.", order=NEWEST_TOKENS, owned=False
    )
    security_log: Connection[SecurityLogEntry] = many(
        OWN_SECURITY_LOG,
        "What happened to it, the latest first.",
        order=NEWEST_EVENTS,
        filter=SecurityLogFilter,
        owned=False,
    )
    identities: list[LinkedIdentity] = many(
        IDENTITIES, "With whom its owner can sign in without a password.", order=BY_LINK, paged=False, owned=False
    )
    orders: Connection[Order] = many(
        PLACED_ORDERS,
        "What the account has bought, the last order first.",
        order=OrderSort.NEWEST,
        sort=OrderSort,
        filter=OrderFilter,
        owned=False,
    )
    payment_methods: list[PaymentMethod] = many(
        METHODS_OF_ACCOUNT,
        "The ways to pay that it has kept, the newest first.",
        order=NEWEST_METHOD,
        paged=False,
        owned=False,
    )
    reviews: Connection[Review] = many(
        WRITTEN_REVIEWS,
        "What the account says about products, by the newest; of one's own also what is not approved.",
        order=ReviewSort.NEWEST,
        sort=ReviewSort,
        filter=ReviewFilter,
        owned=False,
    )
