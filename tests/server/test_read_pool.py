"""The connections of compiled reads: how many there are, who gets them, and which of them live on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import asyncpg
import pytest

from resolvers.errors import DatabaseAwayError, DatabaseSilentError, OperationTimeoutError
from server.database import open_connection
from server.read_pool import PoolState, ReadPool
from tests.databases import settings_for
from tests.patience import PATIENCE_SECONDS

NOBODY = PoolState(2, 0, 0)

Statement = Callable[[asyncpg.Connection], Awaitable[int]]


@pytest.fixture
async def opened() -> list[asyncpg.Connection]:
    """The connections that the pool has opened."""
    return []


@pytest.fixture
async def pool(database_url: str, opened: list[asyncpg.Connection]) -> AsyncIterator[ReadPool]:
    """A pool of two connections."""

    async def connect() -> asyncpg.Connection:
        opened.append(await open_connection(database_url, settings_for(database_url)))
        return opened[-1]

    pool = ReadPool(connect, 2, PATIENCE_SECONDS, PATIENCE_SECONDS)
    yield pool
    await pool.close()
    assert pool.state == NOBODY


async def backend(connection: asyncpg.Connection) -> int:
    """A statement: the process that runs it."""
    found: int = await connection.fetchval("SELECT pg_backend_pid()")
    return found


def sleeping(seconds: float) -> Statement:
    """A statement that takes so long."""

    async def sleep(connection: asyncpg.Connection) -> int:
        found: int = await connection.fetchval("SELECT pg_backend_pid() FROM pg_sleep($1)", seconds)
        return found

    return sleep


def until_set(ends: asyncio.Event) -> Statement:
    """A statement that takes as long as the test likes."""

    async def wait(_connection: asyncpg.Connection) -> int:
        await ends.wait()
        return 0

    return wait


async def test_one_after_the_other_uses_one_connection(pool: ReadPool, opened: list[asyncpg.Connection]) -> None:
    assert len({await pool.run(backend) for _ in range(5)}) == 1
    assert len(opened) == 1


async def test_no_more_connections_are_opened_than_there_may_be(
    pool: ReadPool, opened: list[asyncpg.Connection]
) -> None:
    found = await asyncio.gather(*(pool.run(sleeping(0.01)) for _ in range(20)))
    assert len(set(found)) == len(opened) == 2


async def test_whoever_waited_longest_is_next(pool: ReadPool) -> None:
    await asyncio.gather(*(pool.run(sleeping(0.05)) for _ in range(2)))  # so that both connections are there
    begun: list[int] = []

    async def ask(number: int, connection: asyncpg.Connection) -> int:
        begun.append(number)
        return await sleeping(0.01)(connection)

    await asyncio.gather(*(pool.run(partial(ask, number)) for number in range(10)))
    assert sorted(begun[:2]) == [0, 1]
    assert begun[2:] == [2, 3, 4, 5, 6, 7, 8, 9]


async def test_who_waits_too_long_is_told(database_url: str) -> None:
    pool = ReadPool(lambda: open_connection(database_url, settings_for(database_url)), 1, 0.5, PATIENCE_SECONDS)
    ends = asyncio.Event()
    holder = asyncio.create_task(pool.run(until_set(ends)))
    await until_in_use(pool, 1)
    with pytest.raises(DatabaseSilentError, match=r"no connection became free in 0\.5 seconds"):
        await pool.run(backend)
    ends.set()
    await holder
    await pool.close()


async def test_waiting_and_the_statement_have_one_deadline(database_url: str) -> None:
    settings = settings_for(database_url)
    pool = ReadPool(lambda: open_connection(database_url, settings), 1, PATIENCE_SECONDS, limit_seconds=2)
    ends = asyncio.Event()
    holder = asyncio.create_task(pool.run(until_set(ends)))
    await until_in_use(pool, 1)
    late = asyncio.create_task(pool.run(sleeping(60)))
    loop = asyncio.get_running_loop()
    loop.call_later(0.5, ends.set)
    with pytest.raises(OperationTimeoutError, match=r"an operation was not done after 2 seconds"):
        await late
    await holder
    assert isinstance(await pool.run(backend), int)
    assert pool.state == PoolState(1, 0, 0)
    await pool.close()


async def test_waiting_requests_that_are_cancelled_take_no_turn(pool: ReadPool) -> None:
    ends = asyncio.Event()
    holders = [asyncio.create_task(pool.run(until_set(ends))) for _ in range(2)]
    await until_in_use(pool, 2)
    waiting = [asyncio.create_task(pool.run(backend)) for _ in range(5)]
    await asyncio.sleep(0)
    assert pool.state == PoolState(2, 2, 5)
    for task in waiting[:4]:
        task.cancel()
    ends.set()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in found] == [*[asyncio.CancelledError] * 4, int]
    await asyncio.gather(*holders)


async def test_turn_that_comes_in_the_moment_of_a_cancellation_is_passed_on(pool: ReadPool) -> None:
    ends = asyncio.Event()
    holders = [asyncio.create_task(pool.run(until_set(ends))) for _ in range(2)]
    await until_in_use(pool, 2)
    unlucky, lucky = (asyncio.create_task(pool.run(backend)) for _ in range(2))
    while pool.state.waiting != 2:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0)
    holders[0].add_done_callback(lambda _holder: unlucky.cancel())  # it runs once the turn was handed over
    ends.set()
    assert isinstance(await lucky, int)
    assert (await asyncio.gather(unlucky, return_exceptions=True))[0].__class__ in {asyncio.CancelledError, int}
    await asyncio.gather(*holders)


async def until_in_use(pool: ReadPool, number: int) -> None:
    """Wait until so many connections are used."""
    while pool.state.in_use < number:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.001)


async def test_refused_statement_leaves_the_connection(pool: ReadPool, opened: list[asyncpg.Connection]) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await pool.run(lambda connection: connection.fetchval("SELECT 1 / 0"))
    await pool.run(backend)
    assert len(opened) == 1


async def test_cancelled_statement_ends_its_connection(pool: ReadPool, opened: list[asyncpg.Connection]) -> None:
    pid = await pool.run(backend)
    task = asyncio.create_task(pool.run(sleeping(60)))
    await until_in_use(pool, 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await pool.run(backend) != pid
    assert opened[0].is_closed()


async def test_lost_connection_is_told_and_replaced(
    pool: ReadPool, opened: list[asyncpg.Connection], database_url: str
) -> None:
    pid = await pool.run(backend)
    killer = await open_connection(database_url, settings_for(database_url))
    await killer.execute("SELECT pg_terminate_backend($1)", pid)
    await killer.close()
    while not opened[0].is_closed():  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.001)
    assert await pool.run(backend) != pid
    assert len(opened) == 2


async def test_failed_attempts_to_connect_give_their_turn_back() -> None:
    async def refuse() -> asyncpg.Connection:
        raise DatabaseAwayError("nobody listens")

    pool = ReadPool(refuse, 1, 0.5)
    for _ in range(3):
        with pytest.raises(DatabaseAwayError, match="nobody listens"):
            await pool.run(backend)
    assert pool.state == PoolState(1, 0, 0)
