"""What is somebody's own: all that an answer asks for over one connection, told once whose it is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest

from auth.row_security import IDENTIFY_SESSION, Identity
from compiler.plan import BoundPlan, Plan
from server.own_reads import OwnReads
from server.read_pool import LEARN_ARRAYS, ReadPool, ignore
from tests.patience import PATIENCE_SECONDS

HELD = 4712
"""The number of the lock that a statement of these tests waits for, as long as somebody holds it."""

HANA, SAMI = Identity("hana", "orders:read", ""), Identity("", "", "sami")
WHOSE = (
    "SELECT current_setting('merkato.user_id') || current_setting('merkato.guest_id') AS whose, $1::INTEGER AS number"
)
WAITING = f"{WHOSE}, pg_advisory_xact_lock_shared({HELD})"
QUOTIENT = f"{WHOSE}, 1 / $1::INTEGER"
"""It is refused for none."""


class Pool(ReadPool):
    """A pool of three connections, which knows what they are sent."""

    def __init__(self, database_url: str) -> None:
        self.sent: list[str] = []

        async def connect() -> asyncpg.Connection:
            connection = await asyncpg.connect(database_url)
            connection.add_query_logger(lambda query: self.sent.append(query.query))
            return connection

        super().__init__(connect, 3, PATIENCE_SECONDS, PATIENCE_SECONDS)

    @property
    def told(self) -> int:
        """How often a connection was told whose it is."""
        return self.sent.count(IDENTIFY_SESSION)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool that nobody uses any more in the end."""
    pool = Pool(database_url)
    yield pool
    assert pool.state.in_use == pool.state.waiting == 0
    await pool.close()


@pytest.fixture
async def holder(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Whoever holds the lock, until told otherwise."""
    connection = await asyncpg.connect(database_url)
    await connection.fetchrow("SELECT pg_advisory_lock($1)", HELD)
    yield connection
    await connection.close()


def bound(sql: str, number: int) -> BoundPlan:
    """A plan that takes a number."""
    plan = Plan(
        sql=sql,
        sources=(),
        shaping=(),
        shape=lambda row, _given: row,
        has_many_rows=False,
        tables=frozenset(),
        depends_on_time=False,
    )
    return BoundPlan(plan, [number], [])


def asked(own: OwnReads, pool: ReadPool, identity: Identity, sql: str, number: int) -> "asyncio.Task[Any]":
    """What is asked for, beside whatever is asked for now."""
    return asyncio.create_task(own.fetch(pool, identity, bound(sql, number), ignore))


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it does; nobody tells."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.001)


async def let_go(holder: asyncpg.Connection) -> None:
    """Let statements that wait for the lock go on."""
    await holder.fetchrow("SELECT pg_advisory_unlock($1)", HELD)


async def test_rows_of_one_answer_are_read_over_a_connection_told_once(pool: Pool) -> None:
    own = OwnReads()
    found = await asyncio.gather(*(asked(own, pool, HANA, WHOSE, number) for number in range(5)))
    assert [(row["whose"], row["number"]) for row in found] == [("hana", number) for number in range(5)]
    await until(lambda: pool.sent.count(WHOSE) == 5)  # asyncpg tells of a statement in the loop's next turn
    assert (pool.sent.count(LEARN_ARRAYS), pool.told) == (1, 1)


async def test_each_time_a_connection_is_told_anew(pool: Pool) -> None:
    for number, identity in enumerate((HANA, SAMI, SAMI, HANA)):
        row = await OwnReads().fetch(pool, identity, bound(WHOSE, number), ignore)
        assert row["whose"] == identity.user_id + identity.guest_id
    await until(lambda: pool.told == 4)


async def test_viewers_never_share_a_connection(pool: Pool) -> None:
    """Not even those of one answer, whose viewer has just come in, and however many are under way."""
    answers = [OwnReads() for _ in range(4)]
    asking = [
        (identity, asked(answers[number % 4], pool, identity, WHOSE, number))
        for number in range(60)
        for identity in (HANA, SAMI)
    ]
    for identity, task in asking:
        assert (await task)["whose"] == identity.user_id + identity.guest_id


async def test_everybody_is_told_how_long_theirs_took(pool: Pool) -> None:
    own, taken = OwnReads(), dict[int, float]()
    async with asyncio.TaskGroup() as group:
        for number in range(3):
            observe = lambda seconds, number=number: taken.update({number: seconds})  # noqa: E731
            group.create_task(own.fetch(pool, HANA, bound(WHOSE, number), observe))
    assert sorted(taken) == [0, 1, 2]
    assert all(seconds > 0 for seconds in taken.values())


@pytest.mark.parametrize("refused", [0, 1, 2])
async def test_what_is_refused_is_refused_alone(pool: Pool, refused: int) -> None:
    own = OwnReads()
    tasks = [asked(own, pool, HANA, QUOTIENT, int(number != refused)) for number in range(3)]
    found: list[Any] = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, asyncpg.DivisionByZeroError) for each in found] == [
        number == refused for number in range(3)
    ]
    assert all(each["whose"] == "hana" for number, each in enumerate(found) if number != refused)


@pytest.mark.parametrize("waits_for", ["the first", "another"])
async def test_whoever_waits_outlives_a_lost_connection(pool: Pool, holder: asyncpg.Connection, waits_for: str) -> None:
    own = OwnReads()
    slow = int(waits_for == "another")
    tasks = [asked(own, pool, HANA, WAITING if number == slow else WHOSE, number) for number in range(3)]
    ended = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event = 'advisory'
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await holder.fetch(ended):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)
    await let_go(holder)
    found: list[Any] = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, Exception) for each in found] == [number == slow for number in range(3)]
    assert found[2]["whose"] == "hana"
    row = await own.fetch(pool, SAMI, bound(WHOSE, 7), ignore)
    assert row["whose"] == "sami"


@pytest.mark.parametrize("cancelled", [0, 1])
async def test_whoever_is_cancelled_takes_nobody_along(pool: Pool, holder: asyncpg.Connection, cancelled: int) -> None:
    own = OwnReads()
    tasks = [asked(own, pool, HANA, WAITING if number == 0 else WHOSE, number) for number in range(3)]
    await until(lambda: pool.state.in_use == 1)
    await asyncio.sleep(0)
    tasks[cancelled].cancel()
    await asyncio.wait([tasks[cancelled]])
    await let_go(holder)
    found: list[Any] = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in found] == [number == cancelled for number in range(3)]
    assert found[2]["whose"] == "hana"
