"""Sign-in with an identity provider: sent there with what has to fit together, and let in when it does."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from auth.admission import Admission, admit
from auth.errors import EmailUnprovedError, ExternalSignInRefusedError, TokenRefusedError
from auth.external_accounts import account_by_address, address_of, enrol_unproved, linked_account
from auth.letters import send_verification
from auth.safeguards import Safeguards
from auth.secrets import hash_token, new_token
from auth.security_log import record
from auth.throttling import Attempt, Transactions, forgive, require_patience
from auth.visits import Visit
from domain.identity_providers import (
    AuthorizationRequest,
    PendingSignIn,
    ProviderAwayError,
    ProviderRefusedError,
    VouchedPerson,
)
from domain.vault import Place, Vault
from models import ExternalSignIn, SecurityEvent, SocialProvider, ThrottledAction, User

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class BegunSignIn:
    """Where the browser goes, and the token that it keeps to itself until it comes back."""

    url: str
    token: str


async def begin_external_sign_in(
    transactions: Transactions, safeguards: Safeguards, provider: SocialProvider, redirect_uri: str, visit: Visit
) -> BegunSignIn:
    """Send somebody to a provider. Raises InvalidInputError, TooManyAttemptsError and ProviderAwayError."""
    chosen = safeguards.identity_providers.chosen(provider)
    safeguards.identity_providers.require_redirect_uri(redirect_uri)
    await require_patience(transactions, _attempt(visit))
    try:
        request = await chosen.begin(redirect_uri)
    except ProviderAwayError:
        await _note_failure(transactions, provider, visit)
        raise
    token = new_token()
    async with transactions() as session:
        session.add(_begun(safeguards.vault, provider, redirect_uri, request, token, visit))
    return BegunSignIn(request.url, token)


async def complete_external_sign_in(  # noqa: PLR0913, PLR0917 - with whom, and the three things that came back
    transactions: Transactions, safeguards: Safeguards, token: str, state: str, code: str, visit: Visit
) -> Admission:
    """A session, or the step that comes before it, for whomever the provider vouches for.

    Nothing is held while the provider is asked. Raises TokenRefusedError, ProviderRefusedError, ProviderAwayError,
    ExternalSignInRefusedError, TooManyAttemptsError, and EmailUnprovedError once a letter is under way.
    """
    async with transactions() as session:
        pending = await _taken(session, safeguards.vault, token, state, visit)
    if pending is None:
        raise TokenRefusedError
    try:
        person = await safeguards.identity_providers.chosen(pending.provider).finish(pending, code, visit.at)
        return await _let_in(transactions, safeguards, person, visit)
    except (ProviderRefusedError, ProviderAwayError, ExternalSignInRefusedError, EmailUnprovedError):
        await _note_failure(transactions, pending.provider, visit)
        raise


def _begun(  # noqa: PLR0913, PLR0917 - all that has to fit together
    vault: Vault, provider: SocialProvider, redirect_uri: str, request: AuthorizationRequest, token: str, visit: Visit
) -> ExternalSignIn:
    begun = ExternalSignIn(
        id=uuid7(),
        provider=provider,
        token_hash=hash_token(token),
        state_hash=hash_token(request.state),
        nonce=request.nonce,
        redirect_uri=redirect_uri,
        created_at=visit.at,
        expires_at=visit.at + LIFETIME,
    )
    begun.encrypted_verifier = vault.seal(request.verifier, _place(begun))
    return begun


async def _taken(session: AsyncSession, vault: Vault, token: str, state: str, visit: Visit) -> PendingSignIn | None:
    """The sign-in that the token and the state belong to. Coming back uses it up, also with the wrong state."""
    begun = await session.scalar(
        delete(ExternalSignIn).where(ExternalSignIn.token_hash == hash_token(token)).returning(ExternalSignIn)
    )
    if begun is None or begun.expires_at <= visit.at or begun.state_hash != hash_token(state):
        return None
    verifier = vault.open(begun.encrypted_verifier, _place(begun))
    return PendingSignIn(begun.provider, begun.redirect_uri, begun.nonce, verifier)


async def _let_in(transactions: Transactions, safeguards: Safeguards, person: VouchedPerson, visit: Visit) -> Admission:
    async with transactions() as session:
        user = await linked_account(session, person, visit)
        if user is None and person.is_email_verified:
            user = await account_by_address(session, person, visit)
        if user is not None and not user.is_active:
            raise ExternalSignInRefusedError("This account is not active any more.")
        if user is not None and user.is_email_verified:
            await forgive(session, _attempt(visit))
            return await admit(session, safeguards.access_tokens, user, visit, method=_method(person.provider))
    await _prove_by_letter(transactions, person, user, visit)
    raise EmailUnprovedError


async def _prove_by_letter(
    transactions: Transactions, person: VouchedPerson, linked: User | None, visit: Visit
) -> None:
    """Ask at the person's address whether it is theirs. The answer is the same whoever has an account there."""
    email = address_of(person) if linked is None else linked.email
    await require_patience(transactions, Attempt(ThrottledAction.MAIL_REQUEST, email, visit))
    async with transactions() as session:
        if linked is None:
            await enrol_unproved(session, person, visit)
        else:
            await send_verification(session, linked, visit)


def _attempt(visit: Visit) -> Attempt:
    """One sign-in that was begun and not completed; nobody says yet whose."""
    return Attempt(ThrottledAction.EXTERNAL_SIGN_IN, "", visit)


async def _note_failure(transactions: Transactions, provider: SocialProvider, visit: Visit) -> None:
    async with transactions() as session:
        record(session, SecurityEvent.SIGN_IN_FAILED, visit, user_id=None, details={"method": _method(provider)})


def _method(provider: SocialProvider) -> str:
    return provider.value.lower()


def _place(begun: ExternalSignIn) -> Place:
    return Place("external_sign_ins", "encrypted_verifier", begun.id)
