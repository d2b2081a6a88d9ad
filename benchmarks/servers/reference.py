"""The application of this repository with nothing but its reference executor."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from schema.root import schema
from server.database import create_engine
from server.endpoint import GraphQLEndpoint
from server.graphql_execution import Executor
from server.settings import load_settings


def create_app() -> Starlette:
    """What `server.app` wires, without `reads`."""
    settings = load_settings()
    if settings.database_url is None:
        raise SystemExit("DATABASE_URL is missing.")
    url = settings.database_url.get_secret_value()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.engine = create_engine(url, settings)
        yield
        await app.state.engine.dispose()

    endpoint = GraphQLEndpoint(Executor(schema, introspection=settings.introspection), settings)
    return Starlette(routes=[Route("/graphql", endpoint)], lifespan=lifespan)
