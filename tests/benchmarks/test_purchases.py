"""What guests buy in the benchmark: that each purchase is counted, that a refused one ends it, and what it leaves."""

import asyncio
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.checkout_shop import SHELVES, CheckoutShop, checkout_shop
from benchmarks.checkouts import HAND_WRITTEN, SCRIPT, ours_for_guests
from benchmarks.contestants import Contestant
from benchmarks.data import Database
from benchmarks.errors import AbsentError
from benchmarks.guests import GUESTS, Guests
from benchmarks.pgbench import run_script
from benchmarks.purchases import ANY_KEY, checking_out, detailing, every_purchase
from benchmarks.serving import Server
from benchmarks.serving import serving as serving_process
from domain.integrity import check_integrity
from tests.databases import opened
from tests.live import serving

NEEDS_WRK = pytest.mark.skipif(shutil.which("wrk") is None, reason="No wrk on the PATH.")

EACH, HOT = SHELVES

WRITTEN_ONCE = {"order_counters", "stock_levels"}
"""Rows that are there before a purchase. What changes a level is a movement, and integrity compares both."""

DIFFERENT_EACH_TIME = ["id", "job_id", "number", "request_hash", "reserved_after"]
KEY, TIME = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+]+"
NUMBER_IN_LETTER = "4e432d(3[0-9]){8}2d(3[0-9])+"
"""The number of an order within what is sent, which is shown in hexadecimal."""
VARYING = re.compile(f"{KEY}|{TIME}|{NUMBER_IN_LETTER}")

ADDED = b'{"data":{"addToCart":{"guestToken":"her token"}}}'
DETAILED = b'{"data":{"setCartDetails":{"id":"cart"}}}'


@pytest.fixture(scope="module")
def shop() -> Iterator[CheckoutShop]:
    """The shop of the benchmark."""
    with checkout_shop() as shop:
        yield shop


class Answering:
    """A server that gives these answers in turn, over and over, to each of the guests, and keeps what it was asked."""

    def __init__(self, *answers: Response) -> None:
        self.asked: dict[int, list[tuple[str | None, bytes]]] = {}
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        request = Request(scope, receive)
        assert request.client is not None
        asked = self.asked.setdefault(request.client.port, [])
        answer = self._answers[len(asked) % len(self._answers)]
        asked.append((request.headers.get("guest-token"), await request.body()))
        await answer(scope, receive, send)


async def never_answer(_scope: Scope, receive: Receive, _send: Send) -> None:
    """Leave everybody waiting until they go."""
    while (await receive())["type"] != "http.disconnect":
        pass


def buy(app: ASGIApp, folder: Path) -> int:
    """Have guests buy from it for a second; how many purchases came to their end."""
    this_process = Database(url="", pid=os.getpid(), socket_folder=folder, version="")
    with serving(app, lifespan="off") as address:
        server = Server(HAND_WRITTEN, int(address.rpartition(":")[2]), os.getpid())
        bodies = [b"one of these", b"sent there", b"agreed: " + ANY_KEY.encode()]
        return Guests(this_process, folder).buy(server, bodies, seconds=1).purchases


@NEEDS_WRK
def test_guests_take_their_token_along_and_have_a_new_key_for_each_purchase(tmp_path: Path) -> None:
    app = Answering(Response(ADDED), Response(DETAILED), Response(b'{"data":{"checkout":{"clientSecret":null}}}'))

    purchases = buy(app, tmp_path)

    sent = [asked[start : start + 3] for asked in app.asked.values() for start in range(0, len(asked), 3)]
    whole = [purchase for purchase in sent if len(purchase) == 3]
    keys = {purchase[2][1].removeprefix(b"agreed: ") for purchase in whole}
    assert len(app.asked) == GUESTS
    assert len(keys) == len(whole)
    assert all(re.fullmatch(rb"[0-9a-f]{32}", key) for key in keys)
    assert {(*purchase[:2], purchase[2][0]) for purchase in whole} == {
        ((None, b"one of these"), ("her token", b"sent there"), "her token")
    }
    assert len(whole) - GUESTS <= purchases <= len(whole)


@NEEDS_WRK
@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        (
            [Response(ADDED), Response(b'{"data":{"setCartDetails":{"message":"Sold \\"out\\".\\n"}}}')],
            r'200 .*Sold \\"out\\"\.\\n',
        ),
        ([Response(b'{"data":{"addToCart":{"cart":{}}}}')], "200 .*cart"),
        ([Response(ADDED), Response(b'{"errors":[{}],"data":null}')], "200 .*errors"),
        ([Response(ADDED), Response(DETAILED), Response(b"Too many\n\xff", 429)], "429 Too many\n"),
    ],
    ids=["a typed problem", "no token", "an error", "another status"],
)
def test_refused_guest_ends_the_benchmark(answers: list[Response], shown: str, tmp_path: Path) -> None:
    app = Answering(*answers)

    with pytest.raises(AbsentError, match=f"a guest was refused: {shown}"):
        buy(app, tmp_path)

    assert {len(asked) for asked in app.asked.values()} == {len(answers)}


