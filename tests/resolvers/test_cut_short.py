"""Mutations that are cut short, by their deadline or by a lost connection: what becomes of them, and what is told."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Annotated

import pytest
import strawberry
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.permissions import Gate
from domain.errors import DomainError
from models import Product, Tag
from resolvers.context import Context
from schema.catalog import Product as ProductType
from schema.declare import mutation
from schema.problems import Problem, problem
from server.graphql_execution import Answer
from tests.databases import closed_to_newcomers
from tests.factories import add_product, add_tag, writing
from tests.mutations import answer_to, executor_of
from tests.patience import PATIENCE_SECONDS
from tests.statements import count_rows, execute, scalar

LIMIT_SECONDS = 3
"""Enough for a busy machine to come as far as the test wants it to."""
LONG_SECONDS = 60

FUNCTION = "CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM {0}; RETURN NULL; END $$"
TRIGGER = """
    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON products DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION at_commit()
"""

BUSY = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
"""

Change = Callable[[Context], Awaitable[Product]]


class NeverError(DomainError):
    """Every result is a union; this one is never the other member."""


@problem(NeverError, "It never comes.")
class Never(Problem):
    """It never comes."""


Result = Annotated[ProductType | Never, strawberry.union("Result")]


async def cut_short(engine: AsyncEngine, function: Change, limit_seconds: float = LONG_SECONDS) -> Answer:
    """The answer to a mutation that may take so long."""

    @strawberry.type
    class Changes:
        change: Result | None = mutation(function, "Change.", requires=Gate.PUBLIC)

    document = "mutation { change { __typename } }"
    return await answer_to(engine, document, executor=executor_of(Changes, limit_seconds))


async def write_product(context: Context) -> Product:
    """Write something."""
    async with context.writing() as session:
        return await add_product(session)


async def at_commit(engine: AsyncEngine, expression: str) -> None:
    """Have PostgreSQL do something between the COMMIT of a product and its answer."""
    await execute(engine, text(FUNCTION.format(expression)))
    await execute(engine, text(TRIGGER))


def told(answer: Answer) -> tuple[int, dict[str, object]]:
    """The status and the extensions of the only error."""
    (error,) = answer.errors
    return answer.status(), error.extensions or {}


async def busy(engine: AsyncEngine) -> int:
    """How many other backends of the database are in a transaction."""
    async with engine.connect() as connection:
        found: int = (await connection.execute(text(BUSY))).scalar_one()
        return found


async def test_deadline_undoes_what_is_not_committed_and_tells_what_is(engine: AsyncEngine) -> None:
    async def wait(context: Context) -> Product:
        async with context.writing() as session:
            await add_tag(session, name="waits")
            await session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": LONG_SECONDS})
        raise AssertionError

    async def linger(context: Context) -> Product:
        async with context.writing() as session:
            await add_tag(session, name="lingers")
        await asyncio.sleep(LONG_SECONDS)
        raise AssertionError

    await at_commit(engine, f"pg_sleep({LONG_SECONDS})")
    waiting, lingering, committing = await asyncio.gather(
        *(cut_short(engine, function, LIMIT_SECONDS) for function in (wait, linger, write_product))
    )
    assert told(waiting) == (503, {"code": "OPERATION_TIMEOUT", "changes": "NONE"})
    assert told(lingering) == (503, {"code": "OPERATION_TIMEOUT", "changes": "KEPT"})
    assert told(committing) == (503, {"code": "OPERATION_TIMEOUT", "changes": "UNKNOWN"})
    assert waiting.errors[0].message == (
        "This took longer than 3 seconds and was stopped. Nothing was changed. Try again later."
    )
    assert await scalar(engine, select(func.array_agg(Tag.name))) == ["lingers"]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await busy(engine):
            pass


async def test_connection_lost_during_the_commit_is_told_as_unknown(engine: AsyncEngine) -> None:
    await at_commit(engine, "pg_terminate_backend(pg_backend_pid())")
    answer = await cut_short(engine, write_product)
    assert told(answer) == (503, {"code": "SERVICE_UNAVAILABLE", "changes": "UNKNOWN"})


async def test_result_that_cannot_be_read_does_not_deny_the_change(engine: AsyncEngine, database_url: str) -> None:
    async with AsyncExitStack() as stack:

        async def vanish(context: Context) -> Product:
            product = await write_product(context)
            await stack.enter_async_context(closed_to_newcomers(database_url))
            await engine.dispose()
            return product

        answer = await cut_short(engine, vanish)
    assert told(answer) == (503, {"code": "SERVICE_UNAVAILABLE", "changes": "KEPT"})
    assert answer.errors[0].message == (
        "It is done, but its result could not be read. Ask for it instead of sending this again."
    )
    assert await count_rows(engine, Product) == 1


async def test_refused_commit_changes_nothing_and_is_no_riddle(
    engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL", logger="merkato.graphql")
    await at_commit(engine, "1 / 0")
    status, extensions = told(await cut_short(engine, write_product))
    assert (status, extensions["code"]) == (200, "INTERNAL_SERVER_ERROR")
    assert "changes" not in extensions
    assert await count_rows(engine, Product) == 0
    async with writing(engine) as session:
        await session.execute(text("DROP TRIGGER at_commit ON products"))
    assert (await cut_short(engine, write_product)).errors == []
