"""Accounts as their owners and permitted staff see them."""

from datetime import datetime

import strawberry

import models
from resolvers.loading import Link
from resolvers.ordering import Order
from schema.declare import column, granted, identifier, many, table
from schema.enums import Permission, Role, SessionEnd, SocialProvider
from schema.relay import Connection
from schema.reviews import Review
from schema.reviews_lists import ReviewFilter, ReviewSort

WRITTEN_REVIEWS = Link(models.Review, lambda review, account: review.user_id == account)


OWN_SESSIONS = Link(models.UserSession, lambda session, account: session.user_id == account)
NEWEST_FIRST = Order("session:newest", lambda session, _question: session.created_at, descending=True)


@table(models.UserSession, "One sign-in of an account, on one device.")
class Session:
    """A session; its tokens are known to its client alone."""

    id: strawberry.ID = identifier()
    created_at: datetime = column("When its owner signed in.")
    last_used_at: datetime = column("When it was last refreshed.")
    expires_at: datetime = column("When it ends, however often it is used.")
    ended_at: datetime | None = column("When it ended before its time.")
    end_reason: SessionEnd | None = column("Why it ended before its time.")
    address: str | None = column("The IP address that its owner signed in from.")
    user_agent: str | None = column("What the device called itself.")


IDENTITIES = Link(models.ExternalIdentity, lambda identity, account: identity.user_id == account)
BY_LINK = Order("identity:oldest", lambda identity, _question: identity.created_at)


@table(models.ExternalIdentity, "Somebody at an identity provider, with whom an account can be signed in to.")
class LinkedIdentity:
    """The person there is known by a key that nobody else needs."""

    id: strawberry.ID = identifier()
    provider: SocialProvider = column("Who vouches.")
    created_at: datetime = column("Since when it is linked.")
    last_used_at: datetime = column("When its owner last signed in with it.")


@table(models.User, "An account, as its owner and permitted staff see it.")
class Account:
    """The private side of an account; the public one is Reviewer."""

    id: strawberry.ID = identifier()
    viewer_can: list[Permission] = granted()
    email: str = column("The e-mail address, which signs in.")
    username: str | None = column("A name of one's own choosing.")
    first_name: str = column("The first name.")
    last_name: str = column("The last name.")
    avatar_url: str | None = column("A picture of the person.")
    role: Role = column("What the account is for.")
    is_email_verified: bool = column("Whether the e-mail address is proved to be the owner's.")
    created_at: datetime = column("When the account was made.")
    updated_at: datetime = column("When it was last changed.")
    sessions: Connection[Session] = many(
        OWN_SESSIONS, "Its sign-ins, the newest first; also those that ended.", order=NEWEST_FIRST, owned=False
    )
    identities: list[LinkedIdentity] = many(
        IDENTITIES, "With whom its owner can sign in without a password.", order=BY_LINK, paged=False, owned=False
    )
    reviews: Connection[Review] = many(
        WRITTEN_REVIEWS,
        "What the account says about products, by the newest; of one's own also what is not approved.",
        order=ReviewSort.NEWEST,
        sort=ReviewSort,
        filter=ReviewFilter,
        owned=False,
    )
