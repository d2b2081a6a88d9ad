"""Traces for OpenTelemetry: a span for each request, operation, statement and job, sent to a collector by OTLP.

Nothing imports this module but `server.traces.load_traces`, when there is a collector to send to.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from time import time_ns
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg.connection import LoggedQuery
from opentelemetry import trace
from opentelemetry.context import Context as TraceContext
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override

from auth.viewer import Viewer
from compiler.errors import NotCompilableError
from compiler.plan import BoundPlan
from resolvers.context import Context
from server.entrance import GRAPHQL_PATH
from server.execution_metrics import Outcome
from server.explanation import Explanation
from server.graphql_execution import Answer, Executor, Read
from server.graphql_request import GraphQLRequest
from server.job_execution import Handler, Payload
from server.request_ids import current_request_id

TRACER = trace.get_tracer("merkato")
"""Does nothing until somebody calls `start_traces`."""

CARRIED = ("traceparent", "tracestate")
PROPAGATOR = TraceContextTextMapPropagator()
FAILURES = frozenset({Outcome.FAILED, Outcome.TIMEOUT, Outcome.UNAVAILABLE})


def start_traces(endpoint: str, percent: int) -> TracerProvider:
    """Send what is traced to the collector at that address, and trace so many of a hundred requests.

    Which those are depends on the number of the trace alone, so that all parts of a system choose the same.
    """
    provider = TracerProvider(
        sampler=TraceIdRatioBased(percent / 100), resource=Resource.create({"service.name": "merkato"})
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
    trace.set_tracer_provider(provider)
    return provider


class TracedApplication:
    """The application, with a span for each request, as a part of the trace that its client names (W3C traceparent)."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, one socket, or the process's life."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        details = {"http.request.method": scope["method"], "url.path": scope["path"]}
        name, context = _name_of(scope), _trace_of(scope["headers"])
        with TRACER.start_as_current_span(name, context, SpanKind.SERVER, details, record_exception=False) as span:

            async def send_noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    span.set_attribute("merkato.request_id", current_request_id() or "")
                    if message["status"] >= 500:  # noqa: PLR2004 - what HTTP calls the server's fault
                        span.set_status(StatusCode.ERROR)
                await send(message)

            await self._application(scope, receive, send_noted)


class TracedExecutor(Executor):
    """An executor with a span for each operation."""

    @override
    async def run(
        self,
        request: GraphQLRequest,
        context: Context,
        explanation: Explanation | None = None,
        refusal: NotCompilableError | None = None,
    ) -> Answer:
        with _operation_span() as span:
            answer = await super().run(request, context, explanation, refusal)
            _describe(span, answer)
            return answer

    @override
    async def run_again(self, bound: BoundPlan, viewer: Viewer, address: str | None) -> bytes | Read:
        with _operation_span() as span:
            found = await super().run_again(bound, viewer, address)
            if isinstance(found, Answer):
                _describe(span, found)
            else:
                _name(span, bound.plan.operation)
            return found


def note_statements(connection: asyncpg.Connection) -> None:
    """Have each statement on the connection that belongs to a trace become a span of it."""
    connection.add_query_logger(_note_statement)


def traced_handler(name: str, handler: Handler) -> Handler:
    """The handler of a job, with a span for each attempt."""

    async def handle(job_id: UUID, payload: Payload) -> None:
        details = {"merkato.job": name, "merkato.job_id": str(job_id)}
        with TRACER.start_as_current_span(f"job {name}", kind=SpanKind.CONSUMER, attributes=details):
            await handler(job_id, payload)

    return handle


def _name_of(scope: Scope) -> str:
    """The method, and the path if it is ours: strangers may make up any number of them."""
    return f"{scope['method']} {GRAPHQL_PATH}" if scope["path"] == GRAPHQL_PATH else str(scope["method"])


def _trace_of(headers: Iterable[tuple[bytes, bytes]]) -> TraceContext:
    found = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
    return PROPAGATOR.extract({name: found[name] for name in CARRIED if name in found})


def _note_statement(logged: LoggedQuery) -> None:
    """A statement has ended; asyncpg tells it in the context in which it was sent. Values are left out."""
    parent = trace.get_current_span().get_span_context()
    if not parent.is_valid or not parent.trace_flags.sampled:
        return  # of nobody's request, or of one that is not traced
    ended_at = time_ns()
    details = {"db.system.name": "postgresql", "db.query.text": logged.query}
    began_at = ended_at - int(logged.elapsed * 1_000_000_000)
    span = TRACER.start_span("SQL", kind=SpanKind.CLIENT, attributes=details, start_time=began_at)
    if logged.exception is not None:
        span.set_status(Status(StatusCode.ERROR, type(logged.exception).__name__))
    span.end(ended_at)


def _operation_span() -> AbstractContextManager[trace.Span]:
    """What is refused raises, and is no failure; the texts of exceptions stay in the log."""
    return TRACER.start_as_current_span("GraphQL operation", record_exception=False, set_status_on_exception=False)


def _describe(span: trace.Span, answer: Answer) -> None:
    outcome = answer.outcome()
    _name(span, answer.operation)
    details: dict[str, Any] = {"merkato.executor": answer.executor.value, "merkato.outcome": outcome.value}
    span.set_attributes(details)
    if outcome in FAILURES:
        span.set_status(StatusCode.ERROR)


def _name(span: trace.Span, operation: str | None) -> None:
    if operation is not None:
        span.update_name(f"GraphQL {operation}")
        span.set_attribute("graphql.operation.name", operation)
