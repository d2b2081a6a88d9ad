"""What staff does to accounts of others: invite, change roles, deactivate and activate, end sessions.

Who may do so is asked before: `accounts:write` is of those fields that call these functions.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from auth.administrators import lock_administrators, require_another_administrator
from auth.emails import require_email
from auth.errors import AccountGoneError, AccountNotFoundError, EmailTakenError, OwnAccountError, RoleBeyondOwnError
from auth.letters import send_invitation
from auth.names import require_name
from auth.one_time_tokens import discard
from auth.roles import ROLE_PERMISSIONS
from auth.security_log import record
from auth.sessions import end_sessions
from auth.viewer import Viewer
from auth.visits import Visit
from models import Role, SecurityEvent, SessionEnd, User


@dataclass(frozen=True, slots=True)
class Invitee:
    """Who is to get an account."""

    email: str
    first_name: str
    last_name: str
    role: Role


def require_own(viewer: Viewer, role: Role) -> None:
    """Refuse to give a role that may do more than the viewer. A machine's scopes count, not its owner's role.

    Raises RoleBeyondOwnError.
    """
    if not ROLE_PERMISSIONS[role] <= viewer.grants:
        raise RoleBeyondOwnError(role)


async def invite(session: AsyncSession, actor_id: UUID, invitee: Invitee, visit: Visit) -> User:
    """Make an account without a password, and send the link that sets one (`auth.password_changes.reset_password`).

    Whoever was invited before and did not come gets another letter, and the role and names given now. Raises
    InvalidInputError, EmailTakenError and AccountGoneError.
    """
    actor = await session.get(User, actor_id)
    if actor is None or not actor.is_active:
        raise AccountGoneError
    values = {
        "first_name": require_name(invitee.first_name, "first_name"),
        "last_name": require_name(invitee.last_name, "last_name"),
        "role": invitee.role,
    }
    email = require_email(invitee.email)
    user: User | None = await session.scalar(
        insert(User)
        .values(id=uuid7(), email=email, **values)
        .on_conflict_do_update(
            index_elements=[User.email],
            set_=values,
            where=(User.password_hash.is_(None)) & User.is_active & ~User.is_email_verified,
        )
        .returning(User)
    )
    if user is None:
        raise EmailTakenError(email)
    record(session, SecurityEvent.INVITED, visit, user_id=user.id, actor_id=actor_id, details={"role": user.role.value})
    await send_invitation(session, user, actor, visit)
    return user


async def change_role(session: AsyncSession, actor_id: UUID, user_id: UUID, role: Role, visit: Visit) -> User:
    """Give the account another role. Its sessions end, so that the next access token has the new one.

    Raises AccountNotFoundError, OwnAccountError and LastAdministratorError.
    """
    administrators = await lock_administrators(session)
    user = await _others_account(session, actor_id, user_id)
    if user.role is role:
        return user
    require_another_administrator(administrators, user)
    details = {"from": user.role.value, "to": role.value}
    user.role = role
    record(session, SecurityEvent.ROLE_CHANGED, visit, user_id=user_id, actor_id=actor_id, details=details)
    await end_sessions(session, user_id, SessionEnd.ROLE_CHANGED, visit, actor_id=actor_id)
    return user


async def deactivate(session: AsyncSession, actor_id: UUID, user_id: UUID, visit: Visit) -> User:
    """Keep the account's owner out: its sessions end, its links are dead, its API tokens rest.

    Raises AccountNotFoundError, OwnAccountError and LastAdministratorError.
    """
    administrators = await lock_administrators(session)
    user = await _others_account(session, actor_id, user_id)
    if not user.is_active:
        return user
    require_another_administrator(administrators, user)
    user.is_active = False
    await discard(session, user_id)
    record(session, SecurityEvent.DEACTIVATED, visit, user_id=user_id, actor_id=actor_id)
    await end_sessions(session, user_id, SessionEnd.DEACTIVATED, visit, actor_id=actor_id)
    return user


async def activate(session: AsyncSession, actor_id: UUID, user_id: UUID, visit: Visit) -> User:
    """Let the account's owner in again. Raises AccountNotFoundError, and OwnAccountError."""
    user = await _others_account(session, actor_id, user_id)
    if not user.is_active:
        user.is_active = True
        record(session, SecurityEvent.ACTIVATED, visit, user_id=user_id, actor_id=actor_id)
        await session.flush()
    return user


async def end_sessions_of(session: AsyncSession, actor_id: UUID, user_id: UUID, visit: Visit) -> int:
    """End all sessions of the account; gives how many. Raises AccountNotFoundError."""
    user = await session.get(User, user_id)
    if user is None or user.deleted_at is not None:
        raise AccountNotFoundError
    return await end_sessions(session, user_id, SessionEnd.ENDED_BY_STAFF, visit, actor_id=actor_id)


async def _others_account(session: AsyncSession, actor_id: UUID, user_id: UUID) -> User:
    if actor_id == user_id:
        raise OwnAccountError
    user = await session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None or user.deleted_at is not None:
        raise AccountNotFoundError
    return user