@NEEDS_WRK
def test_server_that_does_not_answer_ends_the_benchmark(tmp_path: Path) -> None:
    with pytest.raises(AbsentError, match="0 purchases were made"):
        buy(never_answer, tmp_path)


@NEEDS_WRK
@pytest.mark.parametrize("contestant", [ours_for_guests(), HAND_WRITTEN], ids=lambda contestant: contestant.name)
def test_purchases_are_placed_orders(contestant: Contestant, shop: CheckoutShop, tmp_path: Path) -> None:
    """Of those that were under way at the end some are orders too."""
    bodies = every_purchase(shop, EACH)
    with serving_process(contestant, shop.database, bodies[0], tmp_path / "log") as server:
        before = asyncio.run(count_orders(shop.database.url))

        sales = Guests(shop.database, tmp_path).buy(server, bodies, seconds=2)

        placed = asyncio.run(count_orders(shop.database.url)) - before
    assert sales.purchases <= placed <= sales.purchases + GUESTS
    assert min(sales.server_cpu_ms, sales.database_cpu_ms, sales.client_cpu_ms) > 0


def test_script_leaves_the_rows_of_a_purchase(shop: CheckoutShop, tmp_path: Path) -> None:
    """And so does the hand-written server: all three are measured at the same work."""
    ours, by_hand = (rows_of_purchase(each, shop, tmp_path) for each in (ours_for_guests(), HAND_WRITTEN))
    before = asyncio.run(read_rows(shop.database.url))

    run_script(shop.database, SCRIPT, shop.script_variables(HOT), clients=1, seconds=1)

    by_script = asyncio.run(read_rows(shop.database.url)) - before
    times = count_by_table(by_script)["orders"]
    assert ours == by_hand
    assert by_script == Counter({row: times * count for row, count in ours.items()})
    assert count_by_table(ours) == {
        "cart_lines": 3,
        "carts": 1,
        "idempotency_keys": 1,
        "order_events": 3,
        "order_lines": 3,
        "orders": 1,
        "payment_transactions": 1,
        "payments": 1,
        "pgqueuer": 1,
        "pgqueuer_log": 1,
        "stock_movements": 3,
    }
    assert asyncio.run(find_broken_promises(shop.database.url)) == []


def rows_of_purchase(contestant: Contestant, shop: CheckoutShop, folder: Path) -> Counter[str]:
    """What one of it leaves in the database."""
    adding, *_ = every_purchase(shop, HOT)
    with serving_process(contestant, shop.database, adding, folder / "log") as server:
        before = asyncio.run(read_rows(shop.database.url))
        buy_once(server, shop, adding)
        return asyncio.run(read_rows(shop.database.url)) - before


def buy_once(server: Server, shop: CheckoutShop, adding: bytes) -> None:
    """Make one whole purchase, as each guest does."""
    _, answer = server.ask(adding)
    token = f"Guest-Token: {orjson.loads(answer)['data']['addToCart']['guestToken']}"
    key = "0199e0ae-3b5e-7ddd-8ad9-6c60bc5d9cf3"
    statuses = [server.ask(body, token)[0] for body in (detailing(shop), checking_out(key))]
    assert statuses == [200, 200]


async def read_rows(url: str) -> Counter[str]:
    """Every row of every table, with its table, without what is different each time."""
    connection: asyncpg.Connection = await asyncpg.connect(url)
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = {table["tablename"] for table in tables} - WRITTEN_ONCE
    every = Counter[str]()
    for name in names:
        rows = await connection.fetch(f'SELECT to_jsonb(t) - $1::text[] FROM "{name}" AS t', DIFFERENT_EACH_TIME)
        every.update(f"{name} {VARYING.sub('…', row[0])}" for row in rows)
    await connection.close()
    return every


def count_by_table(rows: Counter[str]) -> Counter[str]:
    """How many there are of each."""
    counted = Counter[str]()
    for row, count in rows.items():
        counted[row.partition(" ")[0]] += count
    return counted


async def count_orders(url: str) -> int:
    """How many orders there are."""
    connection: asyncpg.Connection = await asyncpg.connect(url)
    count: int = await connection.fetchval("SELECT count(*) FROM orders")
    await connection.close()
    return count


async def find_broken_promises(url: str) -> list[str]:
    """The names of those that do not hold."""
    async with opened(url) as engine, AsyncSession(engine) as session:
        return [finding.check.name for finding in (await check_integrity(session)).findings]
