"""A database that goes away, also in the middle of reads: no answer blames the server, and the next one is right."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Iterator

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from resolvers.errors import DatabaseAwayError, DatabaseSilentError
from resolvers.writing import transaction
from server import database
from server.app import create_app
from server.database import create_engine, open_connection
from server.graphql_errors import is_database_away
from server.plan_failures import MOST_FAILURES
from tests.databases import closed_to_newcomers, settings_for
from tests.patience import PATIENCE_SECONDS
from tests.serving import running
from tests.statements import locked

COMPILED = "{ products { nodes { name } } }"
REFERENCE = "{ __schema { queryType { name } } products { nodes { name } } categories { nodes { name } } }"
BUSY = """
    SELECT pid FROM pg_stat_activity
    WHERE application_name = 'merkato' AND datname = current_database() AND wait_event_type = 'Lock' AND pid <> $1
"""
BOTH = pytest.mark.parametrize("query", [COMPILED, REFERENCE], ids=["compiled", "reference"])


@pytest.fixture
def http(database_url: str) -> Iterator[httpx.Client]:
    """A client of a server without a response cache."""
    with running(create_app(settings_for(database_url).model_copy(update={"response_cache_bytes": 0}))) as http:
        yield http


def ask(http: httpx.Client, query: str, **others: object) -> httpx.Response:
    """Send an operation."""
    return http.post("/graphql", json={"query": query, **others})


async def until_busy(url: str, beside: int = 0) -> int:
    """The backend of the server that waits for a lock, another one than that."""
    connection = await open_connection(url, settings_for(url))  # in a transaction it would see the same for ever
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (pid := await connection.fetchval(BUSY, beside)) is None:  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.01)
    await connection.close()
    assert isinstance(pid, int)
    return pid


@BOTH
async def test_backend_that_is_ended_in_the_middle_costs_one_answer_at_most(
    http: httpx.Client, database_url: str, query: str
) -> None:
    expected = ask(http, query).json()
    for _ in range(3):
        async with locked(database_url, "products") as connection:
            asking = asyncio.create_task(asyncio.to_thread(ask, http, query))
            pid = await until_busy(database_url)
            await connection.execute("SELECT pg_terminate_backend($1)", pid)
            if query == COMPILED:
                await until_busy(database_url, beside=pid)  # the other executor has taken over
        response = await asking
        assert response.status_code in {200, 503}
        assert "INTERNAL" not in response.text
        if query == COMPILED:
            assert response.json() == expected
        assert ask(http, query).json() == expected


@BOTH
async def test_backends_that_are_ended_between_reads_cost_nothing(
    http: httpx.Client, database_url: str, query: str
) -> None:
    expected = ask(http, query).json()
    connection = await open_connection(database_url, settings_for(database_url))
    for _ in range(5):
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE application_name = 'merkato' AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        response = ask(http, query)
        assert (response.status_code, response.json()) == (200, expected)
    await connection.close()


@BOTH
async def test_database_that_falls_silent_is_given_up(
    database_url: str, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that is gone ends no connection: only the server itself can notice."""
    monkeypatch.setattr(database, "SILENCE_SECONDS", 1)
    settings = settings_for(database_url).model_copy(
        update={"response_cache_bytes": 0, "database_statement_timeout_seconds": 1}
    )
    with running(create_app(settings)) as http:
        expected = ask(http, query).json()
        async with locked(database_url, "products"):
            asking = asyncio.create_task(asyncio.to_thread(ask, http, query))
            pid = await until_busy(database_url)
            os.kill(pid, signal.SIGSTOP)
            began = time.monotonic()
            try:
                response = await asking
            finally:
                os.kill(pid, signal.SIGCONT)
            assert time.monotonic() - began < 5  # of which SQLAlchemy waits two for a farewell
        assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (
            503,
            "SERVICE_UNAVAILABLE",
        )
        assert ask(http, query).json() == expected


async def test_database_that_lets_nobody_in_is_away_and_no_plan_s_fault(http: httpx.Client, database_url: str) -> None:
    async with closed_to_newcomers(database_url):
        for _ in range(2 * MOST_FAILURES):
            response = ask(http, COMPILED)
            assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (
                503,
                "SERVICE_UNAVAILABLE",
            )
    answer = ask(http, COMPILED, extensions={"merkato": {"explain": True}}).json()
    assert answer["extensions"]["merkato"]["executor"] == "compiled"


async def test_error_of_another_service_in_a_transaction_is_not_the_database_s(database_url: str) -> None:
    engine = create_engine(database_url, settings_for(database_url))

    async def tag_and_charge() -> None:
        async with transaction(engine) as session:
            await session.execute(text("INSERT INTO tags (id, name, slug) VALUES (gen_random_uuid(), 'New', 'new')"))
            raise ConnectionRefusedError("a payment provider")

    with pytest.raises(ConnectionRefusedError, match="a payment provider"):
        await tag_and_charge()
    async with transaction(engine) as session:
        assert await session.scalar(text("SELECT count(*) FROM tags")) == 0
    await engine.dispose()


async def test_lost_statistics_do_not_matter(http: httpx.Client, database_url: str) -> None:
    expected = ask(http, COMPILED).json()
    connection = await open_connection(database_url, settings_for(database_url))
    await connection.execute("DELETE FROM pg_statistic")
    await connection.close()
    response = ask(http, COMPILED)
    assert (response.status_code, response.json()) == (200, expected)
    assert ask(http, REFERENCE).status_code == 200


@pytest.mark.parametrize(
    "error",
    [
        DatabaseAwayError("refused"),
        DatabaseSilentError("no answer in 10 seconds"),
        PoolTimeoutError(),
        asyncpg.ConnectionDoesNotExistError(),
        asyncpg.AdminShutdownError(),
        asyncpg.CannotConnectNowError(),
        asyncpg.TooManyConnectionsError(),
        asyncpg.InterfaceError("connection is closed"),
        DBAPIError("SELECT", {}, Exception(), connection_invalidated=True),
    ],
    ids=lambda error: type(error).__name__,
)
def test_lost_connections_mean_that_the_database_is_away(error: Exception) -> None:
    assert is_database_away(error)


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError("template.html"),
        PermissionError(),
        TimeoutError("a slow mail server"),
        ConnectionRefusedError("a payment provider"),
        asyncpg.InterfaceError("the server expects 1 argument"),
        asyncpg.QueryCanceledError(),
        asyncpg.UndefinedTableError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_other_errors_do_not(error: Exception) -> None:
    assert not is_database_away(error)


async def test_database_that_refuses_is_away(database_url: str) -> None:
    nowhere = database_url.replace("host=", "host=/nowhere")
    with pytest.raises(DatabaseAwayError):
        await open_connection(nowhere, settings_for(nowhere))


async def test_database_that_keeps_silent_is_told_apart() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # and never accepts
        url = f"postgresql://nobody@127.0.0.1:{listener.getsockname()[1]}/shop"
        settings = settings_for(url).model_copy(update={"database_connect_timeout_seconds": 1})
        with pytest.raises(DatabaseSilentError, match="no answer in 1 seconds"):
            await open_connection(url, settings)
