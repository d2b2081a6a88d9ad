"""What staff does to accounts of others: invite, change roles, deactivate and activate, end sessions.

Who may do so is asked before: `accounts:write` is of those fields that call these functions. What they may not do is
asked here: nobody hands out a role that may more than they, nor touches the account of somebody who has it. And an
access token is not taken at its word, as what it does here would outlast it: its session has to go on.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from auth.administrators import lock_administrators, require_another_administrator
from auth.credentials import forget_identities
from auth.emails import require_email
from auth.errors import (
    AccountGoneError,
    AccountNotFoundError,
    EmailTakenError,
    OwnAccountError,
    RoleBeyondOwnError,
    SessionEndedError,
)
from auth.letters import send_invitation
from auth.names import require_name
from auth.one_time_tokens import discard
from auth.roles import ROLE_PERMISSIONS
from auth.security_log import record
from auth.sessions import end_sessions, is_live
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


async def invite(session: AsyncSession, actor: Viewer, invitee: Invitee, visit: Visit) -> User:
    """Make an account without a password, and send the link that sets one (`auth.password_changes.reset_password`).

    Whoever was invited before and did not come gets another letter, and the role and names given now. Raises
    InvalidInputError, EmailTakenError, RoleBeyondOwnError, SessionEndedError and AccountGoneError.
    """
    await _require_session(session, actor, visit)
    _require_rank(actor, invitee.role)
    inviter = await session.get(User, actor.actor_id)
    if inviter is None or not inviter.is_active:
        raise AccountGoneError
    user = await _invited(session, actor, invitee)
    await forget_identities(session, user.id)
    details = {"role": user.role.value}
    record(session, SecurityEvent.INVITED, visit, user_id=user.id, actor_id=actor.actor_id, details=details)
    await send_invitation(session, user, inviter, visit)
    return user


async def change_role(session: AsyncSession, actor: Viewer, user_id: UUID, role: Role, visit: Visit) -> User:
    """Give the account another role. Its sessions end, so that the next access token has the new one.

    Raises AccountNotFoundError, OwnAccountError, RoleBeyondOwnError, LastAdministratorError and SessionEndedError.
    """
    administrators = await lock_administrators(session)
    user = await _others_account(session, actor, user_id, visit)
    _require_rank(actor, role)
    if user.role is role:
        return user
    require_another_administrator(administrators, user)
    details = {"from": user.role.value, "to": role.value}
    user.role = role
    record(session, SecurityEvent.ROLE_CHANGED, visit, user_id=user_id, actor_id=actor.actor_id, details=details)
    await end_sessions(session, user_id, SessionEnd.ROLE_CHANGED, visit, actor_id=actor.actor_id)
    return user


async def deactivate(session: AsyncSession, actor: Viewer, user_id: UUID, visit: Visit) -> User:
    """Keep the account's owner out: its sessions end, its links are dead, its API tokens rest.

    Raises AccountNotFoundError, OwnAccountError, RoleBeyondOwnError, LastAdministratorError and SessionEndedError.
    """
    administrators = await lock_administrators(session)
    user = await _others_account(session, actor, user_id, visit)
    if not user.is_active:
        return user
    require_another_administrator(administrators, user)
    user.is_active = False
    await discard(session, user_id)
    record(session, SecurityEvent.DEACTIVATED, visit, user_id=user_id, actor_id=actor.actor_id)
    await end_sessions(session, user_id, SessionEnd.DEACTIVATED, visit, actor_id=actor.actor_id)
    return user


async def activate(session: AsyncSession, actor: Viewer, user_id: UUID, visit: Visit) -> User:
    """Let the account's owner in again.

    Raises AccountNotFoundError, OwnAccountError, RoleBeyondOwnError and SessionEndedError.
    """
    user = await _others_account(session, actor, user_id, visit)
    if not user.is_active:
        user.is_active = True
        record(session, SecurityEvent.ACTIVATED, visit, user_id=user_id, actor_id=actor.actor_id)
        await session.flush()
    return user


async def end_sessions_of(session: AsyncSession, actor: Viewer, user_id: UUID, visit: Visit) -> int:
    """End all sessions of the account; gives how many. People may end their own, API tokens not those of their owner.

    Raises AccountNotFoundError, OwnAccountError, RoleBeyondOwnError and SessionEndedError.
    """
    if actor.acts_for == user_id:
        raise OwnAccountError
    await _account(session, actor, user_id, visit)
    return await end_sessions(session, user_id, SessionEnd.ENDED_BY_STAFF, visit, actor_id=actor.actor_id)


async def _invited(session: AsyncSession, actor: Viewer, invitee: Invitee) -> User:
    """The account of the invitation. Raises InvalidInputError and EmailTakenError."""
    values = {
        "first_name": require_name(invitee.first_name, "first_name"),
        "last_name": require_name(invitee.last_name, "last_name"),
        "role": invitee.role,
    }
    email = require_email(invitee.email)
    below = [role for role in Role if _reaches(actor, role)]
    is_waiting = User.password_hash.is_(None) & User.is_active & ~User.is_email_verified & User.role.in_(below)
    added = insert(User).values(id=uuid7(), email=email, **values)
    user: User | None = await session.scalar(
        added.on_conflict_do_update(index_elements=[User.email], set_=values, where=is_waiting).returning(User)
    )
    if user is None:
        raise EmailTakenError(email)
    return user


async def _others_account(session: AsyncSession, actor: Viewer, user_id: UUID, visit: Visit) -> User:
    if actor.actor_id == user_id:
        raise OwnAccountError
    return await _account(session, actor, user_id, visit)


async def _account(session: AsyncSession, actor: Viewer, user_id: UUID, visit: Visit) -> User:
    """The account, locked, if the actor may touch it."""
    await _require_session(session, actor, visit)
    user = await session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None or user.deleted_at is not None:
        raise AccountNotFoundError
    _require_rank(actor, user.role)
    return user


async def _require_session(session: AsyncSession, actor: Viewer, visit: Visit) -> None:
    """Refuse an access token whose session has ended: its owner may have been deactivated, or lost the role."""
    if actor.session_id is not None and not await is_live(session, actor.session_id, visit.at):
        raise SessionEndedError


def _require_rank(actor: Viewer, role: Role) -> None:
    if not _reaches(actor, role):
        raise RoleBeyondOwnError(role)


def _reaches(actor: Viewer, role: Role) -> bool:
    """Whether the actor may all that the role may. An API token may what its scopes say, whoever made it."""
    return actor.grants >= ROLE_PERMISSIONS[role]
