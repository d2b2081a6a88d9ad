"""Signing up: an account for whoever owns the e-mail address, once they have opened the link sent there."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from auth.credentials import forget_identities
from auth.emails import require_email
from auth.letters import send_already_registered, send_password_reset, send_verification
from auth.names import require_name
from auth.passwords import Passwords, guesses
from auth.security_log import record
from auth.throttling import Attempt, Transactions, require_patience
from auth.unhurried import taking_at_least
from auth.visits import Visit
from models import SecurityEvent, ThrottledAction, User


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What somebody tells of themselves to get an account."""

    email: str
    password: str
    first_name: str
    last_name: str


async def sign_up(transactions: Transactions, passwords: Passwords, newcomer: Newcomer, visit: Visit) -> None:
    """Make an account that is not verified yet, and send the link that verifies it.

    If there is one already, its owner is told by letter instead; answer and time are the same. Raises
    InvalidInputError and TooManyAttemptsError.
    """
    email = require_email(newcomer.email)
    first_name = require_name(newcomer.first_name, "first_name")
    last_name = require_name(newcomer.last_name, "last_name")
    passwords.require_good(newcomer.password, *guesses(email, first_name, last_name))
    async with taking_at_least(), passwords.turn():
        await require_patience(transactions, Attempt(ThrottledAction.SIGN_UP, email, visit))
        async with transactions() as session:
            claimed = select(User.password_hash).where(User.email == email, ~User.is_email_verified)
            earlier = await session.scalar(claimed)
        is_same = (await passwords.verify(earlier, newcomer.password)).is_right
        password_hash = await passwords.hash(newcomer.password)
        async with transactions() as session:
            row = {"email": email, "first_name": first_name, "last_name": last_name, "password_hash": password_hash}
            await enrol(session, row, visit, same_as=earlier if is_same else None)


async def enrol(
    session: AsyncSession, row: Mapping[str, str], visit: Visit, *, same_as: str | None = None
) -> User | None:
    """A new account, whose address is asked by letter; None when there is one, whose owner is told.

    `same_as` is the hash of an earlier sign-up that the newcomer knows the password of.
    """
    added = insert(User).values(id=uuid7(), **row).on_conflict_do_nothing(index_elements=[User.email]).returning(User)
    user = await session.scalar(added)
    if user is not None:
        record(session, SecurityEvent.SIGNED_UP, visit, user_id=user.id)
        await send_verification(session, user, visit)
        return user
    owner = (await session.scalars(select(User).where(User.email == row["email"]).with_for_update())).one()
    record(session, SecurityEvent.SIGN_UP_REPEATED, visit, user_id=owner.id)
    if owner.is_email_verified:
        await send_already_registered(session, owner)
    elif owner.is_active and same_as is not None and owner.password_hash == same_as:
        await send_verification(session, owner, visit)
    elif owner.is_active:
        await _leave_to_owner(session, owner, visit)
    return None


async def _leave_to_owner(session: AsyncSession, user: User, visit: Visit) -> None:
    """Of several who claim an address that nobody has proved, let none in but who gets the letter.

    Who came first may have waited for the owner to come and open it: then the account would be both of theirs.
    """
    user.password_hash = None
    await forget_identities(session, user.id)
    await send_password_reset(session, user, visit)
