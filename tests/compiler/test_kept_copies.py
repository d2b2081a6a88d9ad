"""Of another row a row may keep copies: what asks for no more than those does not read the other one."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, viewer_with_role
from models import Role
from server.graphql_request import GraphQLRequest
from tests.compiler.test_parents import sql_of
from tests.executors import REFERENCE, answered, compiling_on, written

ADMIN = viewer_with_role(Role.ADMIN)

KEPT = {
    "all of it": "{ products { nodes { reviews { nodes { author { name avatarUrl } } } } } }",
    "under other names": (
        "{ products { nodes { reviews { nodes { who: author { is: name ...P } author { __typename } } } } } } "
        "fragment P on Reviewer { picture: avatarUrl is: name }"
    ),
    "a row that may be absent": (
        '{ node(id: "UmV2aWV3OjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMA==") '
        "{ ... on Review { author { name } } } }"
    ),
}
READ = {
    "something else beside it": "{ products { nodes { reviews { nodes { author { name email } } } } } }",
    "another person": "{ products { nodes { reviews { nodes { moderator { name } } } } } }",
}


@pytest.mark.parametrize("query", KEPT.values(), ids=KEPT)
async def test_copies_are_read_from_the_row_that_has_them(odd_engine: AsyncEngine, query: str) -> None:
    assert " users AS " not in sql_of(query, VISITOR)
    compiled = await answered(compiling_on(odd_engine), odd_engine, GraphQLRequest(query), VISITOR)
    assert compiled.encoded is not None
    assert written(compiled) == written(await answered(REFERENCE, odd_engine, GraphQLRequest(query), VISITOR))


@pytest.mark.parametrize("query", READ.values(), ids=READ)
async def test_what_is_not_kept_is_read(odd_engine: AsyncEngine, query: str) -> None:
    assert " users AS " in sql_of(query, ADMIN)
    compiled = await answered(compiling_on(odd_engine), odd_engine, GraphQLRequest(query), ADMIN)
    assert compiled.encoded is not None
    assert written(compiled) == written(await answered(REFERENCE, odd_engine, GraphQLRequest(query), ADMIN))
