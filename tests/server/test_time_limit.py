"""Statements that take too long: PostgreSQL stops them, clients are told so, and nobody tries them again."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from server.app import create_app
from server.database import open_connection
from tests.databases import settings_for
from tests.patience import PATIENCE_SECONDS
from tests.serving import running
from tests.statements import locked

LIMIT_SECONDS = 1
COMPILED = "{ products { nodes { name } } }"
REFERENCE = "{ __schema { queryType { name } } products { nodes { name } } categories { nodes { name } } }"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
HEADERS = {"accept": "application/graphql-response+json"}


@pytest.fixture
def app(database_url: str) -> ASGIApp:
    """A server whose statements may take a second."""
    return create_app(
        settings_for(database_url).model_copy(update={"database_statement_timeout_seconds": LIMIT_SECONDS})
    )


@pytest.fixture
def http(app: ASGIApp) -> Iterator[httpx.Client]:
    """A client of that server."""
    with running(app, HEADERS) as client:
        yield client


def ask(http: httpx.Client, query: str) -> httpx.Response:
    """Send an operation by POST."""
    return http.post("/graphql", json={"query": query})


def until_answered(http: httpx.Client, query: str) -> Any:
    """What the operation gives once it takes no longer than it may, as it does on a machine that is not too busy."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "errors" in (body := ask(http, query).json()):
        assert time.monotonic() < deadline, body
    return body


def codes(body: Any) -> list[str]:
    """The codes of the errors."""
    return [error["extensions"]["code"] for error in body["errors"]]


def statements(http: httpx.Client) -> dict[str, int]:
    """How many statements each executor has begun."""
    found = re.findall(
        r'^merkato_database_statements_total{executor="(\w+)".*} (\d+)', http.get("/metrics").text, re.MULTILINE
    )
    return {executor: int(number) for executor, number in found}


async def test_compiled_statement_over_the_limit_is_a_timeout(http: httpx.Client, database_url: str) -> None:
    async with locked(database_url, "products"):
        response = ask(http, COMPILED)
    assert response.status_code == 504
    body = response.json()
    assert codes(body) == ["TIMEOUT"]
    assert "data" not in body
    assert body["errors"][0]["message"] == (
        "The database took too long for this and was stopped. "
        "Ask for less at once: shorter lists, fewer lists within lists, or a narrower filter."
    )
    assert until_answered(http, COMPILED) == {"data": {"products": {"nodes": []}}}


@pytest.mark.parametrize("query", [COMPILED, '{ products(filter: { price: { min: "1" } }) { nodes { name } } }'])
async def test_stopped_statement_is_not_tried_again(http: httpx.Client, database_url: str, query: str) -> None:
    """Neither by the reference executor, nor with the literals left in the text."""
    async with locked(database_url, "products"):
        ask(http, query)
    assert statements(http) == {"compiled": 1, "reference": 0}


async def test_reference_executor_gives_what_it_has(http: httpx.Client, database_url: str) -> None:
    async with locked(database_url, "products"):
        response = ask(http, REFERENCE)
    assert statements(http) == {"compiled": 0, "reference": 1}
    assert response.status_code == 200
    body = response.json()
    assert set(codes(body)) == {"TIMEOUT"}
    assert {error["path"][0] for error in body["errors"]} <= {"products", "categories"}
    assert "INTERNAL" not in json.dumps(body)


async def test_operation_over_its_time_is_cancelled_in_the_database(database_url: str) -> None:
    """Though no statement is over its own; so are those of the loaders, which run in tasks of their own."""
    limits = {"operation_timeout_seconds": LIMIT_SECONDS, "database_statement_timeout_seconds": 60}
    settings = settings_for(database_url).model_copy(update=limits)
    with running(create_app(settings), HEADERS) as http:
        async with locked(database_url, "products") as connection:
            response = await asyncio.to_thread(ask, http, REFERENCE)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await connection.fetchval(WAITING):  # noqa: ASYNC110 - PostgreSQL tells nobody
                    await asyncio.sleep(0.01)
        assert (response.status_code, codes(response.json())) == (503, ["OPERATION_TIMEOUT"])
        assert "data" not in response.json()
        assert response.json()["errors"][0]["message"] == (
            "This took longer than 1 seconds and was stopped. Ask for less at once, or try again later."
        )
        assert until_answered(http, REFERENCE)["data"]["products"] == {"nodes": []}
        assert 'merkato_requests_total{executor="reference",operation="other",outcome="timeout"' in (
            http.get("/metrics").text
        )


async def test_limit_of_zero_is_the_database_s_own(database_url: str) -> None:
    for limit_seconds, expected in ((0, "0"), (8, "8s")):
        settings = settings_for(database_url).model_copy(update={"database_statement_timeout_seconds": limit_seconds})
        connection = await open_connection(database_url, settings, limited=True)
        assert await connection.fetchval("SHOW statement_timeout") == expected
        await connection.close()


async def test_commands_are_not_limited(database_url: str) -> None:
    connection = await open_connection(database_url, settings_for(database_url))
    assert await connection.fetchval("SHOW statement_timeout") == "0"
    await connection.close()
