"""The ASGI application, wired from the settings."""

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, nullcontext
from datetime import datetime, timedelta
from importlib.resources import files
from uuid import UUID

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from auth.api_tokens import authenticate_api_token
from auth.sessions import standing_role
from auth.viewer import Viewer
from auth.visits import Visit
from compiler.execution import Compiler
from models import Role
from resolvers.context import Context
from resolvers.counts import Counts
from resolvers.refresh_cookies import RefreshCookie
from resolvers.writing import transaction
from schema.root import schema
from server.access_log import AccessLog
from server.arrival import BehindProxies
from server.compiled_reads import CompiledReads
from server.connections import database_watch, events, pools_of, slow_operations, table_versions
from server.cors import AllowedOrigins, cross_origin
from server.counting import counters_for, rates_for
from server.deadlines import deadline
from server.endpoint import GraphQLEndpoint
from server.entrance import GRAPHQL_PATH, Entrance
from server.errors import ServerError
from server.executor import executor_for
from server.front_door import front_door
from server.graphiql import graphiql_routes
from server.graphql_errors import DATABASE_AWAY
from server.graphql_execution import Executor
from server.health import Health
from server.metrics import Sources, metrics_routes
from server.migrating import known_revisions
from server.observation import Observation
from server.payments import build_payment_providers
from server.redirects import Redirects
from server.refusals import refuse, refuse_for_now
from server.request_metrics import RequestMetrics
from server.response_cache import ResponseCache
from server.safeguards import build_safeguards
from server.settings import Settings, load_settings
from server.site_documents import SiteDocuments
from server.socket_count import SocketCount
from server.subscription_count import subscription_count
from server.traces import load_traces, tracing
from server.viewers import Viewers
from server.visiting import Visiting, visits_to
from server.webhooks import Webhooks
from server.websocket_endpoint import WebSocketEndpoint, rules_of
from server.worker import working

SHORT_GRACE = timedelta(seconds=1)
"""How long jobs may go on when a developer stops the server."""

ALLOCATIONS_BETWEEN_COLLECTIONS = 10_000
"""Answering a request leaves no cycles, so that the collector finds little, and looks seldom."""


def create_served_app() -> ASGIApp:
    """The application of a process that does nothing but serve it: what is there by now is never garbage."""
    application = create_app()
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    return application


def create_developed_app() -> ASGIApp:
    """The application of `merkato dev`, with a worker inside."""
    return create_app(works=True)


def create_app(settings: Settings | None = None, *, compiled: bool = True, works: bool = False) -> ASGIApp:
    """The application. It connects to the database of the settings when it starts, and again whenever it has to.

    Tests and benchmarks may ask for one that is not `compiled`, whose reference executor answers everything. One that
    `works` does the jobs of the database as well.
    """
    configured = settings or load_settings()
    if configured.database_url is None:
        raise ServerError("DATABASE_URL is missing. Set it, or run `merkato dev`, which brings its own database.")
    url = configured.database_url.get_secret_value()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        watched = pools.replica.watch.watched() if pools.replica else nullcontext()
        work = working(url, configured, SHORT_GRACE) if works else nullcontext()
        async with AsyncExitStack() as at_the_end:
            for close in (counters.close, pools.close, observation.slow.close, watch.close):  # the last one first
                at_the_end.push_async_callback(close)
            async with (
                tracing(configured),
                cache.running(),
                happenings.listening(),
                watched,
                work,
                aclosing(payments),
                counts.kept(),
            ):
                yield

    pools = pools_of(url, configured)
    watch = database_watch(url, configured)
    versions, happenings = table_versions(url, configured), events(url, configured)
    cache = ResponseCache(versions, configured.response_cache_bytes)
    safeguards, payments = build_safeguards(configured), build_payment_providers(configured)
    compiler = Compiler(schema, safeguards.vault)
    reads = CompiledReads(
        compiler, pools.compiled, cache, pools.replica, own_pool=pools.own, preview_pool=pools.previews
    )
    counts = Counts(pools.writing, configured.count_interval_seconds)
    counters = counters_for(configured)
    rates = rates_for(configured, counters)
    traces = load_traces(configured)
    executor = executor_for(
        configured, reads if compiled else None, rates, traces.TracedExecutor if traces else Executor
    )

    async def find_machine(token: str, moment: datetime) -> Viewer:
        async with deadline(executor.limit_seconds), transaction(pools.writing) as session:
            return await authenticate_api_token(session, token, moment)

    async def find_role(session_id: UUID, moment: datetime) -> Role | None:
        async with deadline(executor.limit_seconds), transaction(pools.writing) as session:
            return await standing_role(session, session_id, moment)

    def open_context(viewer: Viewer, arrived: Callable[[], Visit], cookie: RefreshCookie) -> Context:
        return Context(
            pools.reading if viewer.preview is None else pools.previewing,
            viewer,
            safeguards,
            arrived,
            cookie,
            writing_engine=pools.writing,
            most_imported_rows=configured.max_imported_rows,
            payments=payments,
            counts=counts,
        )

    observation = _observation(url, configured, executor)
    viewers = Viewers(safeguards.access_tokens, find_machine, previews=safeguards.preview_tokens)
    endpoint = GraphQLEndpoint(executor, configured, open_context, viewers, observation)
    count = SocketCount(configured.websocket_max_sockets, configured.websocket_max_sockets_per_address)
    sockets = WebSocketEndpoint(
        executor=executor,
        events=happenings,
        open_context=open_context,
        viewers=viewers,
        find_role=find_role,
        sockets=count,
        subscriptions=subscription_count(configured.websocket_max_subscriptions_per_address),
        rules=rules_of(configured),
        observation=observation,
        origins=frozenset(configured.cors_origins),
    )
    health = Health(
        watch, known_revisions(), cache, versions, happenings, pools.replica, configured.health_queue_lag_seconds
    )
    sources = Sources(
        observation.metrics, watch, executor, rates, compiler, reads, cache, versions, happenings, count, pools
    )
    routes = [
        *_routes(configured, endpoint, health),
        *metrics_routes(configured, sources),
        *_site_routes(visits_to(pools.reading, executor.limit_seconds), configured),
        *Webhooks(payments, pools.writing, configured.max_body_bytes, executor.limit_seconds).routes(),
    ]
    application = Starlette(
        routes=routes,
        middleware=[cross_origin(configured.cors_origins)],
        exception_handlers={HTTPException: refuse, **dict.fromkeys(DATABASE_AWAY, refuse_for_now)},
        lifespan=lifespan,
    )
    plain = Entrance(
        application, endpoint.serve, sockets, AllowedOrigins(configured.cors_origins), front_door(configured)
    )
    entrance = traces.TracedApplication(plain) if traces else plain
    return BehindProxies(entrance, configured.trusted_proxies) if configured.trusted_proxies else entrance


def _observation(url: str, settings: Settings, executor: Executor) -> Observation:
    requests = RequestMetrics(executor.trusted_operations)
    return Observation(requests, AccessLog(settings.access_log_percent), slow_operations(url, settings))


def _routes(settings: Settings, endpoint: GraphQLEndpoint, health: Health) -> list[Route | Mount]:
    return [
        Route(GRAPHQL_PATH, endpoint),
        *health.routes(),
        Mount("/demo/images", StaticFiles(directory=str(files("demo").joinpath("images")))),
        *(graphiql_routes() if settings.shows_graphiql else []),
    ]


def _site_routes(visiting: Visiting, settings: Settings) -> list[Route]:
    return [*Redirects(visiting).routes(), *SiteDocuments(visiting, settings.site_max_age_seconds).routes()]
