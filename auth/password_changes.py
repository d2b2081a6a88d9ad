"""Another password: with a letter, with the one before, or as the first thing to do after somebody else chose it."""

from uuid import UUID

from sqlalchemy import select

from auth.credentials import forget_identities, set_password
from auth.emails import require_email
from auth.letters import send_password_reset
from auth.one_time_tokens import peek, redeem
from auth.passwords import Passwords, guesses
from auth.reauthentication import lock_reauthenticated, require_password
from auth.security_log import record
from auth.throttling import Attempt, Transactions, forgive, require_patience
from auth.unhurried import taking_at_least
from auth.visits import Visit
from domain.errors import invalid
from models import SecurityEvent, ThrottledAction, TokenPurpose, User

BY_LETTER = frozenset({TokenPurpose.RESET_PASSWORD, TokenPurpose.INVITATION})
BY_TOKEN = BY_LETTER | {TokenPurpose.CHANGE_PASSWORD}


async def request_password_reset(transactions: Transactions, email: str, visit: Visit) -> None:
    """Send a link to the account with that address, if there is one; answer and time are the same if not.

    Raises InvalidInputError and TooManyAttemptsError.
    """
    known = require_email(email)
    async with taking_at_least():
        await require_patience(transactions, Attempt(ThrottledAction.PASSWORD_RESET, known, visit))
        async with transactions() as session:
            user = await session.scalar(select(User).where(User.email == known, User.is_active))
            record(session, SecurityEvent.PASSWORD_RESET_REQUESTED, visit, user_id=user.id if user else None)
            if user is not None:
                await send_password_reset(session, user, visit)


async def reset_password(
    transactions: Transactions, passwords: Passwords, token: str, new_password: str, visit: Visit
) -> User:
    """Set the password with a token from a letter, an invitation, or a sign-in that asked for it. Ends all sessions.

    A letter also verifies the address it came to; whoever gave that address before is out. Nobody is signed in. Raises
    TokenRefusedError and InvalidInputError. Nothing is hashed for a token that is not good: anybody can send one.
    """
    async with transactions() as session:
        given = await peek(session, token, BY_TOKEN, visit)
        owner = await session.get_one(User, given.user_id)
    _require_good(passwords, new_password, owner)
    if owner.must_change_password and (await passwords.verify(owner.password_hash, new_password)).is_right:
        raise invalid("new_password", "It is the one that somebody else chose. Choose another.")
    password_hash = await passwords.hash(new_password)
    async with transactions() as session:
        user, used = await redeem(session, token, BY_TOKEN, visit)
        if used.purpose in BY_LETTER and not user.is_email_verified:
            user.is_email_verified = True
            await forget_identities(session, user.id)
        is_invited = used.purpose is TokenPurpose.INVITATION
        event = SecurityEvent.INVITATION_ACCEPTED if is_invited else SecurityEvent.PASSWORD_RESET
        await set_password(session, user, password_hash, visit, event=event)
        await forgive(session, Attempt(ThrottledAction.SIGN_IN, user.email, visit))
        return user


async def change_password(  # noqa: PLR0913, PLR0917 - who, where, and the two passwords
    transactions: Transactions,
    passwords: Passwords,
    user_id: UUID,
    session_id: UUID | None,
    current_password: str,
    new_password: str,
    visit: Visit,
) -> None:
    """Replace the password. The session that asks goes on, all others end.

    Raises InvalidInputError, WrongPasswordError, TooManyAttemptsError and AccountGoneError.
    """
    async with transactions() as session:
        _require_good(passwords, new_password, await session.get_one(User, user_id))
    known = await require_password(transactions, passwords, user_id, current_password, visit)
    password_hash = await passwords.hash(new_password)
    async with transactions() as session:
        user = await lock_reauthenticated(session, known)
        await set_password(session, user, password_hash, visit, but=session_id)


def _require_good(passwords: Passwords, new_password: str, owner: User) -> None:
    """Raises InvalidInputError."""
    known = guesses(owner.email, owner.first_name, owner.last_name)
    passwords.require_good(new_password, *known, field="new_password")
