"""The numbers for Prometheus: what they count, and who may see them."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.outbox import Job
from server.app import create_app
from server.settings import AppEnvironment
from tests.databases import settings_for
from tests.jobs import add_jobs, fetch
from tests.patience import PATIENCE_SECONDS
from tests.serving import running
from tests.statements import locked

TOKEN = "Vq3x8nR1tZ0bK7mYw5dHc9GfJs2LpEaU"
QUERY = "{ products { nodes { name } } }"
INTROSPECTION = "{ __schema { queryType { name } } products { nodes { name } } }"


@contextmanager
def served(url: str, **changes: object) -> Iterator[httpx.Client]:
    """A client of a server with some settings changed."""
    with running(create_app(settings_for(url).model_copy(update=changes))) as http:
        yield http


@pytest.fixture
def http(database_url: str) -> Iterator[httpx.Client]:
    """A client of a server without a response cache."""
    with served(database_url, response_cache_bytes=0) as http:
        yield http


def ask(http: httpx.Client, query: str, times: int = 1) -> None:
    """Send an operation so many times."""
    for number in range(times):
        http.post("/graphql", json={"query": query, "extensions": {"number": number}})


def numbers(http: httpx.Client, **headers: str) -> dict[str, float]:
    """Every sample: its name, its labels but for the process, and its value."""
    response = http.get("/metrics", headers=headers)
    assert response.status_code == 200
    found = {}
    for family in text_string_to_metric_families(response.text):
        for sample in family.samples:
            labels = dict(sample.labels)
            assert labels.pop("process") == str(os.getpid())
            found[" ".join([sample.name.removeprefix("merkato_"), *labels.values()])] = sample.value
    return found


def test_requests_are_counted_by_executor_and_outcome(http: httpx.Client) -> None:
    ask(http, QUERY, 3)
    ask(http, INTROSPECTION, 2)
    ask(http, "{ products { nodes { internalNotes } } categories { nodes { name } } products: nothing }")
    ask(http, "{ nothing }")
    http.get("/graphql")
    found = numbers(http)
    requests = {name: number for name, number in found.items() if name.startswith("requests_total")}
    assert requests == {
        "requests_total compiled other answered": 3,
        "requests_total reference other answered": 2,
        "requests_total none other refused": 3,
    }


def test_only_operations_of_trusted_documents_are_told_apart(http: httpx.Client) -> None:
    for _ in range(2):
        ask(http, "query ProductList { products { nodes { name } } }")
    ask(http, "query ProductList { products { nodes { name } } categories { nodes { nothing } } }")
    ask(http, "query MadeUpByAStranger { products { nodes { name } } }")
    found = numbers(http)
    assert {name: number for name, number in found.items() if name.startswith("requests_total")} == {
        "requests_total compiled ProductList answered": 2,
        "requests_total compiled other answered": 1,
        "requests_total none other refused": 1,
    }
    assert found["request_seconds_count ProductList"] == found["request_seconds_bucket +Inf ProductList"] == 2
    assert 0 < found["request_seconds_sum ProductList"] < 10
    assert "Stranger" not in str(found)


async def test_jobs_are_counted_by_name_and_status(engine: AsyncEngine, http: httpx.Client) -> None:
    await add_jobs(engine, Job("send_mail", {}), Job("send_mail", {}), Job("tidy_queue", {}, delay=timedelta(days=1)))
    await fetch(engine, "UPDATE pgqueuer SET execute_after = now() - interval '1 hour' WHERE entrypoint = 'send_mail'")
    found = numbers(http)
    assert (found["database_up"], found["jobs send_mail queued"], found["jobs tidy_queue queued"]) == (1, 2, 1)
    assert 3600 <= found["jobs_lag_seconds"] < 3700


def test_requests_that_come_again_are_counted(http: httpx.Client) -> None:
    for _ in range(3):
        ask(http, QUERY)
        ask(http, INTROSPECTION)
    found = numbers(http)
    assert found["requests_repeated_total"] == 2
    assert found["requests_total compiled other answered"] == 3
    assert found["requests_total reference other answered"] == 3


def test_cost_is_added_up_by_operation(http: httpx.Client) -> None:
    for _ in range(3):
        ask(http, "query ProductList { products(first: 10) { nodes { name } } }")
    ask(http, "query ProductList { products(first: 10) { nodes { name } } __typename }")
    ask(http, "{ viewer { id } }")
    ask(http, "{ __schema { queryType { name } } }")
    ask(http, "{ nothing }")
    ask(http, "{ categories(first: 100) { nodes { products(first: 100) { nodes { name } } } } }")
    found = numbers(http)
    assert found["requests_repeated_total"] == 2
    assert found["operation_cost_total ProductList"] == 4 * 12  # ten names, their list, and the field itself
    assert found["operation_cost_total other"] == 2
    assert found["operations_too_costly_total"] == 1


def test_fallbacks_are_counted_by_reason_and_once_a_request(http: httpx.Client) -> None:
    ask(http, INTROSPECTION, 2)
    ask(http, '{ products(filter: { price: { min: "1" } }) { nodes { internalNotes } } }', 2)
    ask(http, "{ products(first: 1000) { nodes { name } } }")
    found = numbers(http)
    assert {name: number for name, number in found.items() if name.startswith("fallbacks_total")} == {
        "fallbacks_total introspection": 2,
        "fallbacks_total permission": 2,
        "fallbacks_total argument": 1,
    }


def test_documents_and_plans_are_counted(http: httpx.Client) -> None:
    ask(http, QUERY, 3)
    for slug in "abcd":
        ask(http, f'{{ product(slug: "{slug}") {{ name }} }}')
    found = numbers(http)
    assert found["documents_total hit"] == 2
    assert found["documents_total miss"] == 1
    assert found["document_templates_total hit"] == 3
    assert found["document_templates_total miss"] == 1
    assert found["documents_kept text"] == 1
    assert found["documents_kept template"] == 1
    assert found["plans_total hit"] == 5
    assert found["plans_total miss"] == 2
    assert found["plans_kept"] == 2
    assert found["plan_evictions_total"] == 0
    assert found["plans_resting"] == 0
    assert found["plan_compilation_seconds_count"] == 2
    assert 0 < found["plan_compilation_seconds_sum"] < 10


def test_statements_and_their_time_are_counted(http: httpx.Client) -> None:
    ask(http, QUERY, 3)
    ask(http, INTROSPECTION, 2)
    found = numbers(http)
    assert found["database_statements_total compiled"] == 3
    assert found["database_statements_total reference"] == 2
    assert 0 < found["database_seconds_total compiled"] < 10
    assert 0 < found["database_seconds_total reference"] < 10


async def test_kept_answers_are_counted(database_url: str) -> None:
    with served(database_url) as http:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not numbers(http)["table_versions_listening"]:  # noqa: ASYNC110 - it listens when it does
                await asyncio.sleep(0.01)
        ask(http, QUERY, 5)
        found = numbers(http)
    assert found["responses_total hit"] == 4
    assert found["responses_total miss"] == 1
    assert found["responses_total shared"] == 0
    assert found["response_evictions_total"] == 0
    assert found["responses_kept"] == 1
    assert 500 < found["responses_kept_bytes"] < 5000
    assert found["requests_total compiled other answered"] == 5
    assert found["database_statements_total compiled"] == 1


def test_process_that_does_not_listen_says_so(http: httpx.Client) -> None:
    assert numbers(http)["table_versions_listening"] == 0


async def test_connections_in_use_are_counted(database_url: str) -> None:
    with served(database_url, response_cache_bytes=0, database_pool_size=2) as http:
        async with locked(database_url, "products"):
            waiting = [asyncio.create_task(asyncio.to_thread(ask, http, QUERY)) for _ in range(5)]
            async with asyncio.timeout(PATIENCE_SECONDS):
                found = numbers(http)
                while found["connections_awaited compiled"] < 3:
                    await asyncio.sleep(0.01)
                    found = numbers(http)
            assert found["connections_in_use compiled"] == 2
        await asyncio.gather(*waiting)
        found = numbers(http)
    assert found["connections_maximum compiled"] == found["connections_maximum reference"] == 2
    assert found["connections_in_use compiled"] == found["connections_in_use reference"] == 0
    assert found["connections_awaited compiled"] == 0
    assert "connections_awaited reference" not in found


async def test_timeouts_are_told_apart(database_url: str) -> None:
    with served(database_url, response_cache_bytes=0, database_statement_timeout_seconds=1) as http:
        async with locked(database_url, "products"):
            ask(http, QUERY)
        assert numbers(http)["requests_total compiled other timeout"] == 1


def test_numbers_come_as_openmetrics_if_asked_for(http: httpx.Client) -> None:
    response = http.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")
    assert http.get("/metrics").headers["content-type"].startswith("text/plain")


def test_numbers_are_not_stored(http: httpx.Client) -> None:
    assert http.get("/metrics").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("environment", [AppEnvironment.STAGING, AppEnvironment.PRODUCTION])
def test_outside_development_there_are_none_without_a_token(database_url: str, environment: AppEnvironment) -> None:
    with served(database_url, app_env=environment) as http:
        assert http.get("/metrics").status_code == 404


@pytest.mark.parametrize("environment", AppEnvironment)
def test_token_has_to_be_brought(database_url: str, environment: AppEnvironment) -> None:
    with served(database_url, app_env=environment, metrics_token=SecretStr(TOKEN)) as http:
        for wrong in ({}, {"Authorization": TOKEN}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": "Bearer"}):
            response = http.get("/metrics", headers=wrong)
            assert (response.status_code, response.content) == (401, b"")
            assert response.headers["www-authenticate"] == "Bearer"
        assert numbers(http, authorization=f"Bearer {TOKEN}")["plans_kept"] == 0
