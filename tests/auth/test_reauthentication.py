"""Reauthentication: what the password opens is closed to whoever knew it, as soon as its owner sets another."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from typing_extensions import override

from auth.account_deletion import delete_my_account
from auth.api_tokens import ApiTokenTerms, create_api_token
from auth.credentials import set_email
from auth.email_changes import change_email
from auth.errors import TotpStateError, WrongPasswordError
from auth.password_changes import change_password, request_password_reset, reset_password
from auth.permissions import Permission
from auth.safeguards import Safeguards
from auth.second_factor import use_code
from auth.throttling import Transactions
from auth.totp import begin_totp, confirm_totp, disable_totp, replace_recovery_codes
from auth.viewer import viewer_with_role
from models import ApiToken, OneTimeToken, RecoveryCode, Role, TotpCredential, User
from resolvers.api_tokens import create_api_token as create_api_token_of_viewer
from resolvers.api_tokens import rotate_api_token as rotate_api_token_of_viewer
from resolvers.context import Context
from tests.auth.accounts import NOW, PASSWORD, add_account, at, last_token, letters, transactions
from tests.auth.test_totp import code_at, secured
from tests.factories import new_id, writing
from tests.statements import count_rows, execute

ANOTHER = "another one for me"
COMPARING = 3
"""The transactions of `require_password`: it counts, reads the hash, and writes down how the comparison ended."""

SCOPES = [Permission.STOCK_READ]
END = NOW + timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Thief:
    """Somebody who is signed in to an account, and knows its password."""

    transactions: Transactions
    safeguards: Safeguards
    user: User
    code: str
    """One of the recovery codes."""


Deed = Callable[[Thief], Awaitable[object]]


class OvertakenContext(Context):
    """The context of a mutation that another change overtakes."""

    opening: Transactions

    @asynccontextmanager
    @override
    async def writing(self, *, at_once: bool = False) -> AsyncIterator[AsyncSession]:
        async with self.opening() as session:
            yield session


@dataclass(frozen=True, slots=True)
class Till:
    """A token for a machine, and the context in which its owner asks for another."""

    context: Context
    token_id: UUID


def overtaken(engine: AsyncEngine, user: User) -> Transactions:
    """Transactions of whoever has just shown the password, when its owner sets another before anything is done."""
    opened = count()

    @asynccontextmanager
    async def opening() -> AsyncIterator[AsyncSession]:
        if next(opened) == COMPARING:
            await execute(engine, update(User).where(User.id == user.id).values(password_hash="$argon2id$another"))
        async with writing(engine) as session:
            yield session

    return opening


async def change(thief: Thief) -> None:
    passwords, session_id = thief.safeguards.passwords, new_id()
    await change_password(thief.transactions, passwords, thief.user.id, session_id, PASSWORD, ANOTHER, at(60))


async def readdress(thief: Thief) -> None:
    await change_email(thief.transactions, thief.safeguards, thief.user.id, "thief@example.com", PASSWORD, at(60))


async def begin(thief: Thief) -> None:
    await begin_totp(thief.transactions, thief.safeguards, thief.user.id, PASSWORD, at(60))


async def disable(thief: Thief) -> None:
    await disable_totp(thief.transactions, thief.safeguards, thief.user.id, PASSWORD, thief.code, at(60))


async def replace_codes(thief: Thief) -> None:
    await replace_recovery_codes(thief.transactions, thief.safeguards, thief.user.id, PASSWORD, thief.code, at(60))


async def delete(thief: Thief) -> None:
    await delete_my_account(thief.transactions, thief.safeguards, thief.user.id, PASSWORD, at(60))


def context_of(thief: Thief, engine: AsyncEngine) -> Context:
    context = OvertakenContext(engine, viewer_with_role(Role.STAFF, thief.user.id, new_id()), thief.safeguards)
    context.opening = thief.transactions
    return context


@pytest.mark.parametrize("deed", [change, readdress, begin, disable, replace_codes, delete])
async def test_another_password_set_meanwhile_is_heeded(
    engine: AsyncEngine, safeguards: Safeguards, deed: Deed
) -> None:
    user = await add_account(engine, safeguards)
    code = "" if deed is begin else (await secured(engine, safeguards, user))[1][0]
    codes = await count_rows(engine, RecoveryCode)

    with pytest.raises(WrongPasswordError):
        await deed(Thief(overtaken(engine, user), safeguards, user, code))

    async with writing(engine) as session:
        kept = await session.get_one(User, user.id)
        assert (kept.password_hash, kept.email, kept.deleted_at) == ("$argon2id$another", user.email, None)
        unused = select(RecoveryCode.id).where(RecoveryCode.used_at.is_(None))
        assert len((await session.scalars(unused)).all()) == codes
    assert await count_rows(engine, TotpCredential) == (0 if deed is begin else 1)
    assert await letters(engine) == []
    assert await count_rows(engine, OneTimeToken) == 0


@pytest.fixture
async def till(engine: AsyncEngine, safeguards: Safeguards) -> Till:
    """A token for a machine, whose owner is overtaken by another password."""
    user = await add_account(engine, safeguards, role=Role.STAFF)
    async with writing(engine) as session:
        token = (await create_api_token(session, user.id, ApiTokenTerms("Till", SCOPES, END), at())).row
    return Till(context_of(Thief(overtaken(engine, user), safeguards, user, ""), engine), token.id)


async def test_tokens_of_machines_heed_it_as_well(engine: AsyncEngine, till: Till) -> None:
    with pytest.raises(WrongPasswordError):
        await create_api_token_of_viewer(till.context, name="Mine", scopes=SCOPES, expires_at=END, password=PASSWORD)

    async with writing(engine) as session:
        assert list(await session.scalars(select(ApiToken.id))) == [till.token_id]


async def test_rotated_tokens_of_machines_heed_it_as_well(engine: AsyncEngine, till: Till) -> None:
    with pytest.raises(WrongPasswordError):
        await rotate_api_token_of_viewer(till.context, id=till.token_id, password=PASSWORD)

    async with writing(engine) as session:
        assert list(await session.scalars(select(ApiToken.expires_at))) == [END]


async def test_second_factor_that_was_only_begun_ends_with_the_password(
    engine: AsyncEngine, safeguards: Safeguards
) -> None:
    """Or an access token at hand would confirm it, and keep the owner out by codes that only somebody else has."""
    user = await add_account(engine, safeguards)
    begun = await begin_totp(transactions(engine), safeguards, user.id, PASSWORD, at())
    await request_password_reset(transactions(engine), user.email, at(10))
    await reset_password(transactions(engine), safeguards.passwords, await last_token(engine), ANOTHER, at(20))

    with pytest.raises(TotpStateError):
        await confirm_totp(transactions(engine), safeguards, user.id, code_at(begun, 30), at(30))


async def test_second_factor_that_is_on_outlasts_password_and_address(
    engine: AsyncEngine, safeguards: Safeguards
) -> None:
    user = await add_account(engine, safeguards)
    _secret, codes = await secured(engine, safeguards, user)
    await change_password(transactions(engine), safeguards.passwords, user.id, None, PASSWORD, ANOTHER, at(20))

    async with writing(engine) as session:
        owner = await session.get_one(User, user.id)
        await set_email(session, owner, "new@example.com", at(30))
        assert await use_code(session, safeguards.vault, owner, codes[0], at(40)) == "recovery code"


async def test_second_factor_that_was_only_begun_ends_with_the_address(
    engine: AsyncEngine, safeguards: Safeguards
) -> None:
    user = await add_account(engine, safeguards)
    begun = await begin_totp(transactions(engine), safeguards, user.id, PASSWORD, at())
    async with writing(engine) as session:
        await set_email(session, await session.get_one(User, user.id), "new@example.com", at(10))

    with pytest.raises(TotpStateError):
        await confirm_totp(transactions(engine), safeguards, user.id, code_at(begun, 30), at(30))
