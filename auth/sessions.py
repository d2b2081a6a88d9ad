"""Sessions: begun by a sign-in, kept alive by refreshing, ended by their user, by staff, or by what happens to them.

A refresh token is good once. Whoever uses it again later has a copy of it, or is the one it was copied from: the
session ends for both (RFC 9700, 4.14.2). Within the grace, which several windows of one browser need, using it again
gives the newest token of the session, so that there is never more than one line of tokens.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_bytes
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from auth.errors import SessionEndedError, SessionNotFoundError
from auth.secrets import TOKEN_BYTES, hash_token, new_token
from auth.security_log import record
from auth.throttling import Transactions
from auth.tokens import AccessClaims, AccessToken, AccessTokens
from auth.visits import Visit
from models import RefreshToken, Role, SecurityEvent, SessionEnd, User, UserSession

LIFETIME = timedelta(days=30)
IDLE_LIFETIME = timedelta(days=14)
"""A session that nobody refreshed for so long has ended."""

GRACE = timedelta(seconds=20)

Conditions = list[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a client keeps of its session: two tokens, and until when each is good."""

    user_id: UUID
    session_id: UUID
    access: AccessToken
    refresh_token: str
    refresh_expires_at: datetime


def begin_session(session: AsyncSession, tokens: AccessTokens, user: User, visit: Visit) -> SignedIn:
    """A new session of the user, with its first tokens. Its row is written with the transaction's next flush."""
    begun = UserSession(
        id=uuid7(),
        user_id=user.id,
        created_at=visit.at,
        last_used_at=visit.at,
        expires_at=visit.at + LIFETIME,
        address=visit.address,
        user_agent=visit.user_agent,
    )
    token = new_token()
    session.add_all([begun, _link(begun, token, visit)])
    return _signed_in(tokens, user, begun, token, visit)


async def refresh_session(
    transactions: Transactions, tokens: AccessTokens, refresh_token: str, visit: Visit
) -> SignedIn:
    """New tokens for the session. Raises SessionEndedError, and ends the session whose token was used before."""
    async with transactions() as session:
        refreshed = await _refreshed(session, tokens, refresh_token, visit)
    if refreshed is None:
        raise SessionEndedError
    return refreshed


async def sign_out(session: AsyncSession, refresh_token: str, visit: Visit) -> None:
    """End the session of that refresh token; without one there is nothing to end."""
    found = await session.scalar(select(RefreshToken).where(RefreshToken.token_hash == hash_token(refresh_token)))
    if found is not None:
        await _end(session, [UserSession.id == found.session_id], SessionEnd.SIGNED_OUT, visit)


async def revoke_session(session: AsyncSession, user_id: UUID, session_id: UUID, visit: Visit) -> UserSession:
    """End one of the user's own sessions. Raises SessionNotFoundError."""
    ended = await _end(
        session, [UserSession.id == session_id, UserSession.user_id == user_id], SessionEnd.REVOKED, visit
    )
    if not ended:
        raise SessionNotFoundError
    return ended[0]


async def end_sessions(  # noqa: PLR0913 - whose, why, by whom, and but for which
    session: AsyncSession,
    user_id: UUID,
    reason: SessionEnd,
    visit: Visit,
    *,
    but: UUID | None = None,
    actor_id: UUID | None = None,
) -> int:
    """End all sessions of the user, but for one perhaps; gives how many."""
    which = [UserSession.user_id == user_id]
    if but is not None:
        which.append(UserSession.id != but)
    return len(await _end(session, which, reason, visit, actor_id=actor_id))


async def is_live(session: AsyncSession, session_id: UUID, now: datetime) -> bool:
    """Whether the session goes on, for what must not wait until its access token expires."""
    owned = select(UserSession.id).join(User, User.id == UserSession.user_id).where(User.is_active)
    return await session.scalar(owned.where(UserSession.id == session_id, *is_going_on(now))) is not None


async def standing_role(session: AsyncSession, session_id: UUID, now: datetime) -> Role | None:
    """The role that the user of the session has by now; None when the session has ended."""
    owned = select(User.role).join(UserSession, User.id == UserSession.user_id).where(User.is_active)
    return await session.scalar(owned.where(UserSession.id == session_id, *is_going_on(now)))


