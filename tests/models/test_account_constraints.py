"""What the tables of accounts refuse."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from models import (
    ApiToken,
    Base,
    ExternalIdentity,
    OneTimeToken,
    RefreshToken,
    SocialProvider,
    Throttle,
    ThrottledAction,
    ThrottleScope,
    TokenPurpose,
    UserSession,
)
from tests.factories import add_address, add_user, shared_engine, writing
from tests.statements import constraint

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
HASH = b"h" * 32


@pytest.fixture(scope="module")
async def accounts(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database in which every refused row leaves no trace."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


async def _session(session: AsyncSession, **values: Any) -> UserSession:
    user = await add_user(session)
    times = {"created_at": NOW, "expires_at": NOW + timedelta(days=30)}
    row = UserSession(user_id=user.id, **{**times, **values})
    await _add(session, row)
    return row


async def _refresh_tokens(session: AsyncSession, *rows: dict[str, Any]) -> None:
    signed_in = await _session(session)
    for number, values in enumerate(rows):
        await _add(session, RefreshToken(session_id=signed_in.id, **{"token_hash": bytes([number]) * 32, **values}))


async def _one_time_token(session: AsyncSession, **values: Any) -> None:
    user = await add_user(session)
    defaults = {"purpose": TokenPurpose.RESET_PASSWORD, "email": user.email, "token_hash": HASH, "created_at": NOW}
    await _add(session, OneTimeToken(user_id=user.id, **{**defaults, "expires_at": NOW + timedelta(hours=1), **values}))


async def _throttle(session: AsyncSession, **values: Any) -> None:
    key = {"action": ThrottledAction.SIGN_IN, "scope": ThrottleScope.ADDRESS, "key_hash": HASH}
    await _add(session, Throttle(**{**key, "expires_at": NOW, **values}))


async def _throttle_twice(session: AsyncSession) -> None:
    await _throttle(session)
    await _throttle(session)


async def _api_token(session: AsyncSession, **values: Any) -> None:
    user = await add_user(session)
    defaults = {"name": "Till", "prefix": "mk_1", "token_hash": HASH, "scopes": ["stock:read"], "created_at": NOW}
    await _add(session, ApiToken(user_id=user.id, **{**defaults, "expires_at": NOW + timedelta(days=1), **values}))


async def _identity_of_two_users(session: AsyncSession) -> None:
    for user in (await add_user(session), await add_user(session)):
        await _add(session, ExternalIdentity(user_id=user.id, provider=SocialProvider.GOOGLE, subject="1"))


async def _addresses(session: AsyncSession, *rows: dict[str, Any]) -> None:
    user = await add_user(session)
    for values in rows:
        await add_address(session, user, **values)


async def _add(session: AsyncSession, row: Base) -> None:
    session.add(row)
    await session.flush()


REFUSED: list[tuple[str, Callable[[AsyncSession], Awaitable[object]]]] = [
    ("ck_users_phone", lambda s: add_user(s, encrypted_phone=b"sealed")),
    ("ck_users_deleted_at", lambda s: add_user(s, deleted_at=NOW)),
    ("ck_user_sessions_expires_at", lambda s: _session(s, expires_at=NOW + timedelta(days=30, seconds=1))),
    ("ck_user_sessions_expires_at", lambda s: _session(s, expires_at=NOW)),
    ("ck_user_sessions_end", lambda s: _session(s, ended_at=NOW)),
    ("ck_user_sessions_address", lambda s: _session(s, address="2001:DB8::1")),
    ("uq_refresh_tokens_unused", lambda s: _refresh_tokens(s, {}, {})),
    ("uq_refresh_tokens_token_hash", lambda s: _refresh_tokens(s, {"used_at": NOW}, {"token_hash": bytes(32)})),
    ("ck_refresh_tokens_token_hash", lambda s: _refresh_tokens(s, {"token_hash": b"plain"})),
    ("ck_refresh_tokens_successor_salt", lambda s: _refresh_tokens(s, {"successor_salt": b"salt"})),
    ("ck_one_time_tokens_expires_at", lambda s: _one_time_token(s, expires_at=NOW)),
    ("ck_one_time_tokens_email", lambda s: _one_time_token(s, email="Selam@example.com")),
    ("uq_throttles_action_scope_key_hash", _throttle_twice),
    ("ck_throttles_failures", lambda s: _throttle(s, attempts=1, failures=2)),
    ("ck_api_tokens_scopes", lambda s: _api_token(s, scopes=[])),
    ("ck_api_tokens_expires_at", lambda s: _api_token(s, expires_at=NOW)),
    ("uq_external_identities_provider_subject", _identity_of_two_users),
    ("uq_addresses_default_billing", lambda s: _addresses(s, *[{"is_default_billing": True}] * 2)),
    ("uq_addresses_default_shipping", lambda s: _addresses(s, *[{"is_default_shipping": True}] * 2)),
    ("ck_addresses_country_code", lambda s: _addresses(s, {"country_code": "et"})),
    ("ck_addresses_filled", lambda s: _addresses(s, {"city": ""})),
]


@pytest.mark.parametrize(("name", "build"), REFUSED, ids=[f"{place}-{name}" for place, (name, _) in enumerate(REFUSED)])
async def test_constraints_refuse(
    accounts: AsyncEngine, name: str, build: Callable[[AsyncSession], Awaitable[object]]
) -> None:
    with pytest.raises(IntegrityError) as refused:
        async with writing(accounts) as session:
            await build(session)
    assert constraint(refused) == name
