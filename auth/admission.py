"""Admission: somebody has shown who they are, and gets a session, or is asked for the second factor first."""

from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import cast, exists, select
from sqlalchemy.dialects.postgresql import CIDR, INET
from sqlalchemy.ext.asyncio import AsyncSession

from auth.one_time_tokens import issue
from auth.security_log import record, written
from auth.sessions import SignedIn, begin_session
from auth.tokens import AccessTokens
from auth.visits import Visit
from domain.mail_jobs import MailTemplate, send_mail
from domain.outbox import enqueue
from models import SecurityEvent, TokenPurpose, TotpCredential, User, UserSession


@dataclass(frozen=True, slots=True)
class SecondFactorNeeded:
    """The first factor was right. The challenge and a code together make a session, for the next five minutes."""

    challenge: str


@dataclass(frozen=True, slots=True)
class PasswordChangeNeeded:
    """The password was right, and somebody else chose it. The token sets another one, for the next ten minutes."""

    token: str


Admission: TypeAlias = SignedIn | SecondFactorNeeded | PasswordChangeNeeded


async def admit(session: AsyncSession, tokens: AccessTokens, user: User, visit: Visit, *, method: str) -> Admission:
    """What the user gets for the first factor; `method` says which one it was, for the log."""
    if user.must_change_password:
        return PasswordChangeNeeded(issue(session, user, TokenPurpose.CHANGE_PASSWORD, visit))
    if await has_second_factor(session, user):
        return SecondFactorNeeded(issue(session, user, TokenPurpose.SECOND_FACTOR, visit))
    return await welcome(session, tokens, user, visit, method=method)


async def has_second_factor(session: AsyncSession, user: User) -> bool:
    """Whether a code is asked for when the user signs in."""
    confirmed = TotpCredential.confirmed_at.is_not(None)
    return bool(await session.scalar(select(exists().where(TotpCredential.user_id == user.id, confirmed))))


async def welcome(session: AsyncSession, tokens: AccessTokens, user: User, visit: Visit, *, method: str) -> SignedIn:
    """A session for the user. From a network that is new to the account, its owner is told by letter."""
    if await _is_new_place(session, user, visit):
        await enqueue(session, send_mail(MailTemplate.NEW_SIGN_IN, user.email, _told(user, visit)))
    user.last_login_at = visit.at
    signed_in = begin_session(session, tokens, user, visit)
    details = {"method": method, "session": str(signed_in.session_id)}
    record(session, SecurityEvent.SIGNED_IN, visit, user_id=user.id, details=details)
    return signed_in


async def _is_new_place(session: AsyncSession, user: User, visit: Visit) -> bool:
    """Whether the account was used before, and never from this network."""
    if user.last_login_at is None:
        return False
    owned = exists().where(UserSession.user_id == user.id)
    if visit.network is not None:
        owned = owned.where(cast(UserSession.address, INET).op("<<=")(cast(visit.network, CIDR)))
    return not await session.scalar(select(owned))


def _told(user: User, visit: Visit) -> dict[str, str | int]:
    return {
        "name": user.first_name,
        "time": written(visit.at),
        "device": visit.user_agent or "an unknown device",
        "address": visit.address or "an unknown address",
    }
