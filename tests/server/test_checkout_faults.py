"""Many who buy at once from several server processes, and processes that are taken away meanwhile.

After each test every promise of `check-integrity` holds.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from random import randint, sample, shuffle, uniform
from time import monotonic

import pytest

from server.embedded import EmbeddedPostgres
from server.migrating import migrate
from tests.bazaar import Bazaar, Buyer, Result, bazaar, kill_postgres
from tests.databases import opened
from tests.factories import add_promo_code, writing

ORDERS = "SELECT count(*) FROM orders WHERE status = 'CONFIRMED'"
LEFT = "SELECT sum(available) FROM stock_levels WHERE variant_id = '{}'"
POLL_SECONDS = 0.01
CROWD = 200
MOMENTS = 10
"""So often each of the two servers is killed while the crowd buys."""
AN_INSTANT_SECONDS = 0.1
HEALING_SECONDS = 10
"""So soon after PostgreSQL is back something is sold again."""

Fault = Callable[[Counter[int]], Awaitable[None]]
"""Lets something go wrong, told of the statuses that were seen so far."""


@pytest.fixture(scope="module")
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that may be killed."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("database"), {"fsync": "off"}) as running:
        yield running


@pytest.fixture(scope="module")
async def shop(own_postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bazaar]:
    """Two server processes on one PostgreSQL."""
    async with opened(own_postgres.url) as engine:
        await migrate(engine)
    async with bazaar(tmp_path_factory.mktemp("bazaar"), own_postgres.url) as shop:
        yield shop


@pytest.fixture(autouse=True)
async def whole(shop: Bazaar) -> AsyncIterator[None]:
    """Every promise holds after each test."""
    yield
    await shop.assert_whole()


def kinds(results: Sequence[Result]) -> Counter[str]:
    """How many results there are of each type."""
    return Counter(result["__typename"] for result in results)


def number_of(result: Result) -> str:
    """The number of the order that was placed."""
    return str(result["order"]["number"])


async def test_last_units_go_to_as_many_buyers(shop: Bazaar) -> None:
    [lamp] = await shop.offer(10)
    buyers = await shop.enter(*[[lamp]] * 500)

    results = await shop.rush(buyers)

    assert kinds(results) == {"Checkout": 10, "OutOfStock": 490}
    assert len({number_of(result) for result in results if "order" in result}) == 10
    assert await shop.count(LEFT.format(lamp)) == 0


async def test_crossed_lines_wait_for_each_other_and_never_in_a_circle(
    shop: Bazaar, own_postgres: EmbeddedPostgres
) -> None:
    one, other = await shop.offer(500, 500)
    buyers = await shop.enter(*[[one, other], [other, one]] * 250)

    assert kinds(await shop.rush(buyers)) == {"Checkout": 500}
    assert "deadlock detected" not in (own_postgres.folder / "postgres.log").read_text(encoding="utf-8")


async def test_lines_of_one_variant_are_counted_together(shop: Bazaar) -> None:
    [lamp] = await shop.offer(3)
    [greedy, modest] = await shop.enter([lamp] * 4, [lamp] * 3)

    assert kinds(await shop.rush([greedy])) == {"OutOfStock": 1}
    assert await shop.count(LEFT.format(lamp)) == 3
    assert kinds(await shop.rush([modest])) == {"Checkout": 1}


async def test_code_for_one_use_is_used_once(shop: Bazaar) -> None:
    [lamp] = await shop.offer(100)
    async with writing(shop.engine) as session:
        code = await add_promo_code(session, usage_limit=1)
    buyers = await shop.enter(*[[lamp]] * 50, promo_codes=[code.code])
    for buyer in buyers:
        buyer.total -= buyer.total * code.amount / 100

    found = kinds(await shop.rush(buyers))

    assert found.pop("Checkout") == 1
    assert set(found) <= {"PromotionNotApplicable", "PromoCodeNotUsable"}


async def test_key_that_is_sent_a_hundred_times_is_one_order(shop: Bazaar) -> None:
    [lamp] = await shop.offer(100)
    [buyer] = await shop.enter([lamp])

    results = await shop.rush([buyer] * 100)

    assert len({str(result) for result in results}) == 1
    assert await shop.count(LEFT.format(lamp)) == 99


async def test_killed_servers_lose_no_order_and_double_none(shop: Bazaar) -> None:
    """One and then the other, so that whom the first has left without an answer asks the second."""
    [lamp] = await shop.offer(1000)
    before = await shop.count(ORDERS)

    async def fall_again_and_again(seen: Counter[int]) -> None:
        for moment in sorted(sample(range(1, CROWD), MOMENTS)):
            await until_sold(seen, moment)
            tills = list(shop.tills)
            shuffle(tills)
            for till in tills:
                await till.kill()
                await asyncio.sleep(uniform(0, AN_INSTANT_SECONDS))  # noqa: S311 - any will do
            await asyncio.gather(*(till.open() for till in tills))

    await all_buy(shop, await shop.enter(*[[lamp]] * CROWD), fall_again_and_again)

    assert await shop.count(ORDERS) == before + CROWD
    assert await shop.count(LEFT.format(lamp)) == 1000 - CROWD


async def test_killed_postgres_loses_no_order_and_doubles_none(shop: Bazaar, own_postgres: EmbeddedPostgres) -> None:
    [lamp] = await shop.offer(1000)
    before = await shop.count(ORDERS)

    async def fall_and_rise(seen: Counter[int]) -> None:
        await until_sold(seen, randint(1, CROWD - 1))  # noqa: S311 - any will do
        kill_postgres(own_postgres)
        while not seen[503]:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(POLL_SECONDS)
        await asyncio.to_thread(own_postgres.stop)
        await asyncio.to_thread(own_postgres.start)
        back_at = monotonic()
        await until_sold(seen, seen[200] + 1)
        assert monotonic() < back_at + HEALING_SECONDS

    seen = await all_buy(shop, await shop.enter(*[[lamp]] * CROWD), fall_and_rise)

    assert set(seen) == {200, 503}
    assert await shop.count(ORDERS) == before + CROWD
    assert await shop.count(LEFT.format(lamp)) == 1000 - CROWD


async def all_buy(shop: Bazaar, buyers: Sequence[Buyer], fault: Fault) -> Counter[int]:
    """Have them insist on an order each, all at once, and something go wrong; gives the statuses that they saw.

    Whoever asks once more, with the same key, is told of the same order.
    """
    seen = Counter[int]()
    async with asyncio.TaskGroup() as group:
        buying = [group.create_task(shop.insist(buyer, seen)) for buyer in buyers]
        await fault(seen)
    numbers = [number_of(task.result()) for task in buying]
    again = [number_of(await shop.insist(buyer, seen)) for buyer in buyers[:5]]
    assert len(set(numbers)) == len(buyers)
    assert again == numbers[:5]
    return seen


async def until_sold(seen: Counter[int], count: int) -> None:
    """Wait until so many have their orders."""
    while seen[200] < count:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(POLL_SECONDS)
