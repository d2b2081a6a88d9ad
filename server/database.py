"""Connections to PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from server.database_url import show_database_url
from server.errors import ServerError
from server.settings import Settings

OLDEST_VERSION = 15
IDLE_SECONDS = 28_800
"""After so long a connection is replaced (checklist O-11)."""


class DatabaseUnreachableError(ServerError):
    """Nobody answers at DATABASE_URL, or does not let us in."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"The database {show_database_url(url)} cannot be reached: {reason.strip().rstrip('.')}. "
            "Check DATABASE_URL and that the server runs."
        )


class DatabaseTooOldError(ServerError):
    """The server lacks features that the tables need."""

    def __init__(self, url: str, version: int) -> None:
        super().__init__(
            f"The database {show_database_url(url)} is PostgreSQL {version}. "
            f"Merkato needs PostgreSQL {OLDEST_VERSION} or newer: upgrade it, or set DATABASE_URL to another."
        )


def create_engine(url: str, settings: Settings) -> AsyncEngine:
    """An engine for a `postgresql://` address. It connects when it is first used."""

    async def connect() -> asyncpg.Connection:
        return await open_connection(url, settings)

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_connect_timeout_seconds,
        pool_recycle=IDLE_SECONDS,
        pool_pre_ping=True,
        json_deserializer=orjson.loads,  # numbers beyond 64 bits become floats, which can be written again
    )


async def open_connection(url: str, settings: Settings) -> asyncpg.Connection:
    """One connection. asyncpg itself reads the address, so that everything a hosting provider puts there works."""
    return await asyncpg.connect(
        url,
        timeout=settings.database_connect_timeout_seconds,
        server_settings={"application_name": "merkato", "timezone": "UTC"},
    )


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
    except TimeoutError as error:
        reason = f"no answer in {settings.database_connect_timeout_seconds} seconds"
        raise DatabaseUnreachableError(url, reason) from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise DatabaseUnreachableError(url, str(error) or type(error).__name__) from error
    version = connection.get_server_version().major
    await connection.close()
    if version < OLDEST_VERSION:
        raise DatabaseTooOldError(url, version)


async def empty_database(engine: AsyncEngine) -> None:
    """Delete every table with its data."""
    async with engine.begin() as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
