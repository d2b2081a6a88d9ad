"""What this process has done since it started, for Prometheus: /metrics.

The counters are plain numbers where the work is done; they are collected when somebody asks, so that counting costs
a request next to nothing. Each process answers for itself, and every sample carries its process.
"""

import hmac
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from compiler.errors import Reason
from compiler.execution import Compiler
from domain.events import EventKind
from resolvers.rates import Rate
from server.compiled_reads import CompiledReads, ReplicaReads
from server.connections import Pools
from server.database_watch import DatabaseWatch, Sight
from server.events import Events
from server.explanation import ExecutorName
from server.graphql_execution import Executor
from server.rate_limits import RateLimits
from server.request_metrics import RequestMetrics
from server.response_cache import ResponseCache
from server.settings import AppEnvironment, Settings
from server.socket_count import SocketCount
from server.table_versions import TableVersions

FRESH = {"Cache-Control": "no-store"}

Values = (
    Mapping[str, float]
    | Mapping[Reason, float]
    | Mapping[ExecutorName, float]
    | Mapping[EventKind, float]
    | Mapping[Rate, float]
)
"""Numbers by the value of their label."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the numbers are kept."""

    requests: RequestMetrics
    watch: DatabaseWatch
    executor: Executor
    rates: RateLimits
    compiler: Compiler
    reads: CompiledReads
    cache: ResponseCache
    versions: TableVersions
    events: Events
    sockets: SocketCount
    pools: Pools


