"""Both executors give the same answer, whatever is asked, to whomever."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
from graphql import get_operation_ast, parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer, viewer_with_role
from compiler.errors import NotCompilableError
from compiler.execution import Compiler, Operation
from models import Role
from resolvers.context import Context
from resolvers.errors import BadInputError
from schema.root import schema
from server.compiled_reads import CompiledReads
from server.database import open_connection
from server.graphql_execution import Executor
from server.graphql_request import GraphQLRequest
from server.read_pool import ReadPool
from tests.compiler.operations import Pool, operations
from tests.databases import settings_for
from tests.queries.test_documents import read_document

QUERIES = sorted((Path(__file__).parents[2] / "queries").glob("*.graphql"))
VIEWERS = {"VISITOR": VISITOR} | {role.value: viewer_with_role(role) for role in Role}
EXAMPLES = int(os.environ.get("MERKATO_EQUALITY_EXAMPLES", "300"))

REFERENCE = Executor(schema, introspection=True)
COMPILER = Compiler(schema)


async def referred(engine: AsyncEngine, query: str, variables: dict[str, Any], viewer: Viewer) -> dict[str, Any]:
    """What the reference executor answers."""
    async with Context(engine, viewer) as context:
        return (await REFERENCE.run(GraphQLRequest(query, variables=variables), context)).body()


async def compiled(
    connection: asyncpg.Connection, query: str, variables: dict[str, Any], viewer: Viewer
) -> dict[str, Any]:
    """What the compiled executor answers; raises when it leaves the operation to the other."""
    document = parse(query)
    definition = get_operation_ast(document)
    assert definition is not None
    operation = Operation(document, definition)
    values = COMPILER.coerce(operation, variables)
    assert not isinstance(values, list), values
    bound = COMPILER.plan(operation, values, viewer).bind(values.coerced)
    return {"data": json.loads(await bound.run(connection))}


async def served(engine: AsyncEngine, connection: asyncpg.Connection, query: str, viewer: Viewer) -> dict[str, Any]:
    """What the endpoint answers, by whichever executor: also errors, and literals lifted out of the text."""

    async def same_connection() -> asyncpg.Connection:
        return connection

    executor = Executor(schema, introspection=True, reads=CompiledReads(COMPILER, ReadPool(same_connection, 1)))
    async with Context(engine, viewer) as context:
        answer = await executor.run(GraphQLRequest(query), context)
    body: dict[str, Any] = orjson.loads(orjson.dumps(answer.body()))
    return body


@pytest.mark.parametrize("viewer", VIEWERS.values(), ids=VIEWERS)
@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
async def test_executors_agree_on_every_document(
    path: Path, viewer: Viewer, odd_engine: AsyncEngine, connection: asyncpg.Connection
) -> None:
    query, variables = read_document(path)
    expected = await referred(odd_engine, query, variables, viewer)
    assert "errors" not in expected
    assert await compiled(connection, query, variables, viewer) == expected


async def test_executors_agree_on_generated_operations(
    odd_engine: AsyncEngine, connection: asyncpg.Connection, pool: Pool
) -> None:
    tally = {"same": 0, "left to the reference": 0}
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(operations(pool), st.sampled_from(sorted(VIEWERS)))
    def compare(query: str, role: str) -> None:
        asyncio.run_coroutine_threadsafe(agree(query, role), loop).result()

    async def agree(query: str, role: str) -> None:
        viewer = VIEWERS[role]
        expected = await referred(odd_engine, query, {}, viewer)
        try:
            assert await served(odd_engine, connection, query, viewer) == expected, query
            answer = await compiled(connection, query, {}, viewer)
        except (NotCompilableError, BadInputError):
            tally["left to the reference"] += 1
            return
        assert answer == expected, query
        tally["same"] += 1

    await asyncio.to_thread(compare)
    assert tally["same"] > EXAMPLES / 3, tally


async def test_first_statement_of_a_connection_may_nest_arrays(odd_url: str, odd_engine: AsyncEngine) -> None:
    """Asyncpg reads an array within a row only after it has read one on its own."""
    query = '{ product(slug: "odd-1") { name features reviews(first: 2) { nodes { rating } } } }'
    pool = ReadPool(lambda: open_connection(odd_url, settings_for(odd_url)), 1)
    answer = await pool.run(lambda connection: compiled(connection, query, {}, VISITOR))
    await pool.close()
    assert answer == await referred(odd_engine, query, {}, VISITOR)
