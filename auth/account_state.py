"""What SQL tells of the state of accounts: whether a session goes on, and how the second factor stands."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from auth.sessions import IDLE_LIFETIME
from models import RecoveryCode, TotpCredential, User


def session_goes_on(session: Any) -> ColumnElement[bool]:
    """Whether the session neither ended nor expired; the same as `auth.sessions.is_going_on` says of a moment."""
    return and_(
        session.ended_at.is_(None),
        session.expires_at > func.now(),
        session.last_used_at > func.now() - IDLE_LIFETIME,
    )


def second_factor_is_on(user: Any) -> ColumnElement[bool]:
    """Whether a code is asked for when the user signs in."""
    credential: Any = aliased(TotpCredential)
    confirmed = select(credential.id).where(credential.user_id == user.id, credential.confirmed_at.is_not(None))
    return confirmed.correlate_except(credential).exists()


def recovery_codes_left(user: Any) -> ColumnElement[int]:
    """How many recovery codes of the user were not used yet."""
    code: Any = aliased(RecoveryCode)
    unused = select(func.count()).select_from(code).where(code.user_id == user.id, code.used_at.is_(None))
    return unused.correlate_except(code).scalar_subquery()


def unless_by_staff(entry: Any, value: ColumnElement[str]) -> ColumnElement[str]:
    """The value, unless the entry of the security log is of what staff did to the account of somebody else.

    Where they sit is not the owner's business. The audit log has it.
    """
    return case((or_(entry.actor_id.is_(None), entry.actor_id == entry.user_id), value))


def email_of_actor(entry: Any) -> ColumnElement[str]:
    """The e-mail address of whoever of the staff did what an entry of the security log tells."""
    actor: Any = aliased(User)
    return select(actor.email).where(actor.id == entry.actor_id).correlate_except(actor).scalar_subquery()
