"""Signing in with e-mail address and password."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auth.admission import Admission, admit
from auth.emails import known_form
from auth.errors import InvalidCredentialsError
from auth.letters import send_verification
from auth.passwords import Verdict
from auth.safeguards import Safeguards
from auth.security_log import record
from auth.throttling import Attempt, Transactions, forgive, require_patience
from auth.unhurried import refusing_no_sooner
from auth.visits import Visit
from models import SecurityEvent, ThrottledAction, User


async def sign_in(
    transactions: Transactions, safeguards: Safeguards, email: str, password: str, visit: Visit
) -> Admission:
    """A session, or the step that comes before it. Raises InvalidCredentialsError and TooManyAttemptsError.

    Neither the answer nor its time says whether there is such an account: hashes of imported users take another time to
    compare with than ours. Somebody with the right password for an address that is not verified gets another letter,
    which only its owner sees.
    """
    async with refusing_no_sooner(), safeguards.passwords.turn():
        return await _sign_in(transactions, safeguards, email, password, visit)


async def _sign_in(
    transactions: Transactions, safeguards: Safeguards, email: str, password: str, visit: Visit
) -> Admission:
    known = known_form(email)
    attempt = Attempt(ThrottledAction.SIGN_IN, known or email, visit)
    await require_patience(transactions, attempt)
    async with transactions() as session:
        found = await session.scalar(select(User).where(User.email == known)) if known else None
    verdict = await safeguards.passwords.verify(found.password_hash if found else None, password)
    async with transactions() as session:
        user = await _confirmed(session, found, verdict)
        if user is not None and user.is_email_verified:
            await forgive(session, attempt)
            return await admit(session, safeguards.access_tokens, user, visit, method="password")
        record(session, SecurityEvent.SIGN_IN_FAILED, visit, user_id=found.id if found else None)
        if user is not None:
            await send_verification(session, user, visit)
    raise InvalidCredentialsError


async def _confirmed(session: AsyncSession, found: User | None, verdict: Verdict) -> User | None:
    """The user, locked, if the password is theirs: still the one that was compared, and the account still active."""
    if found is None or not verdict.is_right:
        return None
    user = await session.get(User, found.id, with_for_update=True)
    if user is None or not user.is_active or user.password_hash != found.password_hash:
        return None
    if verdict.renewed_hash is not None:
        user.password_hash = verdict.renewed_hash
    return user
