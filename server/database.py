"""Connections to PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from resolvers.errors import DatabaseAwayError, DatabaseSilentError
from server.database_roles import DatabaseRole, RoleRefusedError, require_role
from server.database_url import show_database_url
from server.errors import ServerError
from server.lost_connections import WatchedPool, lend_living_connections, tell_lost_connections
from server.settings import Settings
from server.traces import load_traces

OLDEST_VERSION = 15
SILENCE_SECONDS = 5
"""A database that should have stopped a statement, and says nothing for so long, is given up."""
IDLE_SECONDS = 28_800
"""After so long a connection is replaced."""


class DatabaseUnreachableError(ServerError):
    """Nobody answers at DATABASE_URL, or does not let us in."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"The database {show_database_url(url)} cannot be reached: {reason.strip().rstrip('.')}. "
            "Check DATABASE_URL and that the server runs."
        )


class NoSessionError(Exception):
    """Something between us and PostgreSQL hands out its backends by transaction."""

    def __init__(self) -> None:
        super().__init__("DATABASE_URL leads to a connection pooler that keeps no session for a connection.")


class DatabaseTooOldError(ServerError):
    """The server lacks features that the tables need."""

    def __init__(self, url: str, version: int) -> None:
        super().__init__(
            f"The database {show_database_url(url)} is PostgreSQL {version}. "
            f"Merkato needs PostgreSQL {OLDEST_VERSION} or newer: upgrade it, or set DATABASE_URL to another."
        )


def create_engine(
    url: str, settings: Settings, *, limited: bool = False, role: DatabaseRole | None = None, schema: str | None = None
) -> AsyncEngine:
    """An engine for a `postgresql://` address. It connects when it is first used."""

    async def connect() -> asyncpg.Connection:
        return await open_connection(url, settings, limited=limited, role=role, schema=schema)

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        poolclass=WatchedPool,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_connect_timeout_seconds,
        pool_recycle=IDLE_SECONDS,
        hide_parameters=True,  # errors are logged, and tokens and e-mail addresses are among them
        json_deserializer=orjson.loads,  # numbers beyond 64 bits become floats, which can be written again
    )
    lend_living_connections(engine)
    tell_lost_connections(engine)
    return engine


async def open_connection(
    url: str, settings: Settings, *, limited: bool = False, role: DatabaseRole | None = None, schema: str | None = None
) -> asyncpg.Connection:
    """One connection. asyncpg itself reads the address, so that everything a hosting provider puts there works.

    A `limited` one serves requests: PostgreSQL stops its statements after DATABASE_STATEMENT_TIMEOUT_SECONDS. It acts
    as the `role` from its start, which costs no round trip; without one, as the login of the address. Names of tables
    are looked up in the `schema` first, if there is one.
    Raises DatabaseAwayError when nobody answers, or does not let us in.
    """
    patience_seconds = settings.database_connect_timeout_seconds
    limit_seconds = settings.database_statement_timeout_seconds if limited else 0
    parameters = {"application_name": "merkato", "timezone": "UTC"}
    if limit_seconds:
        parameters["statement_timeout"] = f"{limit_seconds}s"
    if role is not None and settings.database_assume_roles:
        parameters["role"] = role.value  # asyncpg takes nothing but str
    if schema is not None:
        parameters["search_path"] = f"{schema}, public"
    try:
        connection = await asyncpg.connect(
            url,
            timeout=patience_seconds,
            command_timeout=_longest_silence(settings) if limited else None,
            server_settings=parameters,
        )
    except TimeoutError as error:
        raise DatabaseSilentError(f"no answer in {patience_seconds} seconds") from error
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseAwayError(str(error) or type(error).__name__) from error
    if (traces := load_traces(settings)) is not None:
        traces.note_statements(connection)
    return connection


def _longest_silence(settings: Settings) -> float:
    """After how many seconds without an answer a statement of a request is given up, and its connection with it.

    It never outlasts an operation, so that what is one statement on a connection at hand needs no other deadline.
    """
    limit_seconds = settings.database_statement_timeout_seconds
    if not limit_seconds:
        return settings.operation_timeout_seconds
    return min(limit_seconds + SILENCE_SECONDS, settings.operation_timeout_seconds)


@asynccontextmanager
async def opened_engine(url: str, settings: Settings) -> AsyncIterator[AsyncEngine]:
    """An engine whose database answers and is new enough, for as long as the block runs.

    Raises DatabaseUnreachableError or DatabaseTooOldError.
    """
    await require_database(url, settings)
    engine = create_engine(url, settings)
    try:
        yield engine
    finally:
        await engine.dispose()


async def require_database(url: str, settings: Settings) -> None:
    """Refuse a database that does not answer or is too old."""
    try:
        connection = await open_connection(url, settings)
    except (DatabaseAwayError, asyncpg.InterfaceError, ValueError) as error:
        raise DatabaseUnreachableError(url, str(error) or type(error).__name__) from error
    version = connection.get_server_version().major
    await connection.close()
    if version < OLDEST_VERSION:
        raise DatabaseTooOldError(url, version)


async def require_session(connection: asyncpg.Connection) -> None:
    """Raise NoSessionError if what is set on the connection may not be there with its next statement."""
    if await connection.fetchval("SELECT pg_backend_pid()") != connection.get_server_pid():
        raise NoSessionError


async def require_roles(url: str, settings: Settings) -> None:
    """Refuse a database whose login cannot act as the roles of the server. Raises RoleRefusedError."""
    for role in DatabaseRole if settings.database_assume_roles else ():
        try:
            connection = await open_connection(url, settings, role=role)
        except DatabaseAwayError as error:
            raise RoleRefusedError(role, str(error)) from error
        try:
            await require_role(connection, role)
        finally:
            await connection.close()


async def empty_database(engine: AsyncEngine) -> None:
    """Delete every table with its data."""
    async with engine.begin() as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
