"""Signing in: who is let in, what the others are told, and how attempts are counted."""

import asyncio
from datetime import timedelta
from time import perf_counter

import bcrypt
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.admission import PasswordChangeNeeded
from auth.errors import InvalidCredentialsError, TooManyAttemptsError
from auth.password_changes import reset_password
from auth.safeguards import Safeguards
from auth.sign_in import sign_in
from auth.throttling import Attempt, count_attempt, forgive, wait_after
from auth.unhurried import USUAL_SECONDS
from domain.errors import InvalidInputError
from models import SecurityEvent, Throttle, ThrottledAction, ThrottleScope, User, UserSecurityLog, UserSession
from tests.auth.accounts import (
    HOME,
    NOW,
    PASSWORD,
    add_account,
    admitted,
    at,
    events,
    letters,
    signed_in,
    transactions,
)
from tests.factories import writing
from tests.statements import count_rows

ELSEWHERE = "10.9.8.7"


async def test_session_begins_and_is_on_record(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)

    session = await sign_in(transactions(engine), safeguards, f" {user.email.upper()} ", PASSWORD, at())

    async with writing(engine) as database:
        [row] = await database.scalars(select(UserSession))
        [log] = await database.scalars(select(UserSecurityLog))
        [stored] = await database.scalars(select(User))
    assert (row.user_id, row.address, row.user_agent, row.expires_at) == (
        user.id,
        HOME,
        "Firefox on Linux",
        NOW + timedelta(days=30),
    )
    assert (log.event, log.user_id, log.address) == (SecurityEvent.SIGNED_IN, user.id, HOME)
    assert stored.last_login_at == NOW
    claims = safeguards.access_tokens.read(session.access.text, NOW).claims  # type: ignore[union-attr]
    assert (claims.user_id, claims.session_id, claims.role) == (user.id, row.id, user.role)


@pytest.mark.parametrize(
    "overrides",
    [{"is_active": False}, {"is_email_verified": False}, {"password_hash": None}, {"email": "other@example.com"}],
    ids=["inactive", "unverified", "without password", "unknown"],
)
async def test_all_others_are_told_the_same(
    engine: AsyncEngine, safeguards: Safeguards, overrides: dict[str, object]
) -> None:
    await add_account(engine, safeguards, **{"email": "selam@example.com", **overrides})

    with pytest.raises(InvalidCredentialsError) as refused:
        await sign_in(transactions(engine), safeguards, "selam@example.com", PASSWORD, at())

    assert str(refused.value) == "The e-mail address or the password is wrong, or the address is not verified yet."
    assert await events(engine) == [SecurityEvent.SIGN_IN_FAILED]
    assert await count_rows(engine, UserSession) == 0


async def test_time_does_not_tell_who_has_an_account(engine: AsyncEngine, safeguards: Safeguards) -> None:
    """Nor whose hash is of another kind than ours."""
    imported = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(8)).decode()
    await add_account(engine, safeguards, email="known@example.com")
    await add_account(engine, safeguards, email="imported@example.com", password_hash=imported)

    async def seconds(name: str) -> float:
        began = perf_counter()
        with pytest.raises(InvalidCredentialsError):
            await sign_in(transactions(engine), safeguards, f"{name}@example.com", "wrong password", at())
        return perf_counter() - began

    assert min(await asyncio.gather(*map(seconds, ("known", "imported", "unknown")))) >= USUAL_SECONDS


@pytest.mark.parametrize("email", ["", "nobody", "x" * 10_000, "half \ud800", "nul\0@example.com"])
async def test_impossible_addresses_are_nobodys(engine: AsyncEngine, safeguards: Safeguards, email: str) -> None:
    with pytest.raises(InvalidCredentialsError):
        await sign_in(transactions(engine), safeguards, email, PASSWORD, at())


async def test_imported_hash_is_upgraded_at_the_first_sign_in(engine: AsyncEngine, safeguards: Safeguards) -> None:
    imported = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    user = await add_account(engine, safeguards, password_hash=imported)

    await signed_in(engine, safeguards, user)

    async with writing(engine) as session:
        stored = (await session.get_one(User, user.id)).password_hash
    assert stored is not None
    assert stored.startswith("$argon2id$")


async def test_sign_in_from_a_new_network_is_told_by_letter(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)

    for visit in (at(), at(60), at(120, ELSEWHERE), at(180, ELSEWHERE)):
        await signed_in(engine, safeguards, user, visit)

    [letter] = await letters(engine)
    assert (letter["template"], letter["to"]) == ("new_sign_in", user.email)
    assert letter["values"] == {
        "name": "Selam",
        "time": "20 November 2026, 08:32 UTC",
        "device": "Firefox on Linux",
        "address": ELSEWHERE,
    }


