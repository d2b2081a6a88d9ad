"""Mutations of one's own API tokens.

Each token outlives the session that made it, so that the password is asked for once more.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from auth import api_tokens
from auth.api_tokens import ApiTokenTerms, NewApiToken
from auth.permissions import Permission
from auth.reauthentication import lock_reauthenticated, require_password
from models import ApiToken
from resolvers.context import Context


async def create_api_token(
    context: Context, *, name: str, scopes: Collection[Permission], expires_at: datetime, password: str
) -> NewApiToken:
    """Make a token for a machine."""
    account_id = context.viewer.account_id
    known = await require_password(context.writing, context.safeguards.passwords, account_id, password, context.visit)
    terms = ApiTokenTerms(name, [scope.value for scope in scopes], expires_at)
    async with context.writing() as session:
        await lock_reauthenticated(session, known)
        return await api_tokens.create_api_token(session, account_id, terms, context.visit)


async def rotate_api_token(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    password: str,
) -> NewApiToken:
    """Make a token that takes the place of another."""
    account_id = context.viewer.account_id
    known = await require_password(context.writing, context.safeguards.passwords, account_id, password, context.visit)
    async with context.writing() as session:
        await lock_reauthenticated(session, known)
        return await api_tokens.rotate_api_token(session, account_id, id, context.visit)


async def revoke_api_token(context: Context, *, id: UUID) -> ApiToken:  # noqa: A002 - what clients call it
    """End a token."""
    async with context.writing() as session:
        return await api_tokens.revoke_api_token(session, context.viewer.account_id, id, context.visit)
