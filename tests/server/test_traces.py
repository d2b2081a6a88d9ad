"""Traces, as a collector receives them: requests, operations, statements and jobs, each below what it belongs to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.outbox import Job
from server.app import create_app
from server.settings import SettingsError, load_settings
from tests.databases import settings_for
from tests.jobs import add_jobs, until_empty
from tests.serving import running

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
OTHER_TRACE = "0af7651916cd43dd8448eb211c80319c"
SECRET = "secret-slug-of-a-client"
BY_SLUG = "query BySlug($slug: String!) { product(slug: $slug) { name } }"
SCHEMA = "query Schema { __schema { queryType { name } } products { nodes { name } } }"


@contextmanager
def collecting() -> Iterator[tuple[str, list[Span]]]:
    """The address of a collector, and the spans that came in."""
    received: list[Span] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take spans in."""
            body = self.rfile.read(int(self.headers["content-length"]))
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    received.extend(scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", received
        server.shutdown()


def ask(http: Any, trace: str, query: str, **variables: str) -> None:
    """Send an operation as a part of a trace."""
    headers = {"traceparent": f"00-{trace}-{CALLER}-01"}
    assert http.post("/graphql", json={"query": query, "variables": variables}, headers=headers).is_success


def chain(spans: list[Span], span: Span) -> list[str]:
    """The names of a span and of all above it."""
    above = [one for one in spans if one.span_id == span.parent_span_id]
    return [span.name, *(chain(spans, above[0]) if above else [])]


async def test_what_a_request_and_a_job_did_reaches_the_collector(engine: AsyncEngine, database_url: str) -> None:
    with collecting() as (endpoint, spans):
        changes = {"traces_endpoint": endpoint, "response_cache_bytes": 0}
        with running(create_app(settings_for(database_url).model_copy(update=changes), works=True)) as http:
            ask(http, TRACE, BY_SLUG, slug=SECRET)
            ask(http, TRACE, BY_SLUG, slug=SECRET)
            ask(http, OTHER_TRACE, SCHEMA)
            await add_jobs(engine, Job("tidy_queue", {}))
            await until_empty(engine)

    first = [span for span in spans if span.trace_id.hex() == TRACE]
    statements = [span for span in first if span.name == "SQL"]
    assert {tuple(chain(first, span)) for span in statements} == {("SQL", "GraphQL BySlug", "POST /graphql")}
    assert len(statements) >= 2
    assert {span.parent_span_id.hex() for span in first if span.name == "POST /graphql"} == {CALLER}
    assert SECRET not in str(first)

    second = [span for span in spans if span.trace_id.hex() == OTHER_TRACE]
    (operation,) = [span for span in second if span.name == "GraphQL Schema"]
    told = {each.key: each.value.string_value for each in operation.attributes}
    assert told == {
        "graphql.operation.name": "Schema",
        "merkato.executor": "reference",
        "merkato.outcome": "answered",
    }
    assert ["SQL", "GraphQL Schema", "POST /graphql"] in [chain(second, span) for span in second]

    jobs = [span for span in spans if span.name == "job tidy_queue"]  # the clock may have asked for one as well
    below = [span for span in spans if span.parent_span_id == jobs[0].span_id]
    assert {span.name for span in below} == {"SQL"}


def test_collector_has_to_have_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACES_ENDPOINT", "collector:4318")
    with pytest.raises(SettingsError, match="TRACES_ENDPOINT must be an address such as"):
        load_settings()
