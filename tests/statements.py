"""Statements that tests run beside the API, in a transaction of their own or waiting for a lock, or that they count."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models import Base
from server.database import open_connection
from tests.databases import settings_for
from tests.patience import PATIENCE_SECONDS

UNCOUNTED = re.compile(r"BEGIN|COMMIT|ROLLBACK|;|.*(typeinfo_tree|current_setting\('jit'\))", re.DOTALL)
"""What begins and ends transactions, and what asyncpg asks on its own account, once for a type and a connection."""


async def execute(engine: AsyncEngine, statement: Any, *rows: Any) -> None:
    """Run one statement in a transaction of its own."""
    async with engine.begin() as connection:
        await connection.execute(statement, *rows)


async def scalar(engine: AsyncEngine, statement: Any) -> Any:
    """The only value that the statement gives."""
    async with engine.connect() as connection:
        return (await connection.execute(statement)).scalar_one()


async def count_rows(engine: AsyncEngine, model: type[Base]) -> int:
    """How many rows the table has."""
    count: int = await scalar(engine, select(func.count()).select_from(model))
    return count


def constraint(refused: pytest.ExceptionInfo[DBAPIError]) -> str:
    """The name of the violated constraint."""
    orig: Any = refused.value.orig
    name: str = orig.__cause__.constraint_name
    return name


async def started(connection: AsyncConnection, *statements: Any, commit: bool = False) -> asyncio.Task[None]:
    """The statements under way: they ended, or wait for a lock that another transaction holds."""
    pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()

    async def work() -> None:
        for statement in statements:
            await connection.execute(statement)
        if commit:
            await connection.commit()

    task = asyncio.create_task(work())
    async with asyncio.timeout(PATIENCE_SECONDS), connection.engine.connect() as watching:
        waits = text("SELECT cardinality(pg_blocking_pids(:pid)) > 0")
        while not task.done() and not (await watching.execute(waits, {"pid": pid})).scalar_one():
            pass
    return task


async def until_waiting(engine: AsyncEngine) -> None:
    """Wait until somebody in the database waits for a lock."""
    waiting = text("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await _is_found(engine, waiting):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def _is_found(engine: AsyncEngine, statement: Any) -> bool:
    async with engine.connect() as connection:
        return (await connection.execute(statement)).first() is not None


@asynccontextmanager
async def locked(url: str, table: str) -> AsyncIterator[asyncpg.Connection]:
    """Nobody can read the table while the block runs."""
    connection = await open_connection(url, settings_for(url))
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def noted(engine: AsyncEngine) -> AsyncIterator[list[str]]:
    """The statements that the engine's connections are sent while the block runs, through SQLAlchemy or past it.

    What was sent past it stands there once the block has ended.
    """
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    def note_direct(query: Any) -> None:
        if UNCOUNTED.match(query.query) is None:
            sent.append(query.query)

    def lent(connection: Any, *_rest: object) -> None:
        connection.driver_connection.add_query_logger(note_direct)

    def given_back(connection: Any, *_rest: object) -> None:
        connection.driver_connection.remove_query_logger(note_direct)

    listeners: dict[str, Callable[..., Any]] = {"before_cursor_execute": note, "checkout": lent, "checkin": given_back}
    for name, listener in listeners.items():
        event.listen(engine.sync_engine, name, listener)
    try:
        yield sent
        await asyncio.sleep(0)  # asyncpg tells of a statement in the loop's next turn
    finally:
        for name, listener in listeners.items():
            event.remove(engine.sync_engine, name, listener)
