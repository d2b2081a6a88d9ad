"""Another e-mail address: with the password, confirmed by the new one, told to the old one."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.email_changes import change_email
from auth.errors import SessionEndedError, TokenRefusedError, TooManyAttemptsError, WrongPasswordError
from auth.password_changes import request_password_reset, reset_password
from auth.safeguards import Safeguards
from auth.sessions import refresh_session
from auth.verification import verify_email
from models import User
from tests.auth.accounts import PASSWORD, add_account, at, last_token, letters, signed_in, transactions
from tests.factories import writing

NEW = "new@example.com"


async def test_new_address_counts_once_its_owner_confirms(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards, email="old@example.com")
    begun = await signed_in(engine, safeguards, user)
    await request_password_reset(transactions(engine), user.email, at(10))
    reset = await last_token(engine)

    with pytest.raises(WrongPasswordError):
        await change_email(transactions(engine), safeguards, user.id, NEW, "a wrong password", at(20))
    with pytest.raises(TooManyAttemptsError):
        await change_email(transactions(engine), safeguards, user.id, NEW, PASSWORD, at(20.5))
    await change_email(transactions(engine), safeguards, user.id, " New@Example.com", PASSWORD, at(30))
    link = await last_token(engine)
    async with writing(engine) as session:
        assert (await session.get_one(User, user.id)).email == "old@example.com"
        assert (await verify_email(session, link, at(40))).email == NEW

    assert [(letter["template"], letter["to"]) for letter in await letters(engine)] == [
        ("reset_password", "old@example.com"),
        ("verify_email", NEW),
        ("email_changed", "old@example.com"),
    ]
    with pytest.raises(TokenRefusedError):
        await reset_password(transactions(engine), safeguards.passwords, reset, "another one for me", at(50))
    with pytest.raises(SessionEndedError):
        await refresh_session(transactions(engine), safeguards.access_tokens, begun.refresh_token, at(50))


async def test_taken_address_tells_its_owner_only(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)
    await add_account(engine, safeguards, email=NEW)

    await change_email(transactions(engine), safeguards, user.id, NEW, PASSWORD, at())

    assert [(letter["template"], letter["to"]) for letter in await letters(engine)] == [("already_registered", NEW)]


async def test_letters_to_any_addresses_are_counted_together(engine: AsyncEngine, safeguards: Safeguards) -> None:
    """Or an account would send them to the addresses of many strangers."""
    user, other = await add_account(engine, safeguards), await add_account(engine, safeguards)
    await change_email(transactions(engine), safeguards, user.id, "one@example.com", PASSWORD, at())

    with pytest.raises(TooManyAttemptsError):
        await change_email(transactions(engine), safeguards, user.id, "two@example.com", PASSWORD, at(0.5))
    await change_email(transactions(engine), safeguards, other.id, "one@example.com", PASSWORD, at(0.5))

    assert [letter["to"] for letter in await letters(engine)] == ["one@example.com"] * 2


async def test_address_taken_in_the_meantime_is_not_taken_over(engine: AsyncEngine, safeguards: Safeguards) -> None:
    user = await add_account(engine, safeguards)
    await change_email(transactions(engine), safeguards, user.id, NEW, PASSWORD, at())
    await add_account(engine, safeguards, email=NEW)

    with pytest.raises(TokenRefusedError):
        async with writing(engine) as session:
            await verify_email(session, await last_token(engine), at(60))
