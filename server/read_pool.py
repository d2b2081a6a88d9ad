"""Bare driver connections for compiled reads. They hold no state between statements, so none is reset."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import NamedTuple, TypeVar

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from compiler.joining import NotJoinableError
from resolvers.errors import DatabaseSilentError
from server.deadlines import deadline
from server.lost_connections import as_database_away

T = TypeVar("T")
Statement = Callable[[asyncpg.Connection], Awaitable[T]]

LEARN_ARRAYS = "SELECT ARRAY(SELECT ROW(1)), ARRAY[]::text[]"
"""asyncpg knows how to read an array within a row only after it has read one on its own."""


BRIEF_SECONDS = 0.1
"""Whoever waited no longer for a turn may take so much longer in all."""

FAREWELL_SECONDS = 2
"""How long PostgreSQL may take to see that a connection ends."""


def ignore(_seconds: float) -> None:
    """Take no notice."""


@dataclass(frozen=True, slots=True)
class PoolState:
    """How much of a pool is used."""

    size: int
    in_use: int
    waiting: int | None = None
    """How many requests wait for a connection; None when it cannot be told."""


class Waiting(NamedTuple):
    """A request that waits for its turn, and until when."""

    turn: asyncio.Future[None]
    deadline: float


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
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        size: int,
        patience_seconds: float = 10,
        limit_seconds: float = 10,
    ) -> None:
        """A request waits for its turn at most for `patience_seconds`, and for its result for `limit_seconds`."""
        self._connect = connect
        self._size = size
        self._patience_seconds = min(patience_seconds, limit_seconds)
        self.limit_seconds = limit_seconds
        self._turns_taken = 0
        self._waiting: deque[Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._idle: list[asyncpg.Connection] = []

    @property
    def state(self) -> PoolState:
        """How much of it is used now."""
        return PoolState(self._size, self._turns_taken, sum(not one.turn.done() for one in self._waiting))

    async def run(
        self, statement: Statement[T], observe: Callable[[float], None] = ignore, began_at: float | None = None
    ) -> T:
        """What the statement gives on a connection, which survives what the database refuses, and nothing else.

        `observe` is told how many seconds it took. `began_at` is when the request began to wait, if it has waited for
        something else before. Raises DatabaseSilentError when no connection becomes free in time or the database does
        not answer, as OperationTimeoutError when all of it takes too long, DatabaseAwayError when the connection is
        lost, and what `connect` raises.
        """
        if self._turns_taken < self._size:
            self._turns_taken += 1
        else:
            began_at = began_at or monotonic()
            await self._wait_for_turn()
        try:
            has_waited = began_at is not None and monotonic() - began_at > BRIEF_SECONDS
            if has_waited or not self._idle or self._idle[-1].is_closed():
                async with deadline(self.limit_seconds, began_at):
                    return await self._run(statement, observe)
            return await self._run(statement, observe)  # one statement, which its connection bounds: no timer
        finally:
            self._end_turn()

    async def _run(self, statement: Statement[T], observe: Callable[[float], None]) -> T:
        connection = self._idle.pop() if self._idle else None
        if connection is None or connection.is_closed():
            connection = await self._take()
        began = perf_counter()
        try:
            result = await statement(connection)
        except BaseException as error:
            self._let_go(connection, error)
            if isinstance(error, OSError):
                raise as_database_away(error) from error
            raise
        finally:
            observe(perf_counter() - began)
        self._idle.append(connection)
        return result

    async def close(self) -> None:
        """Close every idle connection, and wait no longer than FAREWELL_SECONDS for a database that is silent."""
        if self._timer is not None:
            self._timer.cancel()
        idle, self._idle = self._idle, []
        farewells = (connection.close(timeout=FAREWELL_SECONDS) for connection in idle)
        await asyncio.gather(*farewells, return_exceptions=True)

    def _let_go(self, connection: asyncpg.Connection, error: BaseException) -> None:
        """Keep a connection whose statement was refused, and end one that was left in the midst of something."""
        if not isinstance(error, asyncpg.PostgresError | NotJoinableError):
            connection.terminate()
        elif not connection.is_closed():
            self._idle.append(connection)

    async def _wait_for_turn(self) -> None:
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        deadline = loop.time() + self._patience_seconds
        self._waiting.append(Waiting(turn, deadline))
        if self._timer is None:
            self._timer = loop.call_at(deadline, self._give_up)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._end_turn()  # it came in the moment in which the request was cancelled
            raise

    def _give_up(self) -> None:
        """Tell those who have waited too long; one timer serves all, because they wait in the order of deadlines."""
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._waiting and (self._waiting[0].turn.done() or self._waiting[0].deadline <= loop.time()):
            turn = self._waiting.popleft().turn
            if not turn.done():
                message = f"no connection became free in {self._patience_seconds} seconds"
                turn.set_exception(DatabaseSilentError(message))
        if self._waiting:
            self._timer = loop.call_at(self._waiting[0].deadline, self._give_up)

    def _end_turn(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft().turn
            if not turn.done():
                turn.set_result(None)
                return
        self._turns_taken -= 1

    async def _take(self) -> asyncpg.Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        try:
            return await opened_for_reading(self._connect)
        except OSError as error:
            raise as_database_away(error) from error


async def opened_for_reading(connect: Callable[[], Awaitable[asyncpg.Connection]]) -> asyncpg.Connection:
    """A connection that can read every compiled statement."""
    connection = await connect()
    try:
        await connection.fetchrow(LEARN_ARRAYS)
    except BaseException:
        connection.terminate()  # whoever waited for it went away in this very moment
        raise
    return connection
