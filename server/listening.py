"""Listening to what PostgreSQL notifies, over one connection after another."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import asyncpg

from server.database import require_session

logger = logging.getLogger("merkato.listening")

HEARTBEAT_SECONDS = 5.0
"""How often the connection is tried while nothing else asks it."""
SILENCE_SECONDS = 2.0
"""A connection that does not answer for so long is given up."""
SHORTEST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0

Connect = Callable[[], Awaitable[asyncpg.Connection]]


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is done with a connection that listens."""

    name: str
    """What the connection is called in PostgreSQL's own views."""
    begin: Callable[[asyncpg.Connection], Awaitable[None]]
    """Adds the listeners. The connection keeps its session."""
    beat: Callable[[asyncpg.Connection], Awaitable[object]]
    """Tries the connection, and terminates one that does not answer."""
    end: Callable[[], None]
    """Takes note that nothing is heard any more; it may have never begun."""
    heard: str
    """What the log says when it begins."""
    unheard: str
    """What the log says when it ended, or did not begin."""


@asynccontextmanager
async def listening(connect: Connect, hearing: Hearing) -> AsyncIterator[None]:
    """Listen for as long as the block runs."""
    task = asyncio.create_task(_listen(connect, hearing))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def answers(connection: asyncpg.Connection) -> bool:
    """Whether PostgreSQL answers; a connection on which it does not is terminated."""
    try:
        async with asyncio.timeout(SILENCE_SECONDS):  # wait_for of Python 3.11 may lose a cancellation
            await connection.fetchval("SELECT 1")
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()
        return False
    return True


async def _listen(connect: Connect, hearing: Hearing) -> None:
    pause = SHORTEST_PAUSE_SECONDS
    while True:
        try:
            async with _opened(connect, hearing) as connection:
                pause = SHORTEST_PAUSE_SECONDS
                logger.info(hearing.heard)
                await _keep_alive(connection, hearing)
                raise ConnectionError("the listening connection was closed")  # noqa: TRY301 - told as any other
        except Exception as error:  # noqa: BLE001 - whatever happened, nothing is heard until a new beginning
            if pause == SHORTEST_PAUSE_SECONDS:
                logger.warning("%s: %s", hearing.unheard, error)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


@asynccontextmanager
async def _opened(connect: Connect, hearing: Hearing) -> AsyncIterator[asyncpg.Connection]:
    """A connection that listens."""
    connection = await connect()
    try:
        await require_session(connection)
        await connection.execute("SELECT set_config('application_name', $1, false)", hearing.name)
        await hearing.begin(connection)
        yield connection
    finally:
        hearing.end()
        connection.terminate()


async def _keep_alive(connection: asyncpg.Connection, hearing: Hearing) -> None:
    """Try the connection again and again, until it is lost."""
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _connection: lost.set())
    while not lost.is_set() and not connection.is_closed():
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await lost.wait()
        if not lost.is_set():
            await hearing.beat(connection)
