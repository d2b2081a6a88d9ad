"""The connections of a serving process, and the role that each acts as."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.preview_sql import SCHEMA
from server.compiled_reads import ReplicaReads
from server.database import create_engine, open_connection, require_session
from server.database_roles import DatabaseRole
from server.database_watch import DatabaseWatch
from server.events import Events
from server.read_pool import PoolState, ReadPool, state_of
from server.replica import Replica
from server.settings import Settings
from server.slow_operations import SlowOperations
from server.table_versions import TableVersions

PREVIEW_CONNECTIONS = 2
"""The most of each executor: editors preview, not readers. They are opened when somebody does."""


@dataclass(frozen=True, slots=True)
class Pools:
    """Every pool that requests take connections from."""

    compiled: ReadPool
    own: ReadPool
    previews: ReadPool
    reading: AsyncEngine
    writing: AsyncEngine
    previewing: AsyncEngine
    replica: ReplicaReads | None

    def states(self) -> dict[str, PoolState]:
        """How much of each is used, under the names that operators see."""
        states = {
            "compiled": self.compiled.state,
            "own": self.own.state,
            "reference": state_of(self.reading),
            "writing": state_of(self.writing),
            "preview": self.previews.state,
        }
        return states | ({"replica": self.replica.pool.state} if self.replica else {})

    async def close(self) -> None:
        """Let every connection go."""
        for pool in (self.compiled, self.own, self.previews, *([self.replica.pool] if self.replica else [])):
            await pool.close()
        for engine in (self.reading, self.writing, self.previewing):
            await engine.dispose()


def pools_of(url: str, settings: Settings) -> Pools:
    """The pools of a process. They connect when they are first used."""
    return Pools(
        compiled=read_pool(url, settings),
        own=own_pool(url, settings),
        previews=preview_pool(url, settings),
        reading=reading_engine(url, settings),
        writing=writing_engine(url, settings),
        previewing=preview_engine(url, settings),
        replica=replica_reads(url, settings),
    )


def reading_engine(url: str, settings: Settings) -> AsyncEngine:
    """For the reference executor, which tells the viewer of each transaction."""
    return create_engine(url, settings, limited=True, role=DatabaseRole.APP)


def writing_engine(url: str, settings: Settings) -> AsyncEngine:
    """For mutations, among them those that come before anybody is signed in."""
    return create_engine(url, settings, limited=True, role=DatabaseRole.SYSTEM)


def read_pool(url: str, settings: Settings) -> ReadPool:
    """For compiled queries. Nobody's identity ever comes to these connections."""
    return ReadPool(
        lambda: open_connection(url, settings, limited=True, role=DatabaseRole.APP),
        settings.database_pool_size,
        settings.database_connect_timeout_seconds,
        settings.operation_timeout_seconds,
    )


def own_pool(url: str, settings: Settings) -> ReadPool:
    """For compiled queries of what is somebody's own.

    The database is told whose, and must know it still with the statement after that: a pooler that hands out backends
    by transaction could give it to somebody else's. There it raises NoSessionError, and the reference executor answers.
    """
    return ReadPool(
        lambda: opened_session(lambda: open_connection(url, settings, limited=True, role=DatabaseRole.APP)),
        settings.database_pool_size,
        settings.database_connect_timeout_seconds,
        settings.operation_timeout_seconds,
    )


def preview_engine(url: str, settings: Settings) -> AsyncEngine:
    """For the reference executor where it shows drafts: its connections find views under the names of tables."""
    few = settings.model_copy(update={"database_pool_size": PREVIEW_CONNECTIONS})
    return create_engine(url, few, limited=True, role=DatabaseRole.APP, schema=SCHEMA)


def preview_pool(url: str, settings: Settings) -> ReadPool:
    """The same for compiled queries. Statements that PostgreSQL has prepared for the tables never come here."""
    return ReadPool(
        lambda: opened_session(
            lambda: open_connection(url, settings, limited=True, role=DatabaseRole.APP, schema=SCHEMA)
        ),
        PREVIEW_CONNECTIONS,
        settings.database_connect_timeout_seconds,
        settings.operation_timeout_seconds,
    )


async def opened_session(connect: Callable[[], Awaitable[asyncpg.Connection]]) -> asyncpg.Connection:
    """A connection on which what is set stays set. Raises NoSessionError where it would not."""
    connection = await connect()
    try:
        await require_session(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


def table_versions(url: str, settings: Settings) -> TableVersions:
    """The listener for changes of tables."""
    return TableVersions(lambda: open_connection(url, settings, role=DatabaseRole.APP))


def database_watch(url: str, settings: Settings) -> DatabaseWatch:
    """A look at the database, for whoever asks for the health of this process."""
    return DatabaseWatch(lambda: open_connection(url, settings, limited=True, role=DatabaseRole.SYSTEM))


def events(url: str, settings: Settings) -> Events:
    """The listener for what subscriptions are told."""
    return Events(
        lambda: open_connection(url, settings, role=DatabaseRole.APP), settings.subscription_max_waiting_events
    )


def slow_operations(url: str, settings: Settings) -> SlowOperations:
    """What tells of operations that take too long."""
    threshold = settings.slow_operation_milliseconds
    return SlowOperations(lambda: open_connection(url, settings, limited=True, role=DatabaseRole.APP), threshold)


def replica_reads(primary_url: str, settings: Settings) -> ReplicaReads | None:
    """The replica of the settings, if there is one."""
    if settings.database_replica_url is None:
        return None
    url = settings.database_replica_url.get_secret_value()
    watch = Replica(
        lambda: open_connection(primary_url, settings, role=DatabaseRole.APP),
        lambda: open_connection(url, settings, role=DatabaseRole.APP),
        settings.database_replica_max_lag_seconds,
    )
    return ReplicaReads(read_pool(url, settings), watch)
