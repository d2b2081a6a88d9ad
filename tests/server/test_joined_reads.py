"""Requests of one plan that come at the same time: each gets its own row, whatever becomes of the others."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Any

import asyncpg
import pytest

from compiler.joining import BRIEF_SECONDS, REST_SECONDS, Joining
from compiler.plan import BoundPlan, Plan
from resolvers.errors import DatabaseAwayError, OperationTimeoutError
from server.database import open_connection
from server.joined_reads import AT_ONCE, MOST_JOINED, NOT_THE_PLAN, JoinedReads
from server.read_pool import ReadPool
from tests.databases import settings_for
from tests.patience import PATIENCE_SECONDS

HELD = 4711
"""The number of the lock that statements of these tests wait for, as long as somebody holds it."""

DOUBLED = "SELECT 2 * $1::INTEGER AS doubled, pg_advisory_xact_lock_shared(4711) WHERE $1::INTEGER >= 0"
"""No row for what is negative."""


class Reads(JoinedReads):
    """Reads that count their statements."""

    def __init__(self, pool: ReadPool) -> None:
        self.statements = 0
        super().__init__(pool, self._count)

    def _count(self, _seconds: float) -> None:
        self.statements += 1


@pytest.fixture
async def reads(database_url: str) -> AsyncIterator[Reads]:
    """Reads over a pool of five connections."""
    pool = ReadPool(
        lambda: open_connection(database_url, settings_for(database_url)), 5, PATIENCE_SECONDS, PATIENCE_SECONDS
    )
    yield Reads(pool)
    assert pool.state.in_use == pool.state.waiting == 0
    await pool.close()


@asynccontextmanager
async def held(database_url: str) -> AsyncIterator[None]:
    """Nothing comes back from the database within the block."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.fetchrow("SELECT pg_advisory_lock($1)", HELD)
        yield
    finally:
        await connection.close()


def plan_of(sql: str, *, has_many_rows: bool = False, is_possible: bool = True) -> Plan:
    """A plan whose parameters come as they are."""
    return Plan(
        sql=sql,
        sources=(),
        shaping=(),
        shape=lambda row, _given: row,
        has_many_rows=has_many_rows,
        tables=frozenset(),
        depends_on_time=False,
        joining=Joining(sql, is_possible=is_possible),
    )


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it does; nobody tells."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.001)


async def end(database_url: str, pattern: str, number: int) -> None:
    """End the connections of so many statements that wait for the lock, once they do."""
    sql = """
        SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event = 'advisory' AND query LIKE $1
    """
    connection = await asyncpg.connect(database_url)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(found := await connection.fetch(sql, pattern)) < number:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)
    for row in found:
        await connection.fetchrow("SELECT pg_terminate_backend($1)", row["pid"])
    await connection.close()


async def asked(reads: Reads, plan: Plan, values: Sequence[Any]) -> list["asyncio.Task[Any]"]:
    """A request for each of the values. The first of them are under way, and all others wait for those."""
    tasks = [asyncio.create_task(reads.fetch(BoundPlan(plan, [value], []))) for value in values]
    await until(lambda: reads.pool.state.in_use >= min(AT_ONCE, len(values)))
    return tasks


def first_of(row: Any) -> Any:
    """The first column, if there is a row."""
    return None if row is None else row[0]


async def test_each_request_gets_its_own_row(reads: Reads, database_url: str) -> None:
    """Those who wait are read by one statement; of one that finds nothing the row is None."""
    values = [3, 1, 7, -1, 7, 0, -5, 12]
    async with held(database_url):
        tasks = await asked(reads, plan_of(DOUBLED), values)
        await asyncio.sleep(0)
        assert not any(task.done() for task in tasks)
    found = [first_of(row) for row in await asyncio.gather(*tasks)]
    assert found == [2 * value if value >= 0 else None for value in values]
    assert reads.statements == AT_ONCE + 1
    assert reads.joined == len(values) - AT_ONCE


async def test_whoever_is_alone_is_read_alone(reads: Reads) -> None:
    plan = plan_of(DOUBLED)
    for value in range(4):
        assert first_of(await reads.fetch(BoundPlan(plan, [value], []))) == 2 * value
    assert (reads.statements, reads.joined, plan.joining.sql) == (4, 0, None)


async def test_no_statement_is_of_too_many(reads: Reads, database_url: str) -> None:
    values = range(AT_ONCE + 2 * MOST_JOINED + 1)
    async with held(database_url):
        tasks = await asked(reads, plan_of(DOUBLED), values)
    assert [first_of(row) for row in await asyncio.gather(*tasks)] == [2 * value for value in values]
    assert AT_ONCE + 3 <= reads.statements <= AT_ONCE + 4


