"""The database goes away and comes back, and so do its connections."""

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import httpx
import pytest

from server.app import create_app
from server.embedded import EmbeddedPostgres
from server.migrating import migrate
from tests.databases import opened, settings_for
from tests.server.bad_input.asking import GRAPHQL_RESPONSE, HEADERS, ask, assert_refused, data_of, send
from tests.serving import running


@pytest.fixture
async def own_postgres(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A PostgreSQL of the test's own, with all tables."""
    with EmbeddedPostgres(tmp_path / "database", {"fsync": "off"}) as postgres:
        async with opened(postgres.url) as engine:
            await migrate(engine)
        yield postgres


COUNT = "{ products { totalCount } }"
EMPTY = {"products": {"totalCount": 0}}


def ask_at_once(http: httpx.Client, times: int) -> list[int]:
    """The statuses of simultaneous requests, none of which may blame the server."""
    with ThreadPoolExecutor(times) as pool:
        responses = list(pool.map(lambda _: ask(http, COUNT), range(times)))
    assert [response.text for response in responses if "INTERNAL" in response.text] == []
    return [response.status_code for response in responses]


@pytest.mark.usefixtures("no_errors_logged")
def test_database_may_go_away_and_come_back(own_postgres: EmbeddedPostgres) -> None:
    with running(create_app(settings_for(own_postgres.url)), HEADERS) as http:
        assert data_of(ask(http, COUNT)) == EMPTY
        assert ask_at_once(http, 8) == [200] * 8
        assert http.get("/health").status_code == 200

        own_postgres.stop()

        for accept in (GRAPHQL_RESPONSE, "application/json"):
            response = send(http, json.dumps({"query": COUNT}), accept=accept)
            assert_refused(response, 503, "SERVICE_UNAVAILABLE", "The database is not available. Try again.")
        assert ask_at_once(http, 8) == [503] * 8
        health = http.get("/health")
        assert (health.status_code, health.json()["status"]) == (503, "unavailable")
        assert data_of(ask(http, "{ __typename }")) == {"__typename": "Query"}

        own_postgres.start()

        assert data_of(ask(http, COUNT)) == EMPTY
        assert ask_at_once(http, 8) == [200] * 8
        assert http.get("/health").status_code == 200


async def end_connections(url: str) -> None:
    """End every connection of the application."""
    connection: asyncpg.Connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'merkato'"
        )
    finally:
        await connection.close()


@pytest.mark.usefixtures("no_errors_logged")
def test_connections_may_be_ended(own_postgres: EmbeddedPostgres) -> None:
    with running(create_app(settings_for(own_postgres.url)), HEADERS) as http:
        assert ask_at_once(http, 8) == [200] * 8

        asyncio.run(end_connections(own_postgres.url))

        assert ask_at_once(http, 8) == [200] * 8
        assert data_of(ask(http, COUNT)) == EMPTY


@pytest.mark.usefixtures("no_errors_logged")
def test_connections_may_be_ended_while_they_are_used(own_postgres: EmbeddedPostgres) -> None:
    with running(create_app(settings_for(own_postgres.url)), HEADERS) as http:
        with ThreadPoolExecutor(1) as pool:
            ending = pool.submit(lambda: [asyncio.run(end_connections(own_postgres.url)) for _ in range(20)])
            statuses: set[int] = set()
            while not ending.done():
                statuses |= set(ask_at_once(http, 4))
            ending.result()
        assert statuses <= {200, 503}
        assert ask_at_once(http, 8) == [200] * 8
