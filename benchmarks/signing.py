"""Requests of people who are signed in: the access tokens that go along, of as many accounts as there are requests."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from auth.tokens import AccessClaims, AccessTokens
from benchmarks.contestants import Contestant
from models import Role


def authorizations(contestant: Contestant, accounts: Sequence[UUID]) -> list[str]:
    """The header Authorization for a session of each account; none for a contestant whom only visitors ask.

    Tokens last ten minutes, which is less than all rounds may take together: each run has its own.
    """
    if not contestant.signs_in:
        return []
    tokens = AccessTokens([contestant.environment["JWT_SECRET_KEY"]])
    moment = datetime.now(UTC)
    return [
        f"Bearer {tokens.write(AccessClaims(account, uuid7(), Role.CUSTOMER), moment).text}" for account in accounts
    ]