async def test_plans_do_not_mix(reads: Reads, database_url: str) -> None:
    """Requests of two plans at the same time."""
    plans = [plan_of(DOUBLED), plan_of(DOUBLED.replace("2 *", "3 *"))]
    async with held(database_url):
        tasks = [await asked(reads, plan, range(10)) for plan in plans]
    found = [[first_of(row) for row in await asyncio.gather(*each)] for each in tasks]
    assert found == [[2 * value for value in range(10)], [3 * value for value in range(10)]]
    assert reads.statements == 2 * (AT_ONCE + 1)


async def test_only_the_request_that_is_refused_fails(reads: Reads, database_url: str) -> None:
    """What is refused for one of them is read again for each, and the plan's requests one by one from then on."""
    plan = plan_of("SELECT 12 / $1::INTEGER, pg_advisory_xact_lock_shared(4711)")
    async with held(database_url):
        tasks = await asked(reads, plan, [1, 2, 3, 0, 4, 0, 6])
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) if isinstance(each, Exception) else first_of(each) for each in found] == [
        *(12, 6, 4, asyncpg.DivisionByZeroError, 3, asyncpg.DivisionByZeroError, 2)
    ]
    assert reads.joined == 0
    assert monotonic() < plan.joining.rests_until <= monotonic() + REST_SECONDS


async def test_arrays_cannot_be_joined(reads: Reads, database_url: str) -> None:
    """PostgreSQL makes one list of a list of lists."""
    plan = plan_of("SELECT cardinality($1::INTEGER[]), pg_advisory_xact_lock_shared(4711)")
    async with held(database_url):
        tasks = await asked(reads, plan, [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]])
    assert [first_of(row) for row in await asyncio.gather(*tasks)] == [0, 1, 2, 3, 4]
    assert (reads.joined, plan.joining.is_possible, plan.joining.rests_until) == (0, False, 0)


async def test_texts_and_names_are_no_parameters(reads: Reads, database_url: str) -> None:
    """And a value is a value, whatever it looks like; null is one too."""
    plan = plan_of("""SELECT 'it''s $1 ' || $1::VARCHAR AS "$1 ""$1", pg_advisory_xact_lock_shared(4711)""")
    values = ["a", "b", "$1", "'; --", '"', None, "requests_joined.p1"]
    async with held(database_url):
        tasks = await asked(reads, plan, values)
    found = await asyncio.gather(*tasks)
    assert [first_of(row) for row in found] == [value and f"it's $1 {value}" for value in values]
    assert {next(iter(row.keys())) for row in found} == {'$1 "$1'}
    assert reads.joined == len(values) - AT_ONCE


async def test_requests_with_several_parameters_keep_them_together(reads: Reads, database_url: str) -> None:
    plan = plan_of("SELECT $2::VARCHAR || ':' || $1::BIGINT, pg_advisory_xact_lock_shared(4711) LIMIT $3::BIGINT")
    async with held(database_url):
        tasks = [asyncio.create_task(reads.fetch(BoundPlan(plan, [n, f"n{n}", n % 2], []))) for n in range(9)]
        await until(lambda: reads.pool.state.in_use == AT_ONCE)
    found = [first_of(row) for row in await asyncio.gather(*tasks)]
    assert found == [f"n{n}:{n}" if n % 2 else None for n in range(9)]
    assert reads.joined == 7


@pytest.mark.parametrize("plan", [plan_of(DOUBLED, is_possible=False), plan_of(DOUBLED)], ids=["cannot", "is slow"])
async def test_what_should_not_be_joined_has_connections_of_its_own(
    plan: Plan, reads: Reads, database_url: str
) -> None:
    """As many as there are."""
    for _statement in range(100):
        plan.joining.note(1.0, 1)
    async with held(database_url):
        tasks = [asyncio.create_task(reads.fetch(BoundPlan(plan, [value], []))) for value in range(8)]
        await until(lambda: reads.pool.state.in_use == 5 and reads.pool.state.waiting == 3)
    assert [first_of(row) for row in await asyncio.gather(*tasks)] == [2 * value for value in range(8)]
    assert (reads.statements, reads.joined) == (8, 0)


def test_the_least_time_tells_whether_a_plan_is_brief() -> None:
    """One slow statement is the machine's, many are the plan's, and one fast one tells that it was not."""
    joining = Joining("", is_possible=True)
    joining.note(0.030, 1)
    seen = [joining.is_due]
    for _statement in range(100):
        joining.note(32 * 2 * BRIEF_SECONDS, 32)
    seen.append(joining.is_due)
    joining.note(BRIEF_SECONDS, 4)
    seen.append(joining.is_due)
    assert seen == [True, False, True]


async def test_whoever_goes_away_does_not_disturb_the_others(reads: Reads, database_url: str) -> None:
    """One who waits, one who is under way; and at last all of them."""
    plan = plan_of(DOUBLED)
    async with held(database_url):
        tasks = await asked(reads, plan, range(6))
        tasks[3].cancel()
        tasks[0].cancel()
        await asyncio.wait([tasks[0], tasks[3]])
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [first_of(each) for each in found if not isinstance(each, BaseException)] == [2, 4, 8, 10]
    assert all(isinstance(found[place], asyncio.CancelledError) for place in (0, 3))
    plan.joining.seconds = 0
    async with held(database_url):
        tasks = await asked(reads, plan, range(6))
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    assert first_of(await reads.fetch(BoundPlan(plan, [21], []))) == 42


