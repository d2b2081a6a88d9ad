"""Address books and phone numbers: one's own, checked, and never stored in plain text."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from auth import phones
from auth.addresses import AddressData, add_address, change_address, delete_address, phone_of
from auth.errors import AddressNotFoundError, TooManyAddressesError
from auth.profiles import update_profile
from auth.safeguards import Safeguards
from domain.errors import InvalidInputError
from models import Address
from tests.factories import add_address as add_row
from tests.factories import add_user, new_id, writing
from tests.statements import count_rows

HOME = AddressData(
    name=" Selam  Tesfaye ", line1="Bole Road 1", city="Addis Ababa", country_code="et", phone="+251 911-000 101"
)


async def test_address_is_stored_tidy_and_its_phone_sealed(engine: AsyncEngine, safeguards: Safeguards) -> None:
    async with writing(engine) as session:
        user = await add_user(session)
        address = await add_address(session, safeguards.vault, user.id, HOME)

    assert (address.name, address.country_code, address.company) == ("Selam Tesfaye", "ET", None)
    assert phone_of(safeguards.vault, address) == "+251911000101"
    async with engine.connect() as connection:
        stored = str((await connection.execute(text("SELECT addresses FROM addresses"))).all())
    assert "911000101" not in stored


async def test_new_default_takes_the_place_of_the_old(engine: AsyncEngine, safeguards: Safeguards) -> None:
    default = replace(HOME, is_default_shipping=True)
    async with writing(engine) as session:
        user = await add_user(session)

    async def add() -> None:
        async with writing(engine) as session:
            await add_address(session, safeguards.vault, user.id, default)

    await asyncio.gather(*(add() for _ in range(5)))

    async with writing(engine) as session:
        flags = (await session.scalars(select(Address.is_default_shipping).order_by(Address.is_default_shipping))).all()
        assert flags == [False] * 4 + [True]
        [first, *_] = await session.scalars(select(Address).where(~Address.is_default_shipping))
        await change_address(session, safeguards.vault, user.id, first.id, line2="Floor 2", is_default_shipping=True)
    async with writing(engine) as session:
        [now] = await session.scalars(select(Address).where(Address.is_default_shipping))
    assert (now.id, now.line1, now.line2) == (first.id, "Bole Road 1", "Floor 2")
    assert phone_of(safeguards.vault, now) == "+251911000101"


async def test_addresses_of_others_are_not_there(engine: AsyncEngine, safeguards: Safeguards) -> None:
    async with writing(engine) as session:
        user, stranger = await add_user(session), await add_user(session)
        address = await add_address(session, safeguards.vault, user.id, HOME)

    async with writing(engine) as session:
        for owner, address_id in ((stranger.id, address.id), (user.id, new_id())):
            with pytest.raises(AddressNotFoundError):
                await change_address(session, safeguards.vault, owner, address_id, city="Adama")
            with pytest.raises(AddressNotFoundError):
                await delete_address(session, owner, address_id)
    assert await count_rows(engine, Address) == 1
    async with writing(engine) as session:
        await delete_address(session, user.id, address.id)
    assert await count_rows(engine, Address) == 0


async def test_fifty_addresses_are_enough(engine: AsyncEngine, safeguards: Safeguards) -> None:
    async with writing(engine) as session:
        user = await add_user(session)
        for _ in range(50):
            await add_row(session, user)
        with pytest.raises(TooManyAddressesError):
            await add_address(session, safeguards.vault, user.id, HOME)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": "  "}, "name"),
        ({"line1": "x" * 256}, "line1"),
        ({"city": "nul\0"}, "city"),
        ({"region": "half \ud800"}, "region"),
        ({"country_code": "ETH"}, "country_code"),
        ({"phone": "call me"}, "phone"),
    ],
)
async def test_bad_input_is_refused_by_its_field(
    engine: AsyncEngine, safeguards: Safeguards, change: dict[str, Any], path: str
) -> None:
    async with writing(engine) as session:
        user = await add_user(session)
        with pytest.raises(InvalidInputError) as refused:
            await add_address(session, safeguards.vault, user.id, replace(HOME, **change))
    assert [field.path for field in refused.value.fields] == [(path,)]


async def test_phone_is_found_however_it_is_written(engine: AsyncEngine, safeguards: Safeguards) -> None:
    async with writing(engine) as session:
        user = await add_user(session)
        await update_profile(session, safeguards.vault, user.id, phone="+251 911 000 101")

    async with writing(engine) as session:
        [found] = await phones.users_with_phone(session, safeguards.vault, "+251-911-000101")
        assert (found.id, phones.phone_of(safeguards.vault, found)) == (user.id, "+251911000101")
        await update_profile(session, safeguards.vault, user.id, phone=None)
        assert await phones.users_with_phone(session, safeguards.vault, "+251911000101") == []
