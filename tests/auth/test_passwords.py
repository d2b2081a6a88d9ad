"""Passwords: which are refused, how they are kept, and that imported ones are taken over."""

import asyncio
from time import process_time

import bcrypt
import pytest
from argon2 import PasswordHasher

from auth.errors import TooManyAttemptsError
from auth.passwords import MOST_WAITING, UNDER_WAY, Passwords, Verdict
from auth.safeguards import Safeguards
from domain.errors import InvalidInputError


@pytest.mark.parametrize(
    "password",
    [
        "seven c",
        "x" * 129,
        "password1",
        "PASSWORD1",
        "iloveyou2",
        "selam@example.com",
        "with\0nul and more",
        "half \ud800",
    ],
)
def test_weak_and_impossible_passwords_are_refused(safeguards: Safeguards, password: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        safeguards.passwords.require_good(password, "Selam@example.com")
    assert [field.path for field in refused.value.fields] == [("password",)]


@pytest.mark.parametrize("password", ["8 charac", "x" * 64 + "y" * 64, "ጤና ይስጥልኝ ሰላም", "correct horse", "🐎" * 8])
def test_passwords_of_any_script_are_taken(safeguards: Safeguards, password: str) -> None:
    safeguards.passwords.require_good(password)


async def test_hashes_are_argon2id_and_never_twice_the_same(safeguards: Safeguards) -> None:
    first, second = [await safeguards.passwords.hash("injera with shiro") for _ in range(2)]

    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert await safeguards.passwords.verify(first, "injera with shiro") == Verdict(is_right=True)
    assert await safeguards.passwords.verify(first, "injera with doro") == Verdict(is_right=False)


async def test_one_letter_written_in_two_ways_is_one_password(safeguards: Safeguards) -> None:
    stored = await safeguards.passwords.hash("caf\u00e9 au lait")

    assert (await safeguards.passwords.verify(stored, "cafe\u0301 au lait")).is_right


async def test_hashes_with_other_parameters_are_renewed(safeguards: Safeguards) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("injera with shiro")

    verdict = await safeguards.passwords.verify(old, "injera with shiro")

    assert verdict.is_right
    assert verdict.renewed_hash is not None
    assert await safeguards.passwords.verify(verdict.renewed_hash, "injera with shiro") == Verdict(is_right=True)


@pytest.mark.parametrize("password", ["injera with shiro", "long " * 20])
async def test_imported_bcrypt_hashes_are_taken_over(safeguards: Safeguards, password: str) -> None:
    """Also of passwords beyond bcrypt's 72 bytes, of which other systems hashed the beginning."""
    imported = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode().replace("$2b$", "$2y$", 1)

    verdict = await safeguards.passwords.verify(imported, password)

    assert verdict.renewed_hash is not None
    assert verdict.renewed_hash.startswith("$argon2id$")
    assert not (await safeguards.passwords.verify(imported, "another password")).is_right


@pytest.mark.parametrize("stored", [None, "", "$2b$broken", "$argon2id$broken", "plain"])
@pytest.mark.parametrize("password", ["injera with shiro", "x" * 1_000_000, "half \ud800", "nul\0nul\0nul"])
async def test_nothing_is_the_password_of_no_hash(safeguards: Safeguards, stored: str | None, password: str) -> None:
    assert await safeguards.passwords.verify(stored, password) == Verdict(is_right=False)


async def test_no_hash_takes_as_long_as_a_hash(safeguards: Safeguards) -> None:
    stored = await safeguards.passwords.hash("injera with shiro")

    async def seconds(compared: str | None) -> float:
        """Of the processor, of which a busy machine needs no more than another."""
        began = process_time()
        await safeguards.passwords.verify(compared, "another password")
        return process_time() - began

    both = [(await seconds(stored), await seconds(None)) for _ in range(7)]
    known, unknown = (min(times) for times in zip(*both, strict=True))
    assert unknown > known / 2, "without a hash to compare with it would be a tenth"


async def test_event_loop_goes_on_while_passwords_are_hashed() -> None:
    passwords = Passwords()
    hashing = asyncio.gather(*(passwords.hash(f"password number {number}") for number in range(20)))
    turns = 0

    while not hashing.done():
        await asyncio.sleep(0.001)
        turns += 1

    assert turns > 20
    passwords.close()


async def test_few_flows_work_at_once_and_whoever_comes_after_hundreds_is_told() -> None:
    passwords = Passwords()
    working, most = 0, 0
    going_on = asyncio.Event()

    async def flow() -> None:
        nonlocal working, most
        async with passwords.turn():
            working += 1
            most = max(most, working)
            await going_on.wait()
            working -= 1

    flows = [asyncio.create_task(flow()) for _ in range(UNDER_WAY + MOST_WAITING)]
    await asyncio.sleep(0.01)
    with pytest.raises(TooManyAttemptsError):
        await flow()
    flows[-1].cancel()
    going_on.set()
    await asyncio.gather(*flows, return_exceptions=True)
    await flow()

    assert (most, working) == (UNDER_WAY, 0)
    passwords.close()
