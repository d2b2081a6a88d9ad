"""Identities: with whom, besides with a password, an account can be signed in to."""

from datetime import datetime

import strawberry

import models
from resolvers.loading import Link
from schema.declare import column, identifier, table
from schema.enums import SocialProvider
from schema.orders import ascending

IDENTITIES = Link(models.ExternalIdentity, lambda identity, account: identity.user_id == account)
BY_LINK = ascending("identity:oldest", lambda identity: identity.created_at)


@table(models.ExternalIdentity, "Somebody at an identity provider, with whom an account can be signed in to.")
class LinkedIdentity:
    """The person there is known by a key that nobody else needs."""

    id: strawberry.ID = identifier()
    provider: SocialProvider = column("Who vouches.")
    created_at: datetime = column("Since when it is linked.")
    last_used_at: datetime = column("When its owner last signed in with it.")
