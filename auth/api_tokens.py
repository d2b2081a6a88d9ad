"""API tokens: made for machines, shown once, and good for what both their scopes and their user may."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from auth.errors import AccountGoneError, ApiTokenNotFoundError, ApiTokenRefusedError
from auth.permissions import Permission
from auth.roles import ROLE_PERMISSIONS
from auth.secrets import hash_token, new_token
from auth.security_log import record
from auth.viewer import Viewer
from auth.visits import Visit
from domain.errors import invalid
from models import ApiToken, SecurityEvent, User

MARK = "mk_"
"""How each begins, so that scanners of source code find those that were left lying about."""

PREFIX_LENGTH = 11
LONGEST_NAME = 100
LONGEST_LIFETIME = timedelta(days=366)
OVERLAP = timedelta(hours=24)
"""How long a token that was rotated is good beside its successor at most."""

USE_NOTED_AFTER = timedelta(minutes=1)
"""The time of the last use is no more exact than this, so that not each request writes."""


@dataclass(frozen=True, slots=True)
class ApiTokenTerms:
    """What a token is called, what it may do, and until when."""

    name: str
    scopes: Collection[str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewApiToken:
    """A token and its row. The text is nowhere else."""

    text: str
    row: ApiToken


async def create_api_token(session: AsyncSession, user_id: UUID, terms: ApiTokenTerms, visit: Visit) -> NewApiToken:
    """A token of the user, who cannot give it more than they may do themselves.

    Raises InvalidInputError and AccountGoneError.
    """
    user = await session.get(User, user_id, with_for_update={"key_share": True})
    if user is None or not user.is_active:
        raise AccountGoneError
    title = " ".join(terms.name.split())
    if not 1 <= len(title) <= LONGEST_NAME or not title.isprintable():
        raise invalid("name", f"It needs 1 to {LONGEST_NAME} characters that can be printed.")
    if not visit.at < terms.expires_at <= visit.at + LONGEST_LIFETIME:
        raise invalid("expires_at", f"It must lie ahead, by {LONGEST_LIFETIME.days} days at most.")
    made = _made(user_id, ApiTokenTerms(title, _granted(user, terms.scopes), terms.expires_at), visit)
    session.add(made.row)
    await session.flush()
    _note(session, SecurityEvent.API_TOKEN_CREATED, made.row, visit)
    return made


async def rotate_api_token(session: AsyncSession, user_id: UUID, token_id: UUID, visit: Visit) -> NewApiToken:
    """Another token with the same scopes and end. The old one goes on for a day, until its machine has the new one.

    Raises ApiTokenNotFoundError when it is not in use, or has a successor already.
    """
    old = await _in_use(session, user_id, token_id, visit)
    if await session.scalar(select(ApiToken.id).where(ApiToken.rotated_from_id == old.id)) is not None:
        raise ApiTokenNotFoundError
    made = _made(user_id, ApiTokenTerms(old.name, old.scopes, old.expires_at), visit)
    made.row.rotated_from_id = old.id
    old.expires_at = min(old.expires_at, visit.at + OVERLAP)
    session.add(made.row)
    await session.flush()
    _note(session, SecurityEvent.API_TOKEN_ROTATED, made.row, visit)
    return made


async def revoke_api_token(session: AsyncSession, user_id: UUID, token_id: UUID, visit: Visit) -> ApiToken:
    """End the token at once. Raises ApiTokenNotFoundError."""
    row = await _in_use(session, user_id, token_id, visit)
    row.revoked_at = visit.at
    await session.flush()
    _note(session, SecurityEvent.API_TOKEN_REVOKED, row, visit)
    return row


def is_api_token(text: str) -> bool:
    """Whether a bearer token looks like one of these, and not like an access token."""
    return text.startswith(MARK)


async def authenticate_api_token(session: AsyncSession, text: str, now: datetime) -> Viewer:
    """The machine that the token stands for, granted what the scopes and the role of its user now both allow.

    What is the user's own is not the machine's: no scope stands for it. It asks the database each time, so that a
    revoked token is refused at once. Raises ApiTokenRefusedError.
    """
    found = await session.execute(
        select(ApiToken, User.role)
        .join(User, User.id == ApiToken.user_id)
        .where(ApiToken.token_hash == hash_token(text), *_going_on(now), User.is_active)
    )
    row = found.one_or_none()
    if row is None:
        raise ApiTokenRefusedError
    token, role = row
    await session.execute(
        update(ApiToken)
        .where(
            ApiToken.id == token.id, ApiToken.last_used_at.is_(None) | (ApiToken.last_used_at < now - USE_NOTED_AFTER)
        )
        .values(last_used_at=now)
        .execution_options(synchronize_session=False)
    )
    granted = frozenset(grant for grant in ROLE_PERMISSIONS[role] if grant.value in token.scopes)
    return Viewer(grants=granted, acts_for=token.user_id, token_id=token.id)


def _granted(user: User, scopes: Collection[str]) -> list[str]:
    """The scopes in order. Raises InvalidInputError for one that is none, or that the user does not have."""
    known = {permission.value for permission in Permission}
    own = {permission.value for permission in ROLE_PERMISSIONS[user.role]}
    if not scopes:
        raise invalid("scopes", "It must name one permission at least.")
    for scope in scopes:
        if scope not in known:
            raise invalid("scopes", "It names something that is no permission.")
        if scope not in own:
            raise invalid("scopes", f"The permission {scope} is not yours to give.")
    return sorted(set(scopes))


def _made(user_id: UUID, terms: ApiTokenTerms, visit: Visit) -> NewApiToken:
    text = MARK + new_token()
    row = ApiToken(
        id=uuid7(),
        user_id=user_id,
        name=terms.name,
        prefix=text[:PREFIX_LENGTH],
        token_hash=hash_token(text),
        scopes=list(terms.scopes),
        created_at=visit.at,
        expires_at=terms.expires_at,
    )
    return NewApiToken(text, row)


async def _in_use(session: AsyncSession, user_id: UUID, token_id: UUID, visit: Visit) -> ApiToken:
    own = select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user_id, *_going_on(visit.at))
    row = await session.scalar(own.with_for_update())
    if row is None:
        raise ApiTokenNotFoundError
    return row


def _going_on(now: datetime) -> list[ColumnElement[bool]]:
    return [ApiToken.revoked_at.is_(None), ApiToken.expires_at > now]


def _note(session: AsyncSession, event: SecurityEvent, row: ApiToken, visit: Visit) -> None:
    record(session, event, visit, user_id=row.user_id, details={"prefix": row.prefix, "scopes": row.scopes})
