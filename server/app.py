"""The ASGI application, wired from the settings."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from importlib.resources import files

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from auth.viewer import Viewer
from auth.visits import Visit
from compiler.execution import Compiler
from resolvers.context import Context
from schema.root import schema
from server.compiled_reads import CompiledReads, ReplicaReads
from server.database import create_engine, open_connection
from server.endpoint import GraphQLEndpoint
from server.entrance import GRAPHQL_PATH, Entrance
from server.errors import ServerError
from server.executor import executor_for
from server.graphiql import graphiql_routes
from server.health import answer_health
from server.metrics import Sources, metrics_routes
from server.read_pool import PoolState, ReadPool, state_of
from server.replica import Replica
from server.response_cache import ResponseCache
from server.safeguards import build_safeguards
from server.settings import Settings, load_settings
from server.table_versions import TableVersions
from server.viewers import Viewers
from server.worker import working

APOLLO_HEADERS = (
    "Apollo-Require-Preflight",
    "ApolloGraphQL-Client-Name",
    "ApolloGraphQL-Client-Version",
    "X-Apollo-Operation-Id",
    "X-Apollo-Operation-Name",
)
"""What Apollo's clients send from pages of other origins. Nothing here reads them."""


SHORT_GRACE = timedelta(seconds=1)
"""How long jobs may go on when a developer stops the server."""

ALLOCATIONS_BETWEEN_COLLECTIONS = 50_000
"""Answering a request leaves no cycles, so that the collector finds little, and looks seldom."""


def create_served_app() -> Entrance:
    """The application of a process that does nothing but serve it: what is there by now is never garbage."""
    application = create_app()
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    return application


def create_developed_app() -> Entrance:
    """The application of `merkato dev`, with a worker inside."""
    return create_app(works=True)


def create_app(settings: Settings | None = None, *, compiled: bool = True, works: bool = False) -> Entrance:
    """The application. It connects to the database of the settings when it starts, and again whenever it has to.

    Tests and benchmarks may ask for one that is not `compiled`, whose reference executor answers everything. One that
    `works` does the jobs of the database as well.
    """
    configured = settings or load_settings()
    if configured.database_url is None:
        raise ServerError("DATABASE_URL is missing. Set it, or run `merkato dev`, which brings its own database.")
    url = configured.database_url.get_secret_value()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.engine = create_engine(url, configured, limited=True)
        watched = replica.watch.watched() if replica else nullcontext()
        async with cache.running(), watched, working(url, configured, SHORT_GRACE) if works else nullcontext():
            yield
        await pool.close()
        if replica is not None:
            await replica.pool.close()
        await app.state.engine.dispose()

    patience = configured.database_connect_timeout_seconds
    pool = ReadPool(lambda: open_connection(url, configured, limited=True), configured.database_pool_size, patience)
    versions = TableVersions(lambda: open_connection(url, configured))
    cache = ResponseCache(versions, configured.response_cache_bytes)
    compiler = Compiler(schema)
    replica = _replica(configured, url)
    reads = CompiledReads(compiler, pool, cache, replica)
    executor = executor_for(configured, reads if compiled else None)

    def pools() -> dict[str, PoolState]:
        states = {"compiled": pool.state, "reference": state_of(application.state.engine)}
        return states | ({"replica": replica.pool.state} if replica else {})

    safeguards = build_safeguards(configured)

    def open_context(viewer: Viewer, visit: Visit) -> Context:
        return Context(application.state.engine, viewer, safeguards, visit)

    endpoint = GraphQLEndpoint(executor, configured, open_context, Viewers(safeguards.access_tokens))
    sources = Sources(executor, compiler, reads, cache, versions, replica, pools)
    routes = [*_routes(configured, endpoint), *metrics_routes(configured, sources)]
    application = Starlette(routes=routes, middleware=_middleware(configured), lifespan=lifespan)
    return Entrance(application, endpoint)


def _replica(settings: Settings, primary_url: str) -> ReplicaReads | None:
    if settings.database_replica_url is None:
        return None
    url = settings.database_replica_url.get_secret_value()
    pool = ReadPool(
        lambda: open_connection(url, settings, limited=True),
        settings.database_pool_size,
        settings.database_connect_timeout_seconds,
    )
    watch = Replica(
        lambda: open_connection(primary_url, settings),
        lambda: open_connection(url, settings),
        settings.database_replica_max_lag_seconds,
    )
    return ReplicaReads(pool, watch)


def _routes(settings: Settings, endpoint: GraphQLEndpoint) -> list[Route | Mount]:
    return [
        Route(GRAPHQL_PATH, endpoint),
        Route("/health", answer_health),
        Mount("/demo/images", StaticFiles(directory=str(files("demo").joinpath("images")))),
        *(graphiql_routes() if settings.shows_graphiql else []),
    ]


def _middleware(settings: Settings) -> list[Middleware]:
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type", "Authorization", "If-None-Match", *APOLLO_HEADERS],
            expose_headers=["ETag"],
        )
    ]
