"""Bare driver connections for compiled reads. They hold no state between statements, so none is reset."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from resolvers.errors import DatabaseAwayError, DatabaseSilentError

LEARN_ARRAYS = "SELECT ARRAY(SELECT ROW(1)), ARRAY[]::text[]"
"""asyncpg knows how to read an array within a row only after it has read one on its own."""


@dataclass(frozen=True, slots=True)
class PoolState:
    """How much of a pool is used."""

    size: int
    in_use: int
    waiting: int | None = None
    """How many requests wait for a connection; None when it cannot be told."""


def state_of(engine: AsyncEngine) -> PoolState:
    """How much of an engine's pool is used."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)  # noqa: S101 - what asynchronous engines have
    return PoolState(pool.size(), pool.checkedout())


class ReadPool:
    """A bounded number of connections, opened when they are needed, the one used last handed out first."""

    def __init__(
        self, connect: Callable[[], Awaitable[asyncpg.Connection]], size: int, patience_seconds: float = 10
    ) -> None:
        self._connect = connect
        self._patience_seconds = patience_seconds
        self._size = size
        self._free = asyncio.Semaphore(size)
        self._in_use = 0
        self._waiting = 0
        self._idle: list[asyncpg.Connection] = []

    @property
    def state(self) -> PoolState:
        """How much of it is used now."""
        return PoolState(self._size, self._in_use, self._waiting)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection for one statement. It survives what the database refuses, and nothing else.

        Raises DatabaseSilentError when none becomes free in time, DatabaseAwayError when one is lost.
        """
        await self._wait_for_turn()
        self._in_use += 1
        try:
            connection = await self._take()
            try:
                yield connection
            except asyncpg.PostgresError:
                self._give_back(connection)
                raise
            except OSError as error:
                connection.terminate()
                raise DatabaseAwayError(str(error)) from error
            except BaseException:
                connection.terminate()
                raise
            self._give_back(connection)
        finally:
            self._in_use -= 1
            self._free.release()

    async def close(self) -> None:
        """Close every idle connection."""
        while self._idle:
            await self._idle.pop().close()

    async def _wait_for_turn(self) -> None:
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience_seconds):
                await self._free.acquire()
        except TimeoutError as error:
            raise DatabaseSilentError(f"no connection became free in {self._patience_seconds} seconds") from error
        finally:
            self._waiting -= 1

    def _give_back(self, connection: asyncpg.Connection) -> None:
        if not connection.is_closed():
            self._idle.append(connection)

    async def _take(self) -> asyncpg.Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        connection = await self._connect()
        await connection.fetchrow(LEARN_ARRAYS)
        return connection
