"""Plans that fail when they run: the reference executor answers, and after some failures it does so at once."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import pytest
from asyncpg.connection import LoggedQuery
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR
from compiler.errors import NotCompilableError, Reason
from compiler.execution import Compiler
from compiler.plan import Plan
from resolvers.context import Context
from resolvers.errors import DatabaseAwayError
from schema.root import schema
from server import plan_failures
from server.compiled_reads import CompiledReads
from server.database import open_connection
from server.document_preparation import INTROSPECTABLE
from server.graphql_execution import Executor
from server.graphql_request import GraphQLRequest
from server.plan_failures import MOST_FAILURES, PlanFailures
from server.read_pool import ReadPool
from tests.databases import settings_for
from tests.server.test_response_cache import traced

QUERY = "{ products { nodes { name } } }"
WITH_LITERAL = '{ products(filter: { price: { min: "1" } }) { nodes { name } } }'
EMPTY: object = {"data": {"products": {"nodes": []}}}


@dataclass(frozen=True, slots=True)
class Failing:
    """An executor whose compiled statements all fail, and those statements."""

    executor: Executor
    asked: list[str] = field(default_factory=list)


@asynccontextmanager
async def failing_executor(url: str) -> AsyncIterator[Failing]:
    """An executor whose read connections look for the tables elsewhere."""
    asked: list[str] = []

    def note(logged: LoggedQuery) -> None:
        if "products" in logged.query:
            asked.append(logged.query)

    async def connect() -> asyncpg.Connection:
        connection: asyncpg.Connection = await asyncpg.connect(url, server_settings={"search_path": "pg_catalog"})
        connection.add_query_logger(note)
        return connection

    pool = ReadPool(connect, 1)
    yield Failing(Executor(schema, rules=INTROSPECTABLE, reads=CompiledReads(Compiler(schema), pool)), asked)
    await pool.close()


async def answer(executor: Executor, engine: AsyncEngine, query: str) -> object:
    """The body of an answer to a visitor."""
    async with Context(engine, VISITOR) as context:
        return (await executor.run(GraphQLRequest(query), context)).body()


async def test_failing_plan_is_tried_once_a_request_and_then_rests(
    engine: AsyncEngine, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with failing_executor(database_url) as failing:
        for request in range(1, 10):
            assert await answer(failing.executor, engine, QUERY) == EMPTY
            assert len(failing.asked) == min(request, MOST_FAILURES)
    assert [record.getMessage() for record in caplog.records if record.name == "merkato.compiler"] == [
        "A compiled statement failed; the reference executor answers.",
        f"A plan failed {MOST_FAILURES} times and is not used for 60 seconds.",
    ]


async def test_statement_of_lifted_literals_is_not_tried_again_with_them(
    engine: AsyncEngine, database_url: str
) -> None:
    async with failing_executor(database_url) as failing:
        assert await answer(failing.executor, engine, WITH_LITERAL) == EMPTY
    assert len(failing.asked) == 1


async def test_statement_of_a_body_that_came_before_is_not_tried_again(engine: AsyncEngine, database_url: str) -> None:
    bound = traced(QUERY, {})
    async with failing_executor(database_url) as failing, Context(engine, VISITOR) as context:
        refusal = await failing.executor.run_again(bound, VISITOR, None)
        assert isinstance(refusal, NotCompilableError)
        assert refusal.reason is Reason.RUNTIME
        answer = await failing.executor.run(GraphQLRequest(QUERY), context, refusal=refusal)
    assert answer.body() == EMPTY
    assert len(failing.asked) == 1


async def test_other_plans_are_used_while_one_rests(engine: AsyncEngine, database_url: str) -> None:
    async with failing_executor(database_url) as failing:
        for _ in range(MOST_FAILURES + 1):
            await answer(failing.executor, engine, QUERY)
        await answer(failing.executor, engine, "{ products { totalCount } }")
    assert len(failing.asked) == MOST_FAILURES + 1


def plan() -> Plan:
    """Any plan."""
    return Plan("", [], (), lambda _row, _values: None, has_many_rows=False, tables=frozenset(), depends_on_time=False)


def fail(failures: PlanFailures, failing: Plan, error: Exception, times: int = MOST_FAILURES) -> None:
    """Let the plan fail so many times."""
    for _ in range(times):
        failures.note(failing, error)


def test_plan_rests_after_some_failures_only() -> None:
    failures, failing = PlanFailures(), plan()
    fail(failures, failing, TypeError(), MOST_FAILURES - 1)
    assert not failures.rests(failing)
    fail(failures, failing, TypeError(), 1)
    assert failures.rests(failing)
    assert not failures.rests(plan())


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.NumericValueOutOfRangeError(),
        asyncpg.SerializationError(),
        asyncpg.OutOfMemoryError(),
        asyncpg.AdminShutdownError(),
        DatabaseAwayError("lost"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_failures_that_are_not_the_plan_s_fault_do_not_count(error: Exception) -> None:
    failures, failing = PlanFailures(), plan()
    fail(failures, failing, error)
    assert not failures.rests(failing)


def test_plan_is_tried_again_after_its_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_failures, "REST_SECONDS", -1.0)
    failures, failing = PlanFailures(), plan()
    fail(failures, failing, TypeError(), 3 * MOST_FAILURES)
    assert not failures.rests(failing)


def test_failures_are_told_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "merkato.compiler")
    failures, failing = PlanFailures(), plan()
    fail(failures, failing, asyncpg.NumericValueOutOfRangeError(), 100)
    assert len(caplog.records) == 1


async def test_cached_refusals_do_not_grow(engine: AsyncEngine, database_url: str) -> None:
    async def connect() -> asyncpg.Connection:
        return await open_connection(database_url, settings_for(database_url))

    compiler = Compiler(schema)
    executor = Executor(schema, rules=INTROSPECTABLE, reads=CompiledReads(compiler, ReadPool(connect, 1)))
    for _ in range(20):
        await answer(executor, engine, "{ __schema { queryType { name } } }")
    ((refused, _),) = compiler._plans._shared._entries._entries.values()  # noqa: SLF001 - what is kept shows nowhere else
    assert isinstance(refused, Exception)
    depth, trace = 0, refused.__traceback__
    while trace is not None:
        depth, trace = depth + 1, trace.tb_next
    assert depth < 5
