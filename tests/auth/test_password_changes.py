"""Other passwords: by letter, by the one before; and what ends with the old one."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.email_changes import change_email
from auth.errors import InvalidCredentialsError, SessionEndedError, TokenRefusedError, WrongPasswordError
from auth.password_changes import change_password, request_password_reset, reset_password
from auth.passwords import Passwords
from auth.safeguards import Safeguards
from auth.sessions import refresh_session
from auth.verification import request_verification
from domain.errors import InvalidInputError
from models import SecurityEvent, User
from tests.auth.accounts import (
    PASSWORD,
    add_account,
    at,
    events,
    last_token,
    letters,
    signed_in,
    transactions,
)
from tests.factories import writing

ANOTHER = "another one for me"


async def test_link_resets_the_password_and_ends_all_sessions(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards, is_email_verified=True)
    begun = await signed_in(engine, safeguards, user)
    await request_password_reset(transactions(engine), user.email, at(60))
    first = await last_token(engine)
    await request_password_reset(transactions(engine), user.email, at(120))
    second = await last_token(engine)

    await reset_password(transactions(engine), safeguards.passwords, second, ANOTHER, at(180))

    with pytest.raises(SessionEndedError):
        await refresh_session(transactions(engine), safeguards.access_tokens, begun.refresh_token, at(181))
    with pytest.raises(InvalidCredentialsError):
        await signed_in(engine, safeguards, user, at(181))
    for token in (first, second):
        with pytest.raises(TokenRefusedError):
            await reset_password(transactions(engine), safeguards.passwords, token, "a third one", at(182))
    assert [letter["template"] for letter in await letters(engine)] == [
        "reset_password",
        "reset_password",
        "password_changed",
    ]


async def test_unknown_addresses_get_the_same_answer_and_no_letter(engine: AsyncEngine, safeguards: Safeguards) -> None:
    await add_account(engine, safeguards, email="left@example.com", is_active=False)

    for email in ("left@example.com", "unknown@example.com"):
        await request_password_reset(transactions(engine), email, at())

    assert await letters(engine) == []
    assert await events(engine) == [SecurityEvent.PASSWORD_RESET_REQUESTED] * 2


async def test_strangers_do_not_keep_the_owner_from_the_letter(engine: AsyncEngine, safeguards: Safeguards) -> None:
    """Whoever asks for other letters to the address, which may not even be sent, is not counted against its owner."""
    user, stranger = await add_account(engine, safeguards), await add_account(engine, safeguards)
    for number in range(10):
        far = at(number * 1000, f"10.1.{number}.1")
        await request_verification(transactions(engine), user.email, far)
        await change_email(transactions(engine), safeguards, stranger.id, user.email, PASSWORD, far)

    await request_password_reset(transactions(engine), user.email, at(9001, "10.2.1.1"))

    assert (await letters(engine))[-1]["template"] == "reset_password"


async def test_nothing_is_hashed_for_a_token_that_nobody_gave_out(engine: AsyncEngine) -> None:
    """Or whoever sends many of them would keep everybody else from signing in."""
    closed = Passwords()
    closed.close()

    with pytest.raises(TokenRefusedError):
        await reset_password(transactions(engine), closed, "never given out", ANOTHER, at())


async def test_one_of_twenty_resets_wins(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)
    await request_password_reset(transactions(engine), user.email, at())
    token = await last_token(engine)

    outcomes = await asyncio.gather(
        *(
            reset_password(transactions(engine), safeguards.passwords, token, f"password number {number}", at(60))
            for number in range(20)
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, User) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, TokenRefusedError) for outcome in outcomes) == 19


async def test_reset_is_over_after_half_an_hour_and_keeps_the_password_rules(
    engine: AsyncEngine, safeguards: Safeguards
) -> None:
    user = await add_account(engine, safeguards)
    await request_password_reset(transactions(engine), user.email, at())
    token = await last_token(engine)

    with pytest.raises(InvalidInputError):
        await reset_password(transactions(engine), safeguards.passwords, token, "password1", at(60))
    with pytest.raises(TokenRefusedError):
        await reset_password(transactions(engine), safeguards.passwords, token, ANOTHER, at(1800))
    await reset_password(transactions(engine), safeguards.passwords, token, ANOTHER, at(1799))


@pytest.mark.parametrize("guess", ["Liya@Example.com", "Liya.Worku", "Almaz-Liya", "Worku-Tadesse"])
async def test_passwords_that_acquaintances_would_try_are_refused_however_they_are_set(
    engine: AsyncEngine, safeguards: Safeguards, guess: str
) -> None:
    """As when somebody signs up."""
    email = "liya@example.com" if "@" in guess else "liya.worku@example.com"
    names = {"first_name": "Almaz-Liya", "last_name": "Worku-Tadesse"}
    user = await add_account(engine, safeguards, email=email, **names)
    await request_password_reset(transactions(engine), user.email, at())
    token = await last_token(engine)

    with pytest.raises(InvalidInputError):
        await reset_password(transactions(engine), safeguards.passwords, token, guess, at(60))
    with pytest.raises(InvalidInputError):
        await change_password(transactions(engine), safeguards.passwords, user.id, None, PASSWORD, guess, at(60))

    async with writing(engine) as session:
        assert (await session.get_one(User, user.id)).password_hash == user.password_hash
    await reset_password(transactions(engine), safeguards.passwords, token, ANOTHER, at(70))


async def test_changing_needs_the_current_password_and_keeps_this_session(
    engine: AsyncEngine, safeguards: Safeguards
) -> None:
    user = await add_account(engine, safeguards)
    here, there = await signed_in(engine, safeguards, user), await signed_in(engine, safeguards, user)

    async def change(current: str, seconds: float) -> None:
        await change_password(
            transactions(engine), safeguards.passwords, user.id, here.session_id, current, ANOTHER, at(seconds)
        )

    with pytest.raises(WrongPasswordError):
        await change("a wrong password", 60)
    await change(PASSWORD, 120)

    await refresh_session(transactions(engine), safeguards.access_tokens, here.refresh_token, at(121))
    with pytest.raises(SessionEndedError):
        await refresh_session(transactions(engine), safeguards.access_tokens, there.refresh_token, at(121))
    assert (await events(engine))[2:] == [
        SecurityEvent.REAUTHENTICATION_FAILED,
        SecurityEvent.SESSION_ENDED,
        SecurityEvent.PASSWORD_CHANGED,
    ]
    async with writing(engine) as session:
        stored = await session.get_one(User, user.id)
    assert stored.password_hash != user.password_hash