async def test_turn_that_comes_in_the_moment_of_a_cancellation_is_passed_on(reads: Reads, database_url: str) -> None:
    """Or else the plan would have fewer of them each time, and none at last."""
    plan = plan_of(DOUBLED)
    for _turn in range(AT_ONCE):
        plan.joining.seconds = 0

        waiting: list[asyncio.Task[Any]] = []

        async def ask(value: int, unlucky: list[asyncio.Task[Any]] = waiting) -> None:
            await reads.fetch(BoundPlan(plan, [value], []))
            unlucky[0].cancel()

        async with held(database_url):
            tasks = [asyncio.create_task(ask(value)) for value in range(AT_ONCE)]
            waiting.append(asyncio.create_task(reads.fetch(BoundPlan(plan, [0], []))))
            await until(lambda: reads.pool.state.in_use == AT_ONCE)
        await asyncio.gather(*tasks)
        await asyncio.wait(waiting)
        assert waiting[0].cancelled()
    plan.joining.seconds = 0
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert first_of(await reads.fetch(BoundPlan(plan, [21], []))) == 42


async def test_what_ends_a_statement_is_no_fault_of_its_plan(reads: Reads, database_url: str) -> None:
    """Each is read for itself then, on a connection that lives."""
    plan = plan_of(DOUBLED)
    async with held(database_url):
        tasks = await asked(reads, plan, range(6))
        await end(database_url, "SELECT 2 *%", AT_ONCE)
        told = await asyncio.gather(*tasks[:AT_ONCE], return_exceptions=True)
        await end(database_url, "SELECT answer%", 1)
        await until(lambda: reads.pool.state.in_use == len(tasks) - AT_ONCE)
    assert all(isinstance(each, NOT_THE_PLAN) for each in told)
    assert [first_of(row) for row in await asyncio.gather(*tasks[AT_ONCE:])] == [4, 6, 8, 10]
    assert plan.joining.rests_until == 0


async def test_all_are_told_when_nobody_answers(database_url: str) -> None:
    """Their statement cannot be sent, because there is no connection any more."""
    opened: list[asyncpg.Connection] = []

    async def connect() -> asyncpg.Connection:
        if len(opened) == AT_ONCE:
            raise DatabaseAwayError("nobody listens")
        opened.append(await open_connection(database_url, settings_for(database_url)))
        return opened[-1]

    pool = ReadPool(connect, 5, PATIENCE_SECONDS, PATIENCE_SECONDS)
    async with held(database_url):
        tasks = await asked(Reads(pool), plan_of(DOUBLED), range(6))
        await end(database_url, "SELECT 2 *%", AT_ONCE)
        told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in told[AT_ONCE:]] == [DatabaseAwayError] * 4
    assert pool.state.in_use == 0
    await pool.close()


async def test_nobody_waits_longer_than_the_time_for_all_of_it(database_url: str) -> None:
    """The statements that are under way come back too late, and theirs does not at all."""
    pool = ReadPool(lambda: open_connection(database_url, settings_for(database_url)), 5, 1, 1)
    async with held(database_url):
        tasks = await asked(Reads(pool), plan_of(DOUBLED), range(6))
        await asyncio.sleep(0.5)
        for task in tasks[:AT_ONCE]:
            task.cancel()
        found = await asyncio.gather(*tasks[AT_ONCE:], return_exceptions=True)
    assert {type(each) for each in found} == {OperationTimeoutError}
    assert pool.state.in_use == 0
    await pool.close()


async def test_statement_is_told_in_the_context_of_whoever_waited_longest(database_url: str) -> None:
    """Their trace has it."""
    asking: ContextVar[int] = ContextVar("asking")
    told: list[tuple[int, bool]] = []

    async def connect() -> asyncpg.Connection:
        connection = await open_connection(database_url, settings_for(database_url))
        connection.add_query_logger(lambda logged: told.append((asking.get(), "requests_joined" in logged.query)))
        return connection

    async def ask(plan: Plan, value: int) -> Any:
        asking.set(value)
        return await own.fetch(BoundPlan(plan, [value], []))

    pool = ReadPool(connect, 5, PATIENCE_SECONDS, PATIENCE_SECONDS)
    own, plan = Reads(pool), plan_of(DOUBLED)
    async with held(database_url):
        tasks = [asyncio.create_task(ask(plan, value)) for value in range(5)]
        await until(lambda: pool.state.in_use == AT_ONCE)
    await asyncio.gather(*tasks)
    assert [place for place, is_joined in told if is_joined] == [AT_ONCE]
    await pool.close()
