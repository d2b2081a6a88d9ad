"""Reauthentication: whoever is signed in shows once more that it is them, before what a stolen session must not do."""

from uuid import UUID

from sqlalchemy import select

from auth.errors import WrongPasswordError
from auth.passwords import Passwords
from auth.security_log import record
from auth.throttling import Attempt, Transactions, forgive, require_patience
from auth.visits import Visit
from models import SecurityEvent, ThrottledAction, User


async def require_password(
    transactions: Transactions, passwords: Passwords, user_id: UUID, password: str, visit: Visit
) -> None:
    """Raise WrongPasswordError or TooManyAttemptsError unless it is the user's password.

    An account that only an identity provider vouches for has none: its owner sets one with the letter that
    `auth.password_reset` sends.
    """
    attempt = Attempt(ThrottledAction.REAUTHENTICATION, str(user_id), visit)
    await require_patience(transactions, attempt)
    async with transactions() as session:
        stored = await session.scalar(select(User.password_hash).where(User.id == user_id, User.is_active))
    verdict = await passwords.verify(stored, password)
    async with transactions() as session:
        if verdict.is_right:
            await forgive(session, attempt)
        else:
            record(session, SecurityEvent.REAUTHENTICATION_FAILED, visit, user_id=user_id)
    if not verdict.is_right:
        raise WrongPasswordError
