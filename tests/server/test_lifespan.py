"""What a process holds open ends with it, however it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.types import ASGIApp

from server.app import create_app
from server.database import open_connection
from tests.databases import settings_for
from tests.patience import PATIENCE_SECONDS

COMPILED = "{ products { nodes { name } } }"
REFERENCE = "{ __schema { queryType { name } } products { nodes { name } } }"
OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name LIKE 'merkato%' AND datname = current_database() AND pid <> pg_backend_pid()
"""


class BrokenError(Exception):
    """What whoever runs the application fails with."""


SHUTDOWN = {"type": "lifespan.shutdown"}


@asynccontextmanager
async def living(app: ASGIApp, end: dict[str, str] | BrokenError) -> AsyncIterator[None]:
    """The application has started, and ends with the block: as it is told to, or in the midst of things."""
    coming: asyncio.Queue[dict[str, str] | BrokenError] = asyncio.Queue()
    has_started = asyncio.Event()

    async def receive() -> dict[str, str]:
        message = await coming.get()
        if isinstance(message, BrokenError):
            raise message
        return message

    async def send(message: Any) -> None:
        if message["type"] == "lifespan.startup.complete":
            has_started.set()

    life = asyncio.ensure_future(app({"type": "lifespan", "state": {}}, receive, send))
    coming.put_nowait({"type": "lifespan.startup"})
    async with asyncio.timeout(PATIENCE_SECONDS):
        await has_started.wait()
    yield
    coming.put_nowait(end)
    await life


@pytest.fixture
async def looking(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that looks who else is there."""
    connection = await open_connection(database_url, settings_for(database_url))
    yield connection
    await connection.close()


async def work(app: ASGIApp) -> None:
    """Have it read with both executors."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://shop.example") as client:
        for query in (COMPILED, REFERENCE):
            answer = await client.post("/graphql", json={"query": query})
            assert "errors" not in answer.json()


async def until_alone(looking: asyncpg.Connection) -> None:
    """PostgreSQL takes a moment to see that a connection has ended."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await looking.fetchval(OTHERS):  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.01)


async def test_nothing_stays_open_after_a_shutdown(database_url: str, looking: asyncpg.Connection) -> None:
    app = create_app(settings_for(database_url))
    async with living(app, SHUTDOWN):
        await work(app)
        assert await looking.fetchval(OTHERS) > 0
    await until_alone(looking)


async def test_nothing_stays_open_after_a_failure(database_url: str, looking: asyncpg.Connection) -> None:
    app, life = create_app(settings_for(database_url)), AsyncExitStack()
    await life.enter_async_context(living(app, BrokenError()))
    await work(app)
    with pytest.raises(BrokenError):
        await life.aclose()
    await until_alone(looking)
