"""Databases for tests: each a copy of one that was migrated, and perhaps seeded, once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import asyncpg
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from server.connections import own_pool, preview_engine, preview_pool, read_pool
from server.database import create_engine, open_connection
from server.settings import Settings
from tests.executors import compiling
from tests.patience import PATIENCE_SECONDS

NUMBERS = count(1)


def settings_for(url: str) -> Settings:
    """The settings of a development server on that database, whatever the environment says.

    Its limits of time are those that a busy machine does not reach.
    """
    return Settings(  # type: ignore[call-arg]
        _env_file=None,
        database_url=SecretStr(url),
        app_env="development",  # type: ignore[arg-type]
        cors_origins=(),
        database_connect_timeout_seconds=PATIENCE_SECONDS,
        database_statement_timeout_seconds=PATIENCE_SECONDS // 2,
        operation_timeout_seconds=PATIENCE_SECONDS,
    )


def address(url: str, database: str) -> str:
    """The address of another database on the same server."""
    return url.replace("/merkato?", f"/{database}?")


async def copy_database(url: str, template: str) -> str:
    """A new database like the template; gives its address."""
    name = f"test_{next(NUMBERS)}"
    connection: asyncpg.Connection = await open_connection(address(url, "postgres"), settings_for(url))
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    finally:
        await connection.close()
    return address(url, name)


async def drop_database(url: str) -> None:
    """Remove the database at that address, whoever is connected to it."""
    name = url.rpartition("?")[0].rpartition("/")[2]
    connection: asyncpg.Connection = await open_connection(url.replace(f"/{name}?", "/postgres?"), settings_for(url))
    try:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on that database; in its options, its address and the executor that compiles.

    The engine is the owner's, whom no policy restricts. The other executor reads as the server does: so wherever their
    answers are compared, a policy that hides what a predicate shows is found, and so is a grant that was forgotten.
    """
    settings = settings_for(url).model_copy(update={"database_pool_size": 5})
    engine = create_engine(url, settings_for(url))
    pool, own, previews = read_pool(url, settings), own_pool(url, settings), preview_pool(url, settings)
    previewing = preview_engine(url, settings)
    engine.update_execution_options(url=url, compiling=compiling(pool, own, previews), previews=previewing)
    yield engine
    for each in (pool, own, previews):
        await each.close()
    await previewing.dispose()
    await engine.dispose()


@asynccontextmanager
async def closed_to_newcomers(url: str) -> AsyncIterator[None]:
    """Nobody can connect to the database while the block runs; whoever is connected stays."""
    name = url.rpartition("?")[0].rpartition("/")[2]
    elsewhere = url.replace(f"/{name}?", "/postgres?")
    operator: asyncpg.Connection = await open_connection(elsewhere, settings_for(elsewhere))
    await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    try:
        yield
    finally:
        await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await operator.close()
