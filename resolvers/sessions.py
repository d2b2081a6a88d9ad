"""Mutations that begin, continue and end sessions."""

from uuid import UUID

from auth import sessions
from auth import sign_in as signing_in
from auth.admission import Admission
from auth.sessions import SignedIn
from models import UserSession
from resolvers.context import Context
from resolvers.mutations import DONE, Done


async def sign_in(context: Context, *, email: str, password: str) -> Admission:
    """Begin a session, or ask for what has to come first."""
    return await signing_in.sign_in(context.writing, context.safeguards, email, password, context.visit)


async def refresh_session(context: Context, *, refresh_token: str) -> SignedIn:
    """Go on with a session."""
    return await sessions.refresh_session(
        context.writing, context.safeguards.access_tokens, refresh_token, context.visit
    )


async def sign_out(context: Context, *, refresh_token: str) -> Done:
    """End the session of a refresh token."""
    async with context.writing() as session:
        await sessions.sign_out(session, refresh_token, context.visit)
    return DONE


async def revoke_session(context: Context, *, id: UUID) -> UserSession:  # noqa: A002 - what clients call it
    """End one of the viewer's sessions."""
    async with context.writing() as session:
        return await sessions.revoke_session(session, context.viewer.account_id, id, context.visit)