async def test_chosen_password_opens_its_own_change_only(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards, must_change_password=True)

    admission = await admitted(engine, safeguards, user)

    assert isinstance(admission, PasswordChangeNeeded)
    assert await count_rows(engine, UserSession) == 0
    with pytest.raises(InvalidInputError, match="somebody else chose"):
        await reset_password(transactions(engine), safeguards.passwords, admission.token, PASSWORD, at(4))
    await reset_password(transactions(engine), safeguards.passwords, admission.token, "a password of mine", at(5))
    assert (await sign_in(transactions(engine), safeguards, user.email, "a password of mine", at(10))) is not None
    with pytest.raises(InvalidCredentialsError):
        await signed_in(engine, safeguards, user, at(20))


def test_waits_double_up_to_an_hour() -> None:
    assert [wait_after(failures, 1).total_seconds() for failures in (0, 1, 2, 3, 9, 10, 500)] == [
        0, 1, 2, 4, 256, 3600, 3600,
    ]  # fmt: skip
    assert [wait_after(failures, 10).total_seconds() for failures in (9, 10, 19, 20, 99, 100)] == [
        0,
        1,
        1,
        2,
        256,
        3600,
    ]


async def test_fifty_attempts_at_once_are_fifty_attempts(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)

    async def tried() -> type[Exception]:
        with pytest.raises((InvalidCredentialsError, TooManyAttemptsError)) as refused:
            await sign_in(transactions(engine), safeguards, user.email, "wrong password", at())
        return refused.type

    outcomes = await asyncio.gather(*(tried() for _ in range(50)))

    assert outcomes.count(InvalidCredentialsError) == 1
    async with writing(engine) as session:
        counters = {row.scope: (row.attempts, row.failures) for row in await session.scalars(select(Throttle))}
    assert counters == dict.fromkeys(ThrottleScope, (50, 1))


async def test_waiting_is_not_made_longer_by_trying(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)
    for seconds in (0.0, 1.0):
        with pytest.raises(InvalidCredentialsError):
            await sign_in(transactions(engine), safeguards, user.email, "wrong password", at(seconds))

    for seconds in (1.5, 2, 2.9):
        with pytest.raises(TooManyAttemptsError):
            await signed_in(engine, safeguards, user, at(seconds))

    await signed_in(engine, safeguards, user, at(3))
    await signed_in(engine, safeguards, user, at(3)), "success forgives"


async def test_strangers_do_not_keep_the_owner_out(engine: AsyncEngine, safeguards: Safeguards) -> None:
    """Many addresses make everybody wait but those who were there before."""
    user = await add_account(engine, safeguards)
    await signed_in(engine, safeguards, user, at(-3600))
    wait, number = None, 0
    while wait is None:
        number += 1
        async with writing(engine) as session:
            attempt = Attempt(ThrottledAction.SIGN_IN, user.email, at(number * 5, f"10.1.{number}.1"))
            wait = await count_attempt(session, attempt)

    assert (number, wait) == (41, timedelta(seconds=3)), "forty failures cost eight seconds"
    with pytest.raises(TooManyAttemptsError):
        await signed_in(engine, safeguards, user, at(number * 5, ELSEWHERE))
    await signed_in(engine, safeguards, user, at(number * 5))


async def test_addresses_of_one_network_count_together(engine: AsyncEngine) -> None:
    waits = []
    for number in range(11):
        visit = at(0, f"2001:db8:0:7::{number + 1:x}")
        async with writing(engine) as session:
            wait = await count_attempt(session, Attempt(ThrottledAction.SIGN_IN, f"{number}@example.com", visit))
            waits.append(wait)
    assert waits == [None] * 10 + [timedelta(seconds=1)]


async def test_counters_are_forgotten_after_two_hours(engine: AsyncEngine) -> None:
    async def tried(seconds: float) -> timedelta | None:
        async with writing(engine) as session:
            return await count_attempt(session, Attempt(ThrottledAction.SIGN_IN, "a@example.com", at(seconds)))

    assert [await tried(seconds) for seconds in (0, 1, 3, 4)] == [None, None, None, timedelta(seconds=3)]
    assert await tried(3 + 7200) is None
    async with writing(engine) as session:
        counters = (await session.scalars(select(Throttle))).all()
        assert {(row.attempts, row.failures) for row in counters} == {(1, 1)}
        await forgive(session, Attempt(ThrottledAction.SIGN_IN, "a@example.com", at()))
