"""The access log: what a line tells of a request, whichever way it was answered."""

import logging
from typing import Any

import httpx
import pytest

from server.access_log import AccessLog
from server.app import create_app
from server.execution_metrics import Outcome
from server.explanation import ExecutorName
from tests.databases import settings_for
from tests.serving import running

NAMES = "query Names { products(first: 1) { nodes { name } } }"
TOLD = ("operation", "executor", "outcome")


def told(records: list[logging.LogRecord]) -> list[tuple[Any, ...]]:
    """What the lines of the access log say."""
    lines = [record.__dict__ for record in records if record.name == "merkato.access"]
    assert all(0 < line["milliseconds"] < 60_000 for line in lines)
    return [tuple(line[name] for name in TOLD) for line in lines]


def ask(http: httpx.Client, query: str) -> None:
    """Send an operation."""
    http.post("/graphql", json={"query": query})


def test_line_tells_operation_executor_and_outcome(demo_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "merkato.access")
    with running(create_app(settings_for(demo_url))) as http:
        ask(http, NAMES)
        ask(http, NAMES)
        ask(http, "query Schema { __schema { queryType { name } } }")
        ask(http, "{ nothing }")
        http.post("/graphql", content=b"null", headers={"content-type": "application/json"})
    assert told(caplog.records) == [
        ("Names", "compiled", "answered"),
        ("Names", "compiled", "answered"),
        ("Schema", "reference", "answered"),
        (None, "none", "refused"),
        (None, "none", "refused"),
    ]


def test_share_of_requests_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "merkato.access")
    log = AccessLog(25)
    for _ in range(2000):
        log.note("Names", ExecutorName.COMPILED, Outcome.ANSWERED, 0.001)
    assert 350 < len(caplog.records) < 650
    assert not AccessLog(0).is_on
