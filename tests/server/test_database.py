"""What the server's own connections to PostgreSQL are like."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from server import lost_connections
from server.database import create_engine
from tests.databases import settings_for
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
async def narrow(postgres: str) -> AsyncIterator[AsyncEngine]:
    """An engine with one connection."""
    engine = create_engine(postgres, settings_for(postgres).model_copy(update={"database_pool_size": 1}))
    yield engine
    await engine.dispose()


async def backend_of(engine: AsyncEngine) -> tuple[int, asyncpg.Connection]:
    """The backend that an engine has just used, and the driver's connection to it."""
    async with engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert isinstance(raw, asyncpg.Connection)
        return raw.get_server_pid(), raw


async def end_backend(postgres: str, pid: int) -> None:
    """Have PostgreSQL close a connection."""
    killer = await asyncpg.connect(postgres)
    await killer.execute("SELECT pg_terminate_backend($1, $2)", pid, 1000 * PATIENCE_SECONDS)
    await killer.close()


async def test_errors_do_not_repeat_what_statements_were_given(postgres: str) -> None:
    """They are logged, and tokens and e-mail addresses are written by statements."""
    engine = create_engine(postgres, settings_for(postgres))
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError) as raised:
            await connection.execute(text("SELECT 1 / 0, CAST(:token AS text)"), {"token": "opens an account"})
    await engine.dispose()

    assert "opens an account" not in str(raised.value)


async def test_closed_connection_is_replaced_before_it_is_used(narrow: AsyncEngine, postgres: str) -> None:
    before, raw = await backend_of(narrow)
    closed = asyncio.Event()
    raw.add_termination_listener(lambda _raw: closed.set())
    await end_backend(postgres, before)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await closed.wait()
    async with narrow.connect() as connection:
        assert await connection.scalar(text("SELECT pg_backend_pid()")) != before


@pytest.mark.parametrize(("trusted_seconds", "asked"), [(60, 0), (0, 1)])
async def test_connection_that_was_used_just_now_is_not_asked(
    narrow: AsyncEngine, monkeypatch: pytest.MonkeyPatch, trusted_seconds: int, asked: int
) -> None:
    """One that lay idle is."""
    monkeypatch.setattr(lost_connections, "TRUSTED_SECONDS", trusted_seconds)
    pid, raw = await backend_of(narrow)
    queries: list[str] = []
    with raw.query_logger(lambda record: queries.append(record.query)):
        assert (await backend_of(narrow))[0] == pid
    assert queries.count(";") == asked


async def test_idle_connection_that_does_not_answer_is_replaced(
    narrow: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_connections, "TRUSTED_SECONDS", 0)
    dialect = narrow.sync_engine.dialect

    def fall_silent(_connection: object) -> bool:
        raise dialect.loaded_dbapi.OperationalError("no answer")

    before, _ = await backend_of(narrow)
    monkeypatch.setattr(dialect, "do_ping", fall_silent)
    assert (await backend_of(narrow))[0] != before
