"""Mutations of sign-ins with identity providers."""

from uuid import UUID

from auth import external_accounts, external_sign_in
from auth.admission import Admission
from auth.external_sign_in import BegunSignIn
from domain.identity_providers import IdentityProvider
from models import SocialProvider
from resolvers.context import Context
from resolvers.mutations import DONE, Done
from resolvers.refresh_cookies import RefreshTokenPlace
from resolvers.sessions import let_in


def identity_providers(context: Context) -> list[IdentityProvider]:
    """Those that the shop offers."""
    return list(context.safeguards.identity_providers.offered.values())


async def begin_external_sign_in(context: Context, *, provider: SocialProvider, redirect_uri: str) -> BegunSignIn:
    """Send somebody to a provider."""
    return await external_sign_in.begin_external_sign_in(
        context.writing, context.safeguards, provider, redirect_uri, context.visit
    )


async def complete_external_sign_in(
    context: Context,
    *,
    token: str,
    state: str,
    code: str,
    keep_refresh_token: RefreshTokenPlace = RefreshTokenPlace.PAYLOAD,
) -> Admission:
    """Let in whoever comes back."""
    admission = await external_sign_in.complete_external_sign_in(
        context.writing, context.safeguards, token, state, code, context.visit
    )
    return await let_in(context, admission, keep_refresh_token)


async def unlink_identity(context: Context, *, id: UUID) -> Done:  # noqa: A002 - what clients call it
    """Unlink the viewer's account from a provider."""
    async with context.writing() as session:
        await external_accounts.unlink_identity(session, context.viewer.account_id, id, context.visit)
    return DONE
