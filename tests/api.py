"""Runs GraphQL operations in this process, through both executors, which must give the same."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer
from server.graphql_request import GraphQLRequest
from tests.executors import REFERENCE, answered, answered_by_both

Json = dict[str, Any]


async def run(
    engine: AsyncEngine, query: str, variables: Json | None = None, viewer: Viewer = VISITOR, *, compiles: bool = True
) -> Json:
    """The response body, the same from both executors; whatever has no errors was compiled if it `compiles`."""
    request = GraphQLRequest(query, variables=variables)
    return (await answered_by_both(engine, request, viewer, compiles=compiles)).body()


async def data_of(
    engine: AsyncEngine, query: str, variables: Json | None = None, viewer: Viewer = VISITOR, *, compiles: bool = True
) -> Any:
    """The data of a response without errors."""
    return _data(await run(engine, query, variables, viewer, compiles=compiles))


async def codes_of(
    engine: AsyncEngine, query: str, variables: Json | None = None, viewer: Viewer = VISITOR
) -> list[str]:
    """The codes of a response's errors."""
    body = await run(engine, query, variables, viewer)
    return [error["extensions"]["code"] for error in body.get("errors", ())]


async def run_reference(engine: AsyncEngine, query: str, viewer: Viewer = VISITOR) -> Json:
    """The response body of the reference executor alone, for tests of how it reads."""
    return (await answered(REFERENCE, engine, GraphQLRequest(query), viewer)).body()


async def data_of_reference(engine: AsyncEngine, query: str) -> Any:
    """The data of its response without errors."""
    return _data(await run_reference(engine, query))


def _data(body: Json) -> Any:
    assert "errors" not in body, body["errors"]
    return body["data"]
