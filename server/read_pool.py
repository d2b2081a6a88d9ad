"""Bare driver connections for compiled reads. They hold no state between statements, so none is reset."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from resolvers.errors import DatabaseAwayError, DatabaseSilentError

T = TypeVar("T")

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
    """A bounded number of connections, opened when they are needed, the one used last handed out first.

    A turn is the right to use one of them. Whoever ends hands it to whoever has waited longest.
    """

    def __init__(
        self, connect: Callable[[], Awaitable[asyncpg.Connection]], size: int, patience_seconds: float = 10
    ) -> None:
        self._connect = connect
        self._size = size
        self._patience_seconds = patience_seconds
        self._turns_taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._idle: list[asyncpg.Connection] = []

    @property
    def state(self) -> PoolState:
        """How much of it is used now."""
        return PoolState(self._size, self._turns_taken, len(self._waiting))

    async def run(self, statement: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """What the statement gives on a connection, which survives what the database refuses, and nothing else.

        Raises DatabaseSilentError when none becomes free in time, DatabaseAwayError when it is lost, and what
        `connect` raises.
        """
        if self._turns_taken < self._size:
            self._turns_taken += 1
        else:
            await self._wait_for_turn()
        try:
            return await self._run_on(await self._take(), statement)
        finally:
            self._end_turn()

    async def close(self) -> None:
        """Close every idle connection."""
        while self._idle:
            await self._idle.pop().close()

    async def _run_on(
        self, connection: asyncpg.Connection, statement: Callable[[asyncpg.Connection], Awaitable[T]]
    ) -> T:
        try:
            result = await statement(connection)
        except asyncpg.PostgresError:
            self._give_back(connection)
            raise
        except TimeoutError as error:
            connection.terminate()
            raise DatabaseSilentError("no answer to a statement") from error
        except OSError as error:
            connection.terminate()
            raise DatabaseAwayError(str(error)) from error
        except BaseException:
            connection.terminate()
            raise
        self._give_back(connection)
        return result

    async def _wait_for_turn(self) -> None:
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        timer = loop.call_later(self._patience_seconds, self._give_up, turn)
        try:
            await turn
        except BaseException:
            if turn.cancelled() or turn.exception() is not None:
                with suppress(ValueError):  # whoever ended first may have passed it over already
                    self._waiting.remove(turn)
            else:
                self._end_turn()  # it came in the moment in which the request was cancelled
            raise
        finally:
            timer.cancel()

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        if not turn.done():
            message = f"no connection became free in {self._patience_seconds} seconds"
            turn.set_exception(DatabaseSilentError(message))

    def _end_turn(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._turns_taken -= 1

    def _give_back(self, connection: asyncpg.Connection) -> None:
        if not connection.is_closed():
            self._idle.append(connection)

    async def _take(self) -> asyncpg.Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await opened_for_reading(self._connect)


async def opened_for_reading(connect: Callable[[], Awaitable[asyncpg.Connection]]) -> asyncpg.Connection:
    """A connection that can read every compiled statement."""
    connection = await connect()
    await connection.fetchrow(LEARN_ARRAYS)
    return connection
