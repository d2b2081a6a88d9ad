"""Statements sent past SQLAlchemy: what they give, and that they fail as those of the session do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Executable, Integer, Uuid, bindparam, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.core_statements import execute
from models import BackorderPolicy, CartLine, ProductVariant, Shop
from resolvers.errors import DatabaseSilentError
from server.database import create_engine
from server.lost_connections import tell_lost_connections
from tests.databases import settings_for
from tests.factories import new_id, writing
from tests.statements import scalar

Run = Callable[[AsyncSession, Executable], Awaitable[object]]

PATIENCE_SECONDS = 0.2
SLEEP = text("SELECT pg_sleep(30)")
PID = text("SELECT pg_backend_pid()")
RENAME = update(Shop).values(name="Renamed")


async def by_session(session: AsyncSession, statement: Executable) -> object:
    """The way that is imitated."""
    return await session.execute(statement)


@dataclass(frozen=True, slots=True)
class Failure:
    """What is told of a statement that failed."""

    kinds: tuple[type[object], ...]
    """Of the error, of the driver's that it wraps, and of asyncpg's own."""
    state: str | None
    constraint: str | None
    statement: str | None
    is_lost: bool
    """Whether the connection is, and with it the transaction."""


async def failure_of(engine: AsyncEngine, run: Run, *statements: Executable) -> Failure:
    """How the last of the statements fails, after which everything works again."""
    async with AsyncSession(engine) as session:
        for statement in statements[:-1]:
            await run(session, statement)
        with pytest.raises(DBAPIError) as raised:
            await run(session, statements[-1])
    assert await scalar(engine, select(literal(1))) == 1
    error, orig = raised.value, raised.value.orig
    cause = None if orig is None else orig.__cause__
    kinds = type(error), type(orig), type(cause)
    constraint = getattr(cause, "constraint_name", None)
    return Failure(kinds, getattr(orig, "sqlstate", None), constraint, error.statement, error.connection_invalidated)


@pytest.fixture
async def telling(engine: AsyncEngine) -> AsyncEngine:
    """The engine, which tells of lost connections as those of servers do."""
    tell_lost_connections(engine)
    return engine


NO_QUANTITY = insert(CartLine).values(
    id=new_id(), cart_id=new_id(), variant_id=new_id(), quantity=0, customization_hash=b"", unit_price_seen=0
)
FAILURES: dict[str, tuple[Executable, ...]] = {
    "constraint": (NO_QUANTITY,),
    "deadlock": (text("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40P01'; END $$"),),
    "serialisation": (text("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$"),),
    "lock timeout": (text("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '55P03'; END $$"),),
    "statement timeout": (text("SET LOCAL statement_timeout = 50"), SLEEP),
    "aborted transaction": (text("SELECT 1"), text("SELECT nothing")),
    "argument": (select(literal("many", Integer())),),
    "ended connection": (RENAME, text("SELECT pg_terminate_backend(pg_backend_pid())")),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_failures_are_those_of_the_session(telling: AsyncEngine, name: str) -> None:
    expected = await failure_of(telling, by_session, *FAILURES[name])

    found = await failure_of(telling, execute, *FAILURES[name])

    assert found == expected
    assert found.is_lost == (name == "ended connection")


async def test_connection_that_was_lost_before_is_known_as_lost(telling: AsyncEngine) -> None:
    async with AsyncSession(telling) as session:
        await execute(session, RENAME)
        raw = await (await session.connection()).get_raw_connection()
        assert raw.driver_connection is not None
        raw.driver_connection.terminate()
        with pytest.raises(DBAPIError) as raised:
            await execute(session, PID)
    assert raised.value.connection_invalidated
    assert await scalar(telling, select(Shop.name)) != "Renamed"


async def test_cancelled_statement_takes_its_connection_and_its_transaction_with_it(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        (before,) = await execute(session, PID)
        await execute(session, RENAME)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await execute(session, SLEEP)
    assert await scalar(engine, select(Shop.name)) != "Renamed"
    assert await scalar(engine, PID) != before.pg_backend_pid


@pytest.fixture
async def impatient(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine that gives up a database which says nothing."""
    limits = {"database_statement_timeout_seconds": 0, "operation_timeout_seconds": PATIENCE_SECONDS}
    engine = create_engine(database_url, settings_for(database_url).model_copy(update=limits), limited=True)
    yield engine
    await engine.dispose()


@pytest.mark.parametrize("run", [by_session, execute])
async def test_silent_database_is_told_from_others_that_are_late(impatient: AsyncEngine, run: Run) -> None:
    async with AsyncSession(impatient) as session:
        with pytest.raises(DatabaseSilentError):
            await run(session, SLEEP)


async def test_statements_are_of_the_transaction_of_the_session(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        await execute(session, RENAME)
        assert await session.scalar(select(Shop.name)) == "Renamed"
        async with session.begin_nested() as savepoint:
            await execute(session, update(Shop).values(name="Undone"))
            await savepoint.rollback()
        assert [row.name for row in await execute(session, select(Shop.name))] == ["Renamed"]
        await session.rollback()
        assert [row.name for row in await execute(session, select(Shop.name))] != ["Renamed"]
        await execute(session, RENAME)
        await session.commit()
    assert await scalar(engine, select(Shop.name)) == "Renamed"


@pytest.mark.parametrize("run", [by_session, execute])
async def test_after_a_flush_that_failed_nothing_is_sent(engine: AsyncEngine, run: Run) -> None:
    async with AsyncSession(engine) as session:
        await run(session, PID)
        session.add(Shop(id=new_id(), name="Another"))
        with pytest.raises(DBAPIError):
            await session.flush()
        with pytest.raises(PendingRollbackError):
            await run(session, RENAME)


async def test_arguments_are_written_as_their_types_say(engine: AsyncEngine) -> None:
    statement = select(
        bindparam("document", type_=JSONB()).label("document"),
        bindparam("id", type_=Uuid()).label("id"),
        literal(BackorderPolicy.ALLOW, ProductVariant.backorder_policy.type).label("policy"),
        (func.now() + timedelta(days=1) > func.now()).label("later"),
    )
    given: dict[str, Any] = {"document": {"name": "Hana"}, "id": new_id()}

    async with AsyncSession(engine) as session:
        (row,) = await execute(session, statement, given)

    assert dict(row) == {**given, "policy": "ALLOW", "later": True}
    with pytest.raises(AttributeError, match="nothing"):
        _ = row.nothing


async def test_argument_that_is_missing_is_a_mistake(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        with pytest.raises(KeyError, match="id"):
            await execute(session, select(bindparam("id", type_=Uuid())))


async def test_statement_that_gives_nothing_has_no_rows(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        assert await execute(session, RENAME) == []
    assert await scalar(engine, select(Shop.name)) == "Renamed"
