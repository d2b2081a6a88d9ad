"""Runs GraphQL operations in this process, through the executor that the server uses."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer
from resolvers.context import Context
from schema.root import schema
from server.graphql_execution import Executor
from server.graphql_request import GraphQLRequest

EXECUTOR = Executor(schema, introspection=True)

Json = dict[str, Any]


async def run(engine: AsyncEngine, query: str, variables: Json | None = None, viewer: Viewer = VISITOR) -> Json:
    """The response body."""
    async with Context(engine, viewer) as context:
        answer = await EXECUTOR.run(GraphQLRequest(query, variables=variables), context)
    return answer.body()


async def data_of(engine: AsyncEngine, query: str, variables: Json | None = None, viewer: Viewer = VISITOR) -> Any:
    """The data of a response without errors."""
    body = await run(engine, query, variables, viewer)
    assert "errors" not in body, body["errors"]
    return body["data"]


async def codes_of(
    engine: AsyncEngine, query: str, variables: Json | None = None, viewer: Viewer = VISITOR
) -> list[str]:
    """The codes of a response's errors."""
    body = await run(engine, query, variables, viewer)
    return [error["extensions"]["code"] for error in body.get("errors", ())]
