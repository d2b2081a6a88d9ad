"""Sessions: refreshed one token after the other, ended by reuse, and revoked."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.errors import SessionEndedError, SessionNotFoundError
from auth.safeguards import Safeguards
from auth.sessions import (
    SignedIn,
    end_sessions,
    is_live,
    refresh_session,
    revoke_session,
    sign_out,
)
from auth.visits import Visit
from models import RefreshToken, Role, SecurityEvent, SessionEnd, User, UserSession
from tests.auth.accounts import NOW, add_account, at, events, signed_in, transactions
from tests.factories import new_id, writing
from tests.statements import count_rows, execute

DAY = 24 * 3600


async def refreshed(engine: AsyncEngine, safeguards: Safeguards, token: str, visit: Visit) -> SignedIn:
    return await refresh_session(transactions(engine), safeguards.access_tokens, token, visit)


async def test_each_refresh_gives_the_next_token(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)
    first = await signed_in(engine, safeguards, user)
    await execute(engine, update(User).values(role=Role.EDITOR))

    second = await refreshed(engine, safeguards, first.refresh_token, at(600))
    third = await refreshed(engine, safeguards, second.refresh_token, at(1200))

    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert first.session_id == second.session_id == third.session_id
    assert third.refresh_expires_at == NOW + timedelta(days=14, minutes=20)
    assert safeguards.access_tokens.read(second.access.text, at(600).at).claims.role is Role.EDITOR
    async with writing(engine) as session:
        rows = (await session.scalars(select(RefreshToken).order_by(RefreshToken.id))).all()
    assert [row.used_at for row in rows] == [at(600).at, at(1200).at, None]
    assert [row.successor_salt is None for row in rows] == [True, False, True]
    assert third.refresh_token.encode() not in b"".join(row.token_hash for row in rows)


async def test_parallel_refreshes_stay_one_line(engine: AsyncEngine, safeguards: Safeguards) -> None:
    begun = await signed_in(engine, safeguards, await add_account(engine, safeguards))

    both = await asyncio.gather(
        *(refreshed(engine, safeguards, begun.refresh_token, at(600 + number)) for number in range(8))
    )

    assert len({one.refresh_token for one in both}) == 1
    assert await count_rows(engine, RefreshToken) == 2
    again = await refreshed(engine, safeguards, both[0].refresh_token, at(1200))
    assert again.session_id == begun.session_id


async def test_slow_window_gets_the_newest_token(engine: AsyncEngine, safeguards: Safeguards) -> None:
    """A browser that opens many windows at once: one still brings the first token when two have been used."""
    begun = await signed_in(engine, safeguards, await add_account(engine, safeguards))
    second = await refreshed(engine, safeguards, begun.refresh_token, at(600))
    third = await refreshed(engine, safeguards, second.refresh_token, at(605))
    fourth = await refreshed(engine, safeguards, third.refresh_token, at(610))

    slow = await refreshed(engine, safeguards, begun.refresh_token, at(620))

    assert slow.refresh_token == fourth.refresh_token
    assert await count_rows(engine, RefreshToken) == 4
    assert (await refreshed(engine, safeguards, slow.refresh_token, at(1200))).session_id == begun.session_id


async def test_windows_with_tokens_of_several_ages_keep_the_session(
    engine: AsyncEngine, safeguards: Safeguards
) -> None:
    begun = await signed_in(engine, safeguards, await add_account(engine, safeguards))
    second = await refreshed(engine, safeguards, begun.refresh_token, at(600))

    every = await asyncio.gather(
        *(refreshed(engine, safeguards, token, at(601)) for token in (begun.refresh_token, second.refresh_token) * 8)
    )

    assert {one.refresh_token for one in every} <= {second.refresh_token, every[1].refresh_token}
    assert await count_rows(engine, RefreshToken) == 3
    assert (await refreshed(engine, safeguards, every[1].refresh_token, at(1200))).session_id == begun.session_id


async def test_old_token_ends_the_session_for_both(engine: AsyncEngine, safeguards: Safeguards) -> None:
    begun = await signed_in(engine, safeguards, await add_account(engine, safeguards))
    successor = await refreshed(engine, safeguards, begun.refresh_token, at(600))

    for token in (begun.refresh_token, successor.refresh_token):
        with pytest.raises(SessionEndedError):
            await refreshed(engine, safeguards, token, at(621))

    async with writing(engine) as session:
        [row] = await session.scalars(select(UserSession))
    assert (row.end_reason, row.ended_at) == (SessionEnd.REFRESH_TOKEN_REUSED, at(621).at)
    assert (await events(engine))[1:] == [SecurityEvent.REFRESH_TOKEN_REUSED, SecurityEvent.SESSION_ENDED]


async def test_session_ends_after_thirty_days_or_fourteen_idle(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)
    idle, kept = await signed_in(engine, safeguards, user), await signed_in(engine, safeguards, user)
    for day in (10, 20, 29):
        kept = await refreshed(engine, safeguards, kept.refresh_token, at(day * DAY))

    assert kept.refresh_expires_at == NOW + timedelta(days=30)
    for token, day in ((idle.refresh_token, 14), (kept.refresh_token, 30), ("never given out", 1)):
        with pytest.raises(SessionEndedError):
            await refreshed(engine, safeguards, token, at(day * DAY))


async def test_inactive_account_refreshes_nothing(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)
    begun = await signed_in(engine, safeguards, user)
    async with writing(engine) as session:
        assert await is_live(session, begun.session_id, NOW)
    await execute(engine, update(User).values(is_active=False))

    with pytest.raises(SessionEndedError):
        await refreshed(engine, safeguards, begun.refresh_token, at(600))
    async with writing(engine) as session:
        assert not await is_live(session, begun.session_id, NOW)


async def test_signing_out_ends_one_session(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)
    here, there = await signed_in(engine, safeguards, user), await signed_in(engine, safeguards, user)

    async with writing(engine) as session:
        await sign_out(session, here.refresh_token, at(60))
        await sign_out(session, "never given out", at(60))

    with pytest.raises(SessionEndedError):
        await refreshed(engine, safeguards, here.refresh_token, at(61))
    await refreshed(engine, safeguards, there.refresh_token, at(61))


async def test_users_revoke_their_own_sessions_only(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user, stranger = await add_account(engine, safeguards), await add_account(engine, safeguards)
    here = await signed_in(engine, safeguards, user)
    there = await signed_in(engine, safeguards, user, at(60))

    for owner, session_id in ((stranger.id, here.session_id), (user.id, new_id())):
        with pytest.raises(SessionNotFoundError):
            async with writing(engine) as session:
                await revoke_session(session, owner, session_id, at(120))
    async with writing(engine) as session:
        seen = [await is_live(session, each.session_id, at(120).at) for each in (here, there)]
        await revoke_session(session, user.id, there.session_id, at(120))
    async with writing(engine) as session:
        left = [await is_live(session, each.session_id, at(120).at) for each in (here, there)]
        ended = await end_sessions(session, user.id, SessionEnd.ENDED_BY_STAFF, at(180), actor_id=stranger.id)

    assert seen == [True, True]
    assert left == [True, False]
    assert ended == 1
