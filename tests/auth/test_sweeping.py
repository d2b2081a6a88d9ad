"""Sweeping takes what is over, and nothing else."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from auth.password_changes import request_password_reset
from auth.safeguards import Safeguards
from auth.sweeping import sweep_accounts
from models import OneTimeToken, RefreshToken, Throttle, UserSecurityLog, UserSession
from tests.auth.accounts import NOW, add_account, at, signed_in, transactions
from tests.factories import writing
from tests.statements import count_rows

TABLES = (OneTimeToken, Throttle, UserSession, RefreshToken, UserSecurityLog)


async def test_what_is_over_is_deleted(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)
    await signed_in(engine, safeguards, user)
    await request_password_reset(transactions(engine), user.email, at())

    async def left(after: timedelta) -> list[int]:
        async with writing(engine) as session:
            await sweep_accounts(session, NOW + after)
        return [await count_rows(engine, table) for table in TABLES]

    assert await left(timedelta(hours=1)) == [1, 5, 1, 1, 2]
    assert await left(timedelta(hours=3)) == [1, 0, 1, 1, 2]
    assert await left(timedelta(days=2)) == [0, 0, 1, 1, 2]
    assert await left(timedelta(days=121)) == [0, 0, 0, 0, 2]
    assert await left(timedelta(days=366)) == [0, 0, 0, 0, 0]