class MetricsCollector(Collector):
    """Reads the numbers when Prometheus asks."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._process = str(os.getpid())
        self.sight: Sight | None = None
        """The last look at the database, for which whoever collects cannot wait."""

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that registering does not read."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every number of this process, and what it saw last of the database."""
        yield from self._look(self.sight)
        yield from self._requests()
        yield from self._rates()
        yield from self._documents()
        yield from self._plans()
        yield from self._responses()
        yield from self._sockets()
        yield from self._database()
        if self._sources.pools.replica is not None:
            yield from self._replica(self._sources.pools.replica)

    def _requests(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "merkato_requests",
            "GraphQL requests that were answered.",
            labels=("operation", "executor", "outcome", "process"),
        )
        durations = HistogramMetricFamily(
            "merkato_request_seconds",
            "How long it took until their answer was known.",
            labels=("operation", "process"),
        )
        costs = CounterMetricFamily(
            "merkato_operation_cost",
            "What the operations that ran cost together (docs/limits.md).",
            labels=("operation", "process"),
        )
        for operation, tally in self._sources.requests.used():
            costs.add_metric((operation, self._process), tally.cost)
            for (executor, outcome), number in tally.all_answered().items():
                requests.add_metric((operation, executor, outcome, self._process), number)
            buckets = list(tally.durations.cumulated())
            durations.add_metric((operation, self._process), buckets, tally.durations.total_seconds)
        yield requests
        yield durations
        yield costs
        too_costly = {"": self._sources.executor.metrics.too_costly}
        yield self._counter("operations_too_costly", "Operations that were refused for what they cost.", "", too_costly)
        repeated = {"": self._sources.requests.repeated}
        yield self._counter("requests_repeated", "Of those, what was found by the bytes of its body.", "", repeated)
        fallbacks = self._sources.executor.metrics.fallbacks
        yield self._counter(
            "fallbacks", "Requests that the compiled executor left to the other one.", "reason", fallbacks
        )

    def _look(self, sight: Sight | None) -> Iterator[Metric]:
        """The queue of jobs, which is the same whichever process is asked."""
        yield self._gauge("database_up", "Whether the database answers.", "", {"": sight is not None})
        if sight is None:
            return
        yield self._gauge("database_look_seconds", "How long that took.", "", {"": sight.milliseconds / 1000})
        jobs = GaugeMetricFamily("merkato_jobs", "Jobs in the queue.", labels=("job", "status", "process"))
        for kind, number in sight.jobs.items():
            jobs.add_metric((kind.name, kind.status, self._process), number)
        yield jobs
        lag = {"": sight.oldest_job_seconds}
        yield self._gauge("jobs_lag_seconds", "For how long a job could have been begun, and was not.", "", lag)
        yield self._gauge("dead_letters", "Jobs that were given up.", "job", sight.dead_letters)
        broken = {"": sight.broken_promises}
        yield self._gauge("promises_broken", "Rows that break what must always hold, at the last check.", "", broken)

    def _rates(self) -> Iterator[Metric]:
        refused = {rate: self._sources.rates.refused[rate] for rate in Rate}
        yield self._counter("requests_limited", "Requests that came too often.", "rate", refused)
        yield self._counter(
            "rate_store_failures", "How often Redis did not count.", "", {"": self._sources.rates.store_failures}
        )

    def _documents(self) -> Iterator[Metric]:
        metrics = self._sources.executor.documents.metrics
        found = {"hit": metrics.hits, "miss": metrics.misses}
        yield self._counter("documents", "Documents that were looked up by their text.", "result", found)
        lifted = {"hit": metrics.template_hits, "miss": metrics.template_misses}
        yield self._counter(
            "document_templates", "Documents that were looked up by their text without its literals.", "result", lifted
        )
        kept = self._sources.executor.documents.sizes
        yield self._gauge("documents_kept", "Documents that are kept.", "kind", kept)

    def _plans(self) -> Iterator[Metric]:
        metrics = self._sources.compiler.metrics
        found = {"hit": metrics.hits, "miss": metrics.misses}
        yield self._counter("plans", "Plans that were looked up.", "result", found)
        yield self._counter(
            "plan_evictions", "Plans that made room for others.", "", {"": self._sources.compiler.evicted}
        )
        yield self._gauge("plans_kept", "Plans and refusals that are kept.", "", {"": self._sources.compiler.kept})
        yield self._gauge(
            "plans_resting", "Plans that failed and are not used for now.", "", {"": self._sources.reads.resting}
        )
        compiling = SummaryMetricFamily(
            "merkato_plan_compilation_seconds", "The time it took to make plans.", labels=("process",)
        )
        compiling.add_metric((self._process,), metrics.misses, metrics.seconds)
        yield compiling

    def _responses(self) -> Iterator[Metric]:
        cache = self._sources.cache
        found = {"hit": cache.metrics.hits, "miss": cache.metrics.misses, "shared": cache.metrics.shared}
        yield self._counter("responses", "Answers to visitors that were looked up.", "result", found)
        yield self._counter(
            "response_evictions", "Answers that made room for others.", "", {"": cache.metrics.evictions}
        )
        yield self._gauge("responses_kept", "Answers that are kept.", "", {"": cache.size})
        yield self._gauge("responses_kept_bytes", "What they take.", "", {"": cache.metrics.bytes})
        yield self._gauge(
            "table_versions_listening",
            "Whether changes of tables are heard; while they are not, nothing kept is served.",
            "",
            {"": self._sources.versions.is_listening},
        )

    def _sockets(self) -> Iterator[Metric]:
        yield self._gauge("websockets_open", "WebSockets that are served.", "", {"": self._sources.sockets.open})
        events = self._sources.events
        yield self._gauge("subscriptions", "Subscriptions that wait for events.", "event", events.subscriptions)
        yield self._counter("events", "Events that came in from the database.", "event", events.received)
        yield self._gauge(
            "events_listening",
            "Whether events are heard; while not, no subscription runs.",
            "",
            {"": events.is_listening},
        )

    def _database(self) -> Iterator[Metric]:
        compiled, referred = self._sources.reads.metrics, self._sources.executor.metrics
        statements = {ExecutorName.COMPILED: compiled.statements, ExecutorName.REFERENCE: referred.statements}
        yield self._counter("database_statements", "Statements of requests.", "executor", statements)
        joined = {"": self._sources.reads.joined}
        yield self._counter("requests_joined", "Requests that shared a statement with others.", "", joined)
        seconds = {ExecutorName.COMPILED: compiled.seconds, ExecutorName.REFERENCE: referred.seconds}
        yield self._counter("database_seconds", "The time that requests waited for them.", "executor", seconds)
        pools = self._sources.pools.states()
        in_use = {name: pool.in_use for name, pool in pools.items()}
        yield self._gauge("connections_in_use", "Connections that serve a request.", "pool", in_use)
        size = {name: pool.size for name, pool in pools.items()}
        yield self._gauge("connections_maximum", "Connections that may be open at once.", "pool", size)
        waiting = {name: pool.waiting for name, pool in pools.items() if pool.waiting is not None}
        yield self._gauge("connections_awaited", "Requests that wait for a connection.", "pool", waiting)

    def _replica(self, replica: ReplicaReads) -> Iterator[Metric]:
        usable, lag = replica.watch.is_usable, replica.watch.lag_seconds
        yield self._gauge("replica_usable", "Whether the replica is near enough to be read.", "", {"": usable})
        yield self._gauge("replica_lag_seconds", "How far behind it may be at the most.", "", {"": lag})
        failures = {"": replica.failures}
        yield self._counter("replica_failures", "Reads that the primary answered in its place.", "", failures)

    def _counter(self, name: str, meaning: str, label: str, values: Values) -> Metric:
        return self._labelled(CounterMetricFamily(f"merkato_{name}", meaning, labels=_labels(label)), label, values)

    def _gauge(self, name: str, meaning: str, label: str, values: Values) -> Metric:
        return self._labelled(GaugeMetricFamily(f"merkato_{name}", meaning, labels=_labels(label)), label, values)

    def _labelled(
        self, family: CounterMetricFamily | GaugeMetricFamily, label: str, values: Values
    ) -> CounterMetricFamily | GaugeMetricFamily:
        for value, number in values.items():
            family.add_metric((value, self._process) if label else (self._process,), number)
        return family


class MetricsEndpoint:
    """Answers Prometheus; with a token, only whoever brings it."""

    def __init__(self, sources: Sources, token: str | None) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._watch = sources.watch
        self._collector = MetricsCollector(sources)
        self._registry.register(self._collector)
        self._expected = None if token is None else f"Bearer {token}".encode()

    async def answer(self, request: Request) -> Response:
        """The numbers in the text format of Prometheus, or of OpenMetrics if that is asked for."""
        given = request.headers.get("authorization", "").encode("latin-1")
        if self._expected is not None and not hmac.compare_digest(given, self._expected):
            return Response(status_code=HTTPStatus.UNAUTHORIZED, headers=FRESH | {"WWW-Authenticate": "Bearer"})
        self._collector.sight = await self._watch.look()
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(self._registry), headers=FRESH | {"Content-Type": media_type})


def metrics_routes(settings: Settings, sources: Sources) -> list[Route]:
    """/metrics, for everybody in development, elsewhere with a token or not at all."""
    token = settings.metrics_token
    if token is None and settings.app_env is not AppEnvironment.DEVELOPMENT:
        return []
    endpoint = MetricsEndpoint(sources, None if token is None else token.get_secret_value())
    return [Route("/metrics", endpoint.answer)]


def _labels(label: str) -> tuple[str, ...]:
    return (label, "process") if label else ("process",)
