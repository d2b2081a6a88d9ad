"""Administrators: the first one comes from the command line, and from then on there is always one."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from auth.emails import require_email
from auth.errors import EmailTakenError, LastAdministratorError
from auth.names import require_name
from auth.security_log import record
from auth.visits import Visit
from models import Role, SecurityEvent, User


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who is to be one."""

    email: str
    first_name: str
    last_name: str


async def lock_administrators(session: AsyncSession) -> frozenset[UUID]:
    """The active administrators, who stay so until the transaction ends. To be taken before any other lock on users.

    In the order of their ids, so that of two who appoint or leave at once each sees what the other did.
    """
    active = select(User.id).where(User.role == Role.ADMIN, User.is_active)
    return frozenset(await session.scalars(active.order_by(User.id).with_for_update()))


def require_another_administrator(administrators: frozenset[UUID], user: User) -> None:
    """Refuse to go on when the user, who is about to leave the role, is the last of the administrators."""
    if administrators == {user.id}:
        raise LastAdministratorError


async def create_administrator(session: AsyncSession, person: Administrator, password_hash: str, visit: Visit) -> User:
    """An administrator with a password that was chosen for them, and that opens nothing but its own change.

    Raises InvalidInputError and EmailTakenError.
    """
    email = require_email(person.email)
    user: User | None = await session.scalar(
        insert(User)
        .values(
            id=uuid7(),
            email=email,
            first_name=require_name(person.first_name, "first_name"),
            last_name=require_name(person.last_name, "last_name"),
            role=Role.ADMIN,
            password_hash=password_hash,
            must_change_password=True,
            is_email_verified=True,
        )
        .on_conflict_do_nothing(index_elements=[User.email])
        .returning(User)
    )
    if user is None:
        raise EmailTakenError(email)
    record(session, SecurityEvent.SIGNED_UP, visit, user_id=user.id, details={"method": "command line"})
    return user
