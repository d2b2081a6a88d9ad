"""Mutations that begin, continue and end sessions."""

from dataclasses import replace
from uuid import UUID

from auth import second_factor, sessions
from auth import sign_in as signing_in
from auth.admission import Admission
from auth.errors import SessionEndedError
from auth.sessions import SignedIn
from auth.viewer import viewer_with_role
from models import UserSession
from resolvers.carts import take_along
from resolvers.context import Context
from resolvers.mutations import DONE, Done
from resolvers.refresh_cookies import RefreshTokenPlace


async def sign_in(
    context: Context, *, email: str, password: str, keep_refresh_token: RefreshTokenPlace = RefreshTokenPlace.PAYLOAD
) -> Admission:
    """Begin a session, or ask for what has to come first."""
    admission = await signing_in.sign_in(context.writing, context.safeguards, email, password, context.visit)
    return await let_in(context, admission, keep_refresh_token)


async def complete_sign_in(
    context: Context, *, challenge: str, code: str, keep_refresh_token: RefreshTokenPlace = RefreshTokenPlace.PAYLOAD
) -> SignedIn:
    """Begin the session that waits for a code of the second factor."""
    signed_in = await second_factor.complete_sign_in(
        context.writing, context.safeguards, challenge, code, context.visit
    )
    await let_in(context, signed_in, keep_refresh_token)
    return signed_in


async def refresh_session(context: Context, *, refresh_token: str | None = None) -> SignedIn:
    """Go on with a session; without a token, with that of the cookie, which gets the next one too."""
    if refresh_token is not None:
        return await _refreshed(context, refresh_token, RefreshTokenPlace.PAYLOAD)
    if context.refresh_cookie.sent is None:
        raise SessionEndedError
    try:
        return await _refreshed(context, context.refresh_cookie.sent, RefreshTokenPlace.COOKIE)
    except SessionEndedError:
        context.refresh_cookie.drop()
        raise


async def _refreshed(context: Context, refresh_token: str, place: RefreshTokenPlace) -> SignedIn:
    tokens = context.safeguards.access_tokens
    refreshed = await sessions.refresh_session(context.writing, tokens, refresh_token, context.visit)
    handed_over(context, refreshed, place)
    return refreshed


async def sign_out(context: Context, *, refresh_token: str | None = None) -> Done:
    """End the session of a refresh token; without one, that of the cookie."""
    token = context.refresh_cookie.sent if refresh_token is None else refresh_token
    if token is None:
        return DONE
    async with context.writing() as session:
        await sessions.sign_out(session, token, context.visit)
    if refresh_token is None:
        context.refresh_cookie.drop()
    return DONE


async def revoke_session(context: Context, *, id: UUID) -> UserSession:  # noqa: A002 - what clients call it
    """End one of the viewer's sessions."""
    async with context.writing() as session:
        return await sessions.revoke_session(session, context.viewer.account_id, id, context.visit)


async def let_in(context: Context, admission: Admission, place: RefreshTokenPlace) -> Admission:
    """The same as `handed_over`; whoever came as a guest finds their orders and their cart with the account."""
    handed_over(context, admission, place)
    if isinstance(admission, SignedIn):
        await take_along(context)
    return admission


def handed_over(context: Context, admission: Admission, place: RefreshTokenPlace) -> Admission:
    """The admission. If it is a session, its refresh token goes where it belongs, and its owner is the viewer now."""
    if isinstance(admission, SignedIn):
        claims = context.safeguards.access_tokens.read(admission.access.text, context.visit.at).claims
        viewer = viewer_with_role(claims.role, claims.user_id, claims.session_id)
        context.go_on_as(replace(viewer, guest_id=context.viewer.guest_id))
        if place is RefreshTokenPlace.COOKIE:
            context.refresh_cookie.keep(admission.refresh_token, admission.refresh_expires_at)
    return admission
