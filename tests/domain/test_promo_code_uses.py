"""Uses of promotion codes under contention: no limit is passed, and none is lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.promo_code_uses import (
    Customer,
    PromoCodeNotUsableError,
    known_customer,
    release_code,
    use_code,
    use_code_again,
)
from domain.promo_codes import change_promo_code, end_promo_code
from domain.promotions import SkipReason
from domain.vault import KEY_BYTES, Vault, VaultKey
from models import PromoCode, PromoCodeUse
from server.database import create_engine
from tests.databases import settings_for
from tests.factories import add_promo_code, add_user, new_id, writing
from tests.statements import count_rows, scalar

CROWD = 50


@pytest.fixture
async def crowd(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine that opens a connection for each of a crowd."""
    settings = settings_for(database_url).model_copy(update={"database_pool_size": CROWD})
    engine = create_engine(database_url, settings)
    yield engine
    await engine.dispose()


async def code_with(engine: AsyncEngine, **terms: Any) -> UUID:
    """A new code."""
    async with writing(engine) as session:
        return (await add_promo_code(session, **terms)).id


async def attempt(engine: AsyncEngine, code: UUID, order: UUID, customer: Customer) -> SkipReason | None:
    """Why the code could not be used for the order; None if it was."""
    try:
        async with writing(engine) as session:
            await use_code(session, code, order, customer)
    except PromoCodeNotUsableError as refused:
        return refused.reason
    return None


async def used(engine: AsyncEngine, code: UUID) -> int:
    """What the counter says."""
    count: int = await scalar(engine, select(PromoCode.used_count).where(PromoCode.id == code))
    return count


async def test_of_fifty_who_want_the_last_use_one_gets_it(crowd: AsyncEngine) -> None:
    code = await code_with(crowd, usage_limit=1)

    outcomes = await asyncio.gather(*(attempt(crowd, code, new_id(), Customer()) for _ in range(CROWD)))

    assert sorted(outcomes, key=str) == [None, *[SkipReason.USED_UP] * 49]
    assert (await used(crowd, code), await count_rows(crowd, PromoCodeUse)) == (1, 1)


async def test_customer_who_tries_fifty_times_at_once_uses_it_as_often_as_allowed(crowd: AsyncEngine) -> None:
    """As an account, as a guest with the address of the account, and others beside."""
    code = await code_with(crowd, limit_per_customer=3)
    async with writing(crowd) as session:
        account, other = (await add_user(session)).id, (await add_user(session)).id
    known = Customer(account, b"selam")

    theirs, others = await asyncio.gather(
        asyncio.gather(*(attempt(crowd, code, new_id(), known) for _ in range(40))),
        asyncio.gather(*(attempt(crowd, code, new_id(), Customer(other)) for _ in range(3))),
    )

    assert sorted(theirs, key=str) == [None] * 3 + [SkipReason.USED_UP_BY_CUSTOMER] * 37
    assert others == [None] * 3
    assert await attempt(crowd, code, new_id(), Customer(email_index=b"selam")) is SkipReason.USED_UP_BY_CUSTOMER
    assert (await used(crowd, code), await count_rows(crowd, PromoCodeUse)) == (6, 6)


async def test_one_order_uses_a_code_once_and_gives_it_back_once(crowd: AsyncEngine) -> None:
    code, order = await code_with(crowd, usage_limit=2), new_id()

    async def release() -> bool:
        async with writing(crowd) as session:
            return await release_code(session, code, order)

    assert await asyncio.gather(*(attempt(crowd, code, order, Customer()) for _ in range(10))) == [None] * 10
    assert await used(crowd, code) == 1
    assert sorted(await asyncio.gather(*(release() for _ in range(10)))) == [False] * 9 + [True]
    assert await used(crowd, code) == 0


async def test_staff_that_ends_and_changes_a_code_in_use_waits_for_nobody_forever(crowd: AsyncEngine) -> None:
    """Every use has its row, whatever happens to the terms meanwhile."""
    code = await code_with(crowd)

    async def staff() -> None:
        for version in range(1, 4):
            async with writing(crowd) as session:
                await change_promo_code(session, code, version, limit_per_customer=version)
        async with writing(crowd) as session:
            await end_promo_code(session, code)

    _, *outcomes = await asyncio.gather(staff(), *(attempt(crowd, code, new_id(), Customer()) for _ in range(40)))

    assert set(outcomes) <= {None, SkipReason.OVER}
    assert await used(crowd, code) == await count_rows(crowd, PromoCodeUse) == outcomes.count(None)
    assert await attempt(crowd, code, new_id(), Customer()) is SkipReason.OVER


async def test_use_that_is_taken_back_counts_for_whom_it_was(crowd: AsyncEngine) -> None:
    """A guest's order fails, they buy with the code again, and the first order is paid after all."""
    code, first, second = await code_with(crowd, limit_per_customer=1), new_id(), new_id()
    guest = Customer(email_index=b"selam")
    assert await attempt(crowd, code, first, guest) is None
    async with writing(crowd) as session:
        assert await release_code(session, code, first)

    assert await attempt(crowd, code, second, guest) is None
    with pytest.raises(PromoCodeNotUsableError):
        async with writing(crowd) as session:
            await use_code_again(session, code, first)
    assert await used(crowd, code) == 1
    async with writing(crowd) as session:
        await release_code(session, code, second)
        await use_code_again(session, code, first)
        await use_code_again(session, code, first)
    assert await used(crowd, code) == 1
    assert await attempt(crowd, code, new_id(), guest) is SkipReason.USED_UP_BY_CUSTOMER


async def test_guest_is_known_after_the_keys_have_changed(crowd: AsyncEngine) -> None:
    old, new = (VaultKey(name, bytes([number]) * KEY_BYTES) for number, name in enumerate(("old", "new")))
    code = await code_with(crowd, limit_per_customer=1)
    assert await attempt(crowd, code, new_id(), known_customer(Vault([old]), None, "selam@example.org")) is None

    changed = Vault([new, old])
    again = await attempt(crowd, code, new_id(), known_customer(changed, None, "selam@example.org"))
    assert again is SkipReason.USED_UP_BY_CUSTOMER
    assert await attempt(crowd, code, new_id(), known_customer(changed, None, "hana@example.org")) is None
