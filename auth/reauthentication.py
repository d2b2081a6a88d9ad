"""Reauthentication: whoever is signed in shows once more that it is them, before what a stolen session must not do.

The password is compared without a lock, because that takes long. So whoever acts upon it holds the account, and looks
whether the password is still the same one: its owner may have set another meanwhile, to be rid of whoever is acting.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auth.errors import AccountGoneError, WrongPasswordError
from auth.passwords import Passwords
from auth.security_log import record
from auth.throttling import Attempt, Transactions, forgive, require_patience
from auth.visits import Visit
from models import SecurityEvent, ThrottledAction, User


@dataclass(frozen=True, slots=True)
class Reauthenticated:
    """An account whose password somebody knew a moment ago."""

    user_id: UUID
    password_hash: str


async def require_password(
    transactions: Transactions, passwords: Passwords, user_id: UUID, password: str, visit: Visit
) -> Reauthenticated:
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
    if stored is None or not verdict.is_right:
        raise WrongPasswordError
    return Reauthenticated(user_id, stored)


async def lock_reauthenticated(session: AsyncSession, known: Reauthenticated) -> User:
    """The account, locked, whose password is still the one that was known.

    Raises AccountGoneError, and WrongPasswordError when another one was set meanwhile.
    """
    user = await session.get(User, known.user_id, with_for_update=True, populate_existing=True)
    if user is None or not user.is_active:
        raise AccountGoneError
    if user.password_hash != known.password_hash:
        raise WrongPasswordError
    return user
