"""What goes wrong in operation, one thing after another, for real processes under load.

After each of them reads and writes work again, no connection is left in use, and whatever was acknowledged is there.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import asyncpg
import httpx
import orjson
import pytest

from tests.faults import OUR_BACKENDS, READ, READ_BY_RESOLVERS, RENAME, FaultyShop, faulty_shop
from tests.patience import PATIENCE_SECONDS
from tests.server.websockets.talking import talking

AWAY = {"SERVICE_UNAVAILABLE", "OPERATION_TIMEOUT"}
BLAMELESS = {*AWAY, "TIMEOUT"}
"""What clients may be told while the database is away, or busy with coming back."""

HEALING_SECONDS = 10
"""So soon after PostgreSQL is back requests are answered again."""

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
TERMINATE = f"SELECT pg_terminate_backend(pid) {OUR_BACKENDS}"
LOCK = "SELECT FROM users WHERE email = $1 FOR UPDATE"


@pytest.fixture(scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FaultyShop]:
    """The shop, which the tests break and mend, and the last of them ends."""
    async with faulty_shop(tmp_path_factory.mktemp("faults")) as shop:
        yield shop


async def until_waiting(database: asyncpg.Connection) -> None:
    """Wait until somebody waits for a lock."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await database.fetchval(WAITING):  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.01)


async def test_connections_that_are_ended_cost_answers_and_no_writes(shop: FaultyShop) -> None:
    async with shop.connected() as operator, shop.busy() as seen:
        for _ in range(3):
            await shop.until_seen(seen, status=200)
            await operator.execute(TERMINATE)
    assert seen.codes <= BLAMELESS
    assert set(seen.statuses) <= {200, 503, 504}
    assert seen.unserved == 0
    await shop.assert_whole()


async def test_killed_postgres_is_told_and_comes_back(shop: FaultyShop) -> None:
    async with shop.busy() as seen:
        await shop.until_seen(seen, status=200)
        shop.kill_postgres()
        await shop.until_seen(seen, status=503, times=20)
        assert await shop.health() == 503
        await asyncio.to_thread(shop.postgres.stop)
        await asyncio.to_thread(shop.postgres.start)
        async with asyncio.timeout(HEALING_SECONDS):
            await shop.until_seen(seen, status=200)
    assert seen.codes <= BLAMELESS
    assert set(seen.statuses) <= {200, 503, 504}
    assert seen.unserved == 0
    await shop.assert_whole()
    assert await shop.health() == 200


async def test_paused_postgres_is_told_in_time(shop: FaultyShop) -> None:
    async with shop.busy() as seen:
        await shop.until_seen(seen, status=200)
        async with shop.paused():
            await shop.until_seen(seen, status=503, times=8)
            assert await shop.health() == 503
    assert seen.codes <= BLAMELESS
    await shop.assert_whole()


async def test_connections_of_others_may_be_all_there_are(shop: FaultyShop) -> None:
    async with AsyncExitStack() as taken:
        operator = await taken.enter_async_context(shop.connected())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await shop.health() != 503:
                await operator.execute(TERMINATE)
                try:
                    while True:
                        await taken.enter_async_context(shop.connected())
                except asyncpg.TooManyConnectionsError:
                    pass
        answers = [await shop.ask(READ), await shop.ask(READ_BY_RESOLVERS), await shop.rename(shop.customers[0])]
        assert [answer.status_code for answer in answers] == [503] * 3
        codes = {error["extensions"]["code"] for answer in answers for error in answer.json()["errors"]}
        assert codes <= AWAY
    await shop.assert_whole()


async def test_database_that_takes_no_changes_is_read_all_the_same(shop: FaultyShop) -> None:
    async with shop.connected() as operator:
        await operator.execute("ALTER DATABASE merkato SET default_transaction_read_only = on")
        await operator.execute(TERMINATE)
        reads = [await shop.ask(query) for query in (READ, READ_BY_RESOLVERS)]
        refused = await shop.rename(shop.customers[0])
        await operator.execute("SET default_transaction_read_only = off")
        await operator.execute("ALTER DATABASE merkato RESET default_transaction_read_only")
        await operator.execute(TERMINATE)
    assert [("data" in read.json(), "errors" in read.json()) for read in reads] == [(True, False)] * 2
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["extensions"]) == (503, {"code": "SERVICE_UNAVAILABLE"})
    assert error["message"] == "The database takes no changes for now, and this made none. Try again later."
    await shop.assert_whole()


async def test_mutation_over_the_limit_of_a_statement_is_undone(shop: FaultyShop) -> None:
    customer = shop.customers[0]
    async with shop.connected() as other, other.transaction():
        await other.execute(LOCK, customer.email)
        answer = (await shop.rename(customer)).json()
    assert answer["data"] == {"updateProfile": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["TIMEOUT"]
    async with shop.connected() as database:
        stored = await database.fetchval("SELECT first_name FROM users WHERE email = $1", customer.email)
    assert stored == str(customer.acknowledged)
    await shop.assert_whole()


async def test_mutation_whose_client_is_gone_is_carried_out_as_a_whole(shop: FaultyShop) -> None:
    customer = shop.customers[0]
    customer.tried += 1
    body = orjson.dumps({"query": RENAME, "variables": {"name": str(customer.tried)}})
    host, port = shop.address.removeprefix("http://").split(":")
    head = f"POST /graphql HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
    head += f"authorization: {customer.headers['authorization']}\r\ncontent-length: {len(body)}\r\n\r\n"
    async with shop.connected() as other:
        async with other.transaction():
            await other.execute(LOCK, customer.email)
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(head.encode() + body)
            await until_waiting(other)
            writer.transport.abort()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (  # noqa: ASYNC110 - nobody tells
                await other.fetchval("SELECT first_name FROM users WHERE email = $1", customer.email)
            ) != str(customer.tried):
                await asyncio.sleep(0.01)
    await shop.assert_whole()


async def test_stopped_server_finishes_what_runs_and_refuses_the_rest(shop: FaultyShop) -> None:
    """The last test: the server ends with it."""
    customer = shop.customers[0]
    async with shop.connected() as other, talking(shop.address) as talk, shop.busy() as seen:
        await talk.introduce()
        await shop.until_seen(seen, status=200)
        running = other.transaction()
        await running.start()
        await other.execute(LOCK, customer.email)
        await until_waiting(other)
        shop.process.send_signal(signal.SIGTERM)
        assert await talk.end() == (1012, "")
        assert await is_refused(shop.address)
        acknowledged = customer.acknowledged
        await running.rollback()
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await shop.process.wait() == 0
    assert customer.acknowledged == acknowledged + 1 or "TIMEOUT" in seen.codes
    assert seen.codes <= {"TIMEOUT"}
    async with shop.connected() as database:
        await shop.assert_kept(database)


async def is_refused(address: str) -> bool:
    """Whether nobody listens there any more."""
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as http:
        try:
            await http.get(f"{address}/health/live")
        except httpx.ConnectError:
            return True
        except httpx.TransportError:
            return False
    return False
