"""The headers that tell whose a request is: of people who are signed in, of editors who preview, or none."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from auth.previews import TABLES, Preview, PreviewTokens
from auth.tokens import AccessClaims, AccessTokens
from benchmarks.contestants import Contestant
from models import Role

PREVIEWED = timedelta(hours=4)
"""Longer than a measurement takes."""


def headers_of(contestant: Contestant, accounts: Sequence[UUID]) -> list[str]:
    """A header for each request in turn, as `Name: value`; none for a contestant whom only visitors ask."""
    if contestant.previews:
        return [f"Preview-Token: {_preview_token(contestant)}"]
    return [f"Authorization: {each}" for each in authorizations(contestant, accounts)]


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


def _preview_token(contestant: Contestant) -> str:
    tokens = PreviewTokens([contestant.environment["JWT_SECRET_KEY"]])
    return tokens.write(Preview(frozenset(TABLES.values())), uuid7(), datetime.now(UTC), PREVIEWED).text
