"""Profiles: what an account tells of itself, held to the same rules as when somebody signs up."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.profiles import UsernameTakenError, update_profile
from auth.safeguards import Safeguards
from domain.errors import InvalidInputError
from models import User
from tests.factories import add_user, writing


async def test_names_are_kept_in_one_line(engine: AsyncEngine, safeguards: Safeguards) -> None:
    async with writing(engine) as session:
        user = await add_user(session)
        names = {"first_name": " Hana\n Liya ", "last_name": "ተስፋዬ", "username": " hana  l "}
        await update_profile(session, safeguards.vault, user.id, **names)

    assert (user.first_name, user.last_name, user.username) == ("Hana Liya", "ተስፋዬ", "hana l")


@pytest.mark.parametrize("field", ["first_name", "last_name", "username"])
@pytest.mark.parametrize("name", ["Ha\u202ena", "\u200b", "Ha\x07na", " \u2028 "])
async def test_names_that_cannot_be_seen_or_turn_the_text_are_refused(
    engine: AsyncEngine, safeguards: Safeguards, field: str, name: str
) -> None:
    """They are shown beside reviews."""
    async with writing(engine) as session:
        user = await add_user(session, username="selam")
        with pytest.raises(InvalidInputError) as refused:
            await update_profile(session, safeguards.vault, user.id, **{field: name})

    assert [fault.path for fault in refused.value.fields] == [(field,)]
    async with writing(engine) as session:
        kept = await session.get_one(User, user.id)
    assert (kept.first_name, kept.last_name, kept.username) == ("Selam", "Tesfaye", "selam")


async def test_username_is_one_accounts_and_can_be_given_up(engine: AsyncEngine, safeguards: Safeguards) -> None:
    async with writing(engine) as session:
        taken, user = await add_user(session, username="selam"), await add_user(session)
    with pytest.raises(UsernameTakenError):
        async with writing(engine) as session:
            await update_profile(session, safeguards.vault, user.id, username="selam")

    async with writing(engine) as session:
        await update_profile(session, safeguards.vault, taken.id, username=None)
        assert (await update_profile(session, safeguards.vault, user.id, username="selam")).username == "selam"
