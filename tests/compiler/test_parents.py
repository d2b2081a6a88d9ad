"""A row that stands below its parent knows it: whoever asks for the parent again gets what was read already."""

import pytest
from graphql import parse
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer, viewer_with_role
from compiler.execution import Compiler
from models import Role
from schema.root import schema
from server.document_cache import prepared
from server.graphql_request import GraphQLRequest
from tests.executors import REFERENCE, answered, compiling_on, written
from tests.schema.walk import CORE

STAFF = viewer_with_role(Role.STAFF)

DOCUMENTS = {
    "connection": ("{ categories { nodes { products { nodes { name category { name } } } } } }", "categories", 1),
    "short list": ("{ services { nodes { tiers { name service { slug } } } } }", "services", 1),
    "twice": (
        "{ products { nodes { variants { nodes { product { reviews { nodes { product { name } } } } } } } } }",
        "products",
        1,
    ),
    "of the same table": ("{ categories { nodes { children { name parent { name } } } } }", "categories", 2),
    "beside a count": (
        "{ products { totalCount nodes { reviews { totalCount nodes { product { category { name } } } } } } }",
        "categories",
        1,
    ),
    "no parent": ("{ categories { nodes { ancestors { parent { name } } } } }", "categories", 4),
}
"""Queries by what is special, with a table and how often it is read."""


def sql_of(query: str, viewer: Viewer) -> str:
    """The statement that the query compiles to."""
    (operation,) = prepared(CORE, parse(query)).operations
    compiler = Compiler(schema)
    values = compiler.coerce(operation, {})
    assert not isinstance(values, list)
    return compiler.plan(operation, values, viewer).sql


@pytest.mark.parametrize("viewer", [VISITOR, STAFF], ids=["visitor", "staff"])
@pytest.mark.parametrize(("query", "table", "times"), DOCUMENTS.values(), ids=DOCUMENTS)
async def test_parent_is_not_read_again(
    odd_engine: AsyncEngine, query: str, table: str, times: int, viewer: Viewer
) -> None:
    assert sql_of(query, viewer).count(f" {table} AS ") == times
    request = GraphQLRequest(query)
    compiled = await answered(compiling_on(odd_engine), odd_engine, request, viewer)
    assert compiled.encoded is not None
    assert written(compiled) == written(await answered(REFERENCE, odd_engine, request, viewer))