def is_going_on(now: datetime) -> Conditions:
    """The conditions under which a session goes on."""
    return [
        UserSession.ended_at.is_(None),
        UserSession.expires_at > now,
        UserSession.last_used_at > now - IDLE_LIFETIME,
    ]


async def _refreshed(session: AsyncSession, tokens: AccessTokens, refresh_token: str, visit: Visit) -> SignedIn | None:
    link = await session.scalar(
        select(RefreshToken).where(RefreshToken.token_hash == hash_token(refresh_token)).with_for_update()
    )
    if link is None:
        return None
    going_on = select(UserSession).where(UserSession.id == link.session_id, *is_going_on(visit.at)).with_for_update()
    current = await session.scalar(going_on)
    user = await session.get(User, current.user_id) if current is not None else None
    if current is None or user is None or not user.is_active:
        return None
    if link.used_at is not None and not (link.successor_salt and visit.at - link.used_at <= GRACE):
        await _end_reused(session, current, visit)
        return None
    current.last_used_at = visit.at
    successor = await _succeed(session, link, refresh_token, current, visit)
    return _signed_in(tokens, user, current, successor, visit)


async def _succeed(
    session: AsyncSession, link: RefreshToken, refresh_token: str, current: UserSession, visit: Visit
) -> str:
    """The next token of the session; for each that comes within the grace, the newest that there is."""
    if link.successor_salt is not None:
        return await _newest(session, refresh_token, link.successor_salt)
    await _forget_salts(session, current, visit)
    link.used_at, link.successor_salt = visit.at, token_bytes(TOKEN_BYTES)
    await session.flush()
    successor = _derived(refresh_token, link.successor_salt)
    session.add(_link(current, successor, visit))
    return successor


async def _newest(session: AsyncSession, refresh_token: str, salt: bytes) -> str:
    """The end of the line that goes on from the token, of which all were used within the grace and have their salts.

    With one in between a slow window would be taken for a thief by and by. The session is locked, so that the line
    stays as it is; its tokens are not, because whoever brings one has locked it and waits for the session.
    """
    token = _derived(refresh_token, salt)
    following = select(RefreshToken.successor_salt).where(RefreshToken.token_hash == hash_token(token))
    next_salt = await session.scalar(following)
    return token if next_salt is None else await _newest(session, token, next_salt)


async def _forget_salts(session: AsyncSession, current: UserSession, visit: Visit) -> None:
    """After the grace no old token leads to a newer one, not even with the database at hand."""
    await session.execute(
        update(RefreshToken)
        .where(RefreshToken.session_id == current.id, RefreshToken.used_at < visit.at - GRACE)
        .values(successor_salt=None)
    )


def _derived(refresh_token: str, salt: bytes) -> str:
    """The successor of a token: random to everybody who lacks one of the two."""
    digest = hmac.digest(refresh_token.encode(), salt, sha256().name)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _link(current: UserSession, token: str, visit: Visit) -> RefreshToken:
    return RefreshToken(session_id=current.id, token_hash=hash_token(token), created_at=visit.at)


def _signed_in(tokens: AccessTokens, user: User, current: UserSession, token: str, visit: Visit) -> SignedIn:
    access = tokens.write(AccessClaims(user.id, current.id, user.role), visit.at)
    return SignedIn(user.id, current.id, access, token, min(current.expires_at, visit.at + IDLE_LIFETIME))


async def _end_reused(session: AsyncSession, current: UserSession, visit: Visit) -> None:
    record(
        session,
        SecurityEvent.REFRESH_TOKEN_REUSED,
        visit,
        user_id=current.user_id,
        details={"session": str(current.id)},
    )
    await _end(session, [UserSession.id == current.id], SessionEnd.REFRESH_TOKEN_REUSED, visit)


async def _end(
    session: AsyncSession, which: Conditions, reason: SessionEnd, visit: Visit, *, actor_id: UUID | None = None
) -> Sequence[UserSession]:
    ended = (
        await session.scalars(
            update(UserSession)
            .where(UserSession.ended_at.is_(None), *which)
            .values(ended_at=visit.at, end_reason=reason)
            .returning(UserSession)
        )
    ).all()
    for one in ended:
        details = {"session": str(one.id), "reason": reason.value}
        record(session, SecurityEvent.SESSION_ENDED, visit, user_id=one.user_id, actor_id=actor_id, details=details)
    return ended
