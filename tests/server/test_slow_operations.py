"""Slow operations: told in the log, once in a while with a plan in which no value of the client is."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from compiler.plan import BoundPlan
from server.access_log import described
from server.database import open_connection
from server.execution_metrics import Outcome
from server.explanation import ExecutorName
from server.graphql_request import GraphQLRequest
from server.slow_operations import SlowOperations
from tests.databases import settings_for
from tests.executors import answered, compiling_on
from tests.patience import PATIENCE_SECONDS

SECRET = "secret-slug-of-a-client"
BY_SLUG = "query BySlug($slug: String!) { product(slug: $slug) { name } }"
BY_NAME = "query ByName { products(first: 3) { nodes { name } } }"
DETAILS = described("BySlug", ExecutorName.COMPILED, Outcome.ANSWERED, 2.5)


async def bound(engine: AsyncEngine, query: str, **variables: str) -> BoundPlan:
    """The plan of a query, with its values."""
    answer = await answered(compiling_on(engine), engine, GraphQLRequest(query, variables=dict(variables)))
    assert answer.bound is not None
    return answer.bound


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What the log says of slow operations."""
    return [record.__dict__ for record in caplog.records if record.name == "merkato.slow"]


@pytest.fixture
async def slow(demo_url: str) -> AsyncIterator[SlowOperations]:
    """What tells of everything that takes a second."""
    telling = SlowOperations(lambda: open_connection(demo_url, settings_for(demo_url)), 1000)
    yield telling
    await telling.close()


async def test_plan_is_told_without_values_and_once_in_a_while(
    demo_engine: AsyncEngine, slow: SlowOperations, caplog: pytest.LogCaptureFixture
) -> None:
    by_slug = await bound(demo_engine, BY_SLUG, slug=SECRET)
    slow.note(DETAILS, by_slug)
    slow.note(DETAILS, by_slug)  # while the first is explained
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(told(caplog)) < 2:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    slow.note(DETAILS, by_slug)
    slow.note(DETAILS, await bound(demo_engine, BY_NAME))  # another one, too soon after the first

    lines = told(caplog)
    assert [(line["operation"], line["milliseconds"], line["outcome"]) for line in lines] == 4 * [
        ("BySlug", 2500, "answered")
    ]
    (explained,) = [line for line in lines if "plan" in line]
    assert "Index" in explained["plan"]
    assert "$1" in explained["plan"]
    assert SECRET not in caplog.text
    assert explained["statement"] == by_slug.plan.sql


async def test_operation_without_one_statement_is_told_without_a_plan(
    slow: SlowOperations, caplog: pytest.LogCaptureFixture
) -> None:
    slow.note(DETAILS, None)
    (line,) = told(caplog)
    assert line["levelno"] == logging.WARNING
    assert "plan" not in line


async def test_database_that_is_away_costs_the_plan_alone(
    demo_engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/shop"
    slow = SlowOperations(lambda: open_connection(nowhere, settings_for(nowhere)), 1000)
    slow.note(DETAILS, await bound(demo_engine, BY_SLUG, slug=SECRET))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not told(caplog):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    assert told(caplog)[0]["plan"].startswith("none: ")
