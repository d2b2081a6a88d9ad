"""Signing up and verifying: one account for one address, and no answer that tells of it."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.errors import InvalidCredentialsError, TokenRefusedError, TooManyAttemptsError
from auth.password_changes import reset_password
from auth.safeguards import Safeguards
from auth.sign_in import sign_in
from auth.sign_up import Newcomer, sign_up
from auth.verification import request_verification, verify_email
from domain.errors import InvalidInputError
from models import ExternalIdentity, SecurityEvent, User
from tests.auth.accounts import PASSWORD, add_account, at, events, last_token, letters, signed_in, transactions
from tests.factories import add_identity, writing
from tests.statements import count_rows

SELAM = Newcomer(" Selam@Example.com ", PASSWORD, " Selam ", "Tesfaye")


async def test_account_is_made_and_verified_by_the_link(engine: AsyncEngine, safeguards: Safeguards) -> None:
    await sign_up(transactions(engine), safeguards.passwords, SELAM, at())
    with pytest.raises(InvalidCredentialsError):
        await sign_in(transactions(engine), safeguards, SELAM.email, PASSWORD, at())

    async with writing(engine) as session:
        user = await verify_email(session, await last_token(engine), at(60))

    assert (user.email, user.first_name, user.is_email_verified) == ("selam@example.com", "Selam", True)
    assert user.password_hash is not None
    assert user.password_hash.startswith("$argon2id$")
    assert (await signed_in(engine, safeguards, user, at(120))).user_id == user.id
    assert [(letter["template"], letter["to"]) for letter in await letters(engine)] == [
        ("verify_email", "selam@example.com"),
        ("verify_email", "selam@example.com"),
    ], "the refused sign-in sent another link"
    assert await events(engine) == [
        SecurityEvent.SIGNED_UP,
        SecurityEvent.SIGN_IN_FAILED,
        SecurityEvent.EMAIL_VERIFIED,
        SecurityEvent.SIGNED_IN,
    ]


async def test_second_sign_up_changes_nothing_and_tells_the_owner(engine: AsyncEngine, safeguards: Safeguards) -> None:
    owner = await add_account(engine, safeguards, email="selam@example.com", first_name="Owner")

    await sign_up(transactions(engine), safeguards.passwords, SELAM, at())

    [letter] = await letters(engine)
    assert (letter["template"], letter["to"], letter["values"]) == (
        "already_registered",
        "selam@example.com",
        {"name": "Owner"},
    )
    async with writing(engine) as session:
        [user] = await session.scalars(select(User))
    assert (user.id, user.password_hash) == (owner.id, owner.password_hash)


async def test_twenty_sign_ups_at_once_make_one_account(engine: AsyncEngine, safeguards: Safeguards) -> None:
    addresses = [f"10.0.0.{number}" for number in range(20)]

    outcomes = await asyncio.gather(
        *(sign_up(transactions(engine), safeguards.passwords, SELAM, at(0, address)) for address in addresses),
        return_exceptions=True,
    )

    assert await count_rows(engine, User) == 1
    assert sum(outcome is None for outcome in outcomes) == 1
    assert {type(outcome) for outcome in outcomes if outcome is not None} == {TooManyAttemptsError}


async def test_address_that_two_claim_is_of_neither_until_its_owner_opens_the_letter(
    engine: AsyncEngine, safeguards: Safeguards
) -> None:
    """A stranger who signs up first must not share the account that its owner verifies."""
    stranger = replace(SELAM, password="whoever comes first")
    for seconds in (0, 60):
        await sign_up(transactions(engine), safeguards.passwords, stranger, at(seconds))
    async with writing(engine) as session:
        await add_identity(session, (await session.scalars(select(User))).one())

    await sign_up(transactions(engine), safeguards.passwords, SELAM, at(120))

    sent = await letters(engine)
    assert [letter["template"] for letter in sent] == ["verify_email", "verify_email", "reset_password"]
    async with writing(engine) as session:
        await verify_email(session, sent[0]["values"]["token"], at(180))
    for seconds, password in ((240, stranger.password), (270, PASSWORD)):
        with pytest.raises(InvalidCredentialsError):
            await sign_in(transactions(engine), safeguards, SELAM.email, password, at(seconds))
    assert await count_rows(engine, ExternalIdentity) == 0
    user = await reset_password(
        transactions(engine), safeguards.passwords, sent[-1]["values"]["token"], PASSWORD, at(300)
    )
    assert (await signed_in(engine, safeguards, user, at(360))).user_id == user.id


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"email": "selam"}, "email"),
        ({"email": "selam@example"}, "email"),
        ({"email": "sélam@example.com"}, "email"),
        ({"email": f"{'s' * 250}@example.com"}, "email"),
        ({"email": "selam\0@example.com"}, "email"),
        ({"email": "selam@example.com\r\nBcc: all@example.com"}, "email"),
        ({"first_name": " "}, "first_name"),
        ({"last_name": "x" * 101}, "last_name"),
        ({"last_name": "half \ud800"}, "last_name"),
        ({"password": "Selam@example.com"}, "password"),
    ],
)
async def test_bad_input_is_refused_by_its_field(
    engine: AsyncEngine, safeguards: Safeguards, change: dict[str, str], path: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await sign_up(transactions(engine), safeguards.passwords, replace(SELAM, **change), at())
    assert [field.path for field in refused.value.fields] == [(path,)]
    assert await count_rows(engine, User) == 0


async def test_link_verifies_once_and_for_a_day(engine: AsyncEngine, safeguards: Safeguards) -> None:
    await sign_up(transactions(engine), safeguards.passwords, SELAM, at())
    first = await last_token(engine)
    await request_verification(transactions(engine), SELAM.email, at(60))
    second = await last_token(engine)

    async with writing(engine) as session:
        await verify_email(session, first, at(120))

    for token, visit in ((first, at(180)), (second, at(60 + 24 * 3600)), ("never given out", at())):
        with pytest.raises(TokenRefusedError):
            async with writing(engine) as session:
                await verify_email(session, token, visit)


async def test_strangers_to_us_get_no_letter_and_the_same_answer(engine: AsyncEngine, safeguards: Safeguards) -> None:
    await add_account(engine, safeguards, email="known@example.com")

    for email in ("known@example.com", "unknown@example.com"):
        await request_verification(transactions(engine), email, at())

    assert await letters(engine) == []
