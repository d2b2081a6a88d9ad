"""Runs mutations in this process, as any viewer, and gives what a schema of the test's own has."""

from typing import Any

import strawberry
from sqlalchemy.ext.asyncio import AsyncEngine
from strawberry.schema.config import StrawberryConfig

from auth.viewer import VISITOR, Viewer
from schema.scalars import SCALARS
from server.document_preparation import INTROSPECTABLE
from server.graphql_execution import Answer, Executor
from server.graphql_request import GraphQLRequest
from tests.executors import answered, body_of, compiling_on
from tests.patience import PATIENCE_SECONDS

Json = dict[str, Any]


@strawberry.type
class NoQuery:
    """What a schema of mutations needs beside them."""

    name: str = "a shop"


def executor_of(mutation: type, limit_seconds: float = PATIENCE_SECONDS) -> Executor:
    """An executor for mutations of the test's own, declared as those of the schema are."""
    schema = strawberry.Schema(NoQuery, mutation, config=StrawberryConfig(scalar_map=SCALARS))
    return Executor(schema, rules=INTROSPECTABLE, limit_seconds=limit_seconds)


async def answer_to(
    engine: AsyncEngine,
    document: str,
    variables: Json | None = None,
    viewer: Viewer = VISITOR,
    executor: Executor | None = None,
) -> Answer:
    """What the server's executor, or that one, answers."""
    request = GraphQLRequest(document, variables=variables)
    return await answered(executor or compiling_on(engine), engine, request, viewer)


async def changed(
    engine: AsyncEngine,
    document: str,
    variables: Json | None = None,
    viewer: Viewer = VISITOR,
    executor: Executor | None = None,
) -> Any:
    """The data of an answer without errors."""
    body = body_of(await answer_to(engine, document, variables, viewer, executor))
    assert "errors" not in body, body["errors"]
    return body["data"]
