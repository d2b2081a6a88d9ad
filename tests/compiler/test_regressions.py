"""Where the executors once differed, or the compiled one failed: each difference by its name."""

import time
from collections.abc import AsyncIterator
from types import FunctionType

import pytest
from graphql import parse
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR
from compiler.errors import NotCompilableError, Reason
from compiler.execution import Compiler, Operation
from compiler.lifting import MAXIMUM_LITERALS, literals_of
from schema.root import schema
from server.document_cache import prepared
from server.graphql_request import GraphQLRequest
from tests.api import codes_of, data_of, run
from tests.executors import answered, compiling_on
from tests.factories import add_product, add_service, add_shopful, add_tier, shared_engine, writing
from tests.schema.walk import CORE
from tests.statements import execute


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A few rows of everything."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            await add_shopful(session, 3)
            await add_tier(session, await add_service(session, slug="lonely"))
            await add_product(
                session,
                slug="p" * 255,
                options=[{"name": "Size", "values": ["M"]}],
                specifications=[{"name": "Ports", "value": "8"}],
                attributes={"big": 2**70, "bigger": -(10**30), "exact": 1.10},
            )
        yield engine


def operation_of(query: str) -> Operation:
    """The only operation of a document."""
    (operation,) = prepared(CORE, parse(query)).operations
    return operation


def reason_of(compiler: Compiler, query: str) -> Reason | None:
    """Why the query does not compile for a visitor; None when it does."""
    operation = operation_of(query)
    values = compiler.coerce(operation, {})
    assert not isinstance(values, list)
    try:
        compiler.plan(operation, values, VISITOR)
    except NotCompilableError as refused:
        return refused.reason
    return None


# Documents


@pytest.mark.parametrize(
    "selection",
    [
        "specifications { name value } options { name values }",
        "specifications { value name } options { values name }",
        "specifications { value } options { name name }",
        "specifications { name value name __typename }",
        "specifications { value: name name: value }",
    ],
)
async def test_fields_of_records_stand_in_the_order_they_are_asked_for(shop: AsyncEngine, selection: str) -> None:
    await data_of(shop, f"{{ products(first: 1) {{ nodes {{ {selection} }} }} }}")


@pytest.mark.parametrize("directive", ["@include(if: $shown)", "@skip(if: $shown)"])
async def test_directive_with_null_is_refused(shop: AsyncEngine, directive: str) -> None:
    """A default lets a nullable variable stand for `if`, and null still be sent."""
    query = f"query($shown: Boolean = true) {{ shop {{ name {directive} }} }}"
    assert await codes_of(shop, query, {"shown": None}) == ["BAD_USER_INPUT"]
    await data_of(shop, query)


async def test_literals_decide_whether_fields_conflict(shop: AsyncEngine) -> None:
    """Both texts have one template; only the first is valid."""
    text_of = "{{ a: products(first: {}) {{ totalCount }} a: products(first: {}) {{ nodes {{ slug }} }} }}".format
    await data_of(shop, text_of(1, 1))
    assert await codes_of(shop, text_of(1, 2)) == ["GRAPHQL_VALIDATION_FAILED"]
    await data_of(shop, text_of(2, 2))


async def test_mark_of_a_template_is_no_literal(shop: AsyncEngine) -> None:
    nested = "{{ products(first: {}) {{ nodes {{ variants(first: 2) {{ totalCount }} }} }} }}".format
    await data_of(shop, nested(1))
    assert await codes_of(shop, nested("\x00i")) == ["GRAPHQL_PARSE_FAILED"]


@pytest.mark.parametrize("odd", ['["""b"]', '[""""b"]', '["a"""b"]', '["a', '["a\n"]', '["""', '["\\"]', '["\\u"]'])
async def test_strings_end_where_graphql_ends_them(shop: AsyncEngine, odd: str) -> None:
    query = "{{ products(filter: {{tags: {}}}) {{ totalCount }} }}".format
    await data_of(shop, query('["a""b"]'))
    await data_of(shop, query('["a" "b"]'))
    await data_of(shop, query('["a"""]'))
    assert await codes_of(shop, query(odd)) == ["GRAPHQL_PARSE_FAILED"]


@pytest.mark.parametrize("unit", ['"\\a', '"\\"', '"""\\"', '""" ', '"', '""', '#"', "1.", "1e", "-", "1"])
@pytest.mark.parametrize("repeated", ["", '"', "\\a", '\\"'])
def test_literals_are_found_in_linear_time(unit: str, repeated: str) -> None:
    odd = "{ a(b: " + unit + (repeated or unit) * (48_000 // len(repeated or unit))
    begun = time.thread_time()
    literals_of(odd)
    assert time.thread_time() - begun < 0.5


async def test_many_literals_are_no_parameters(shop: AsyncEngine) -> None:
    query = "{{ products(filter: {{tags: [{}]}}) {{ totalCount }} }}".format
    assert literals_of(query('"a" ' * MAXIMUM_LITERALS)) is not None
    assert literals_of(query('"a" ' * (MAXIMUM_LITERALS + 1))) is None
    await data_of(shop, query('"a" ' * 9_000))
    await data_of(
        shop, "query($tags: [String!]) { products(filter: {tags: $tags}) { totalCount } }", {"tags": ["a"] * 10_000}
    )


async def test_slug_longer_than_its_column_is_not_cut(shop: AsyncEngine) -> None:
    """An escape keeps the literal in the document."""
    query = '{{ product(slug: "\\u0070{}") {{ slug }} }}'.format
    assert (await data_of(shop, query("p" * 254)))["product"] is not None
    assert (await data_of(shop, query("p" * 255)))["product"] is None


# Data


async def test_stored_numbers_beyond_64_bits_are_answered(shop: AsyncEngine) -> None:
    data = await data_of(shop, f'{{ product(slug: "{"p" * 255}") {{ metadata }} }}')
    assert data["product"]["metadata"] == {"big": 2.0**70, "bigger": -1e30, "exact": 1.1}


async def test_missing_row_where_none_may_be_null_is_an_error(engine: AsyncEngine) -> None:
    await execute(engine, text("DELETE FROM shops"))
    body = await run(engine, "{ shop { name } products { totalCount } }")
    assert [error["path"] for error in body["errors"]] == [["shop"]]
    assert body["data"] is None


# Size


DEEP = {
    "parents": ("categories(first: 1) { nodes { ", "parent { ", "id", " }", 2),
    "children": ("categories(first: 1) { nodes { ", "children { ", "id", " }", 2),
    "products": ("products(first: 1) { nodes { ", "reviews(first: 1) { nodes { product { ", "id", " } } }", 2),
    "edges": ("products(first: 1) { nodes { ", "variants(first: 1) { edges { node { product { ", "id", " } } } }", 2),
    "tiers": ('node(id: "U2VydmljZTo=") { ... on Service { ', "tiers { service { ", "slug", " } }", 2),
}


@pytest.mark.parametrize("levels", [20, 45, 80, 400])
@pytest.mark.parametrize("name", DEEP)
async def test_deep_operations_are_answered_or_refused(shop: AsyncEngine, name: str, levels: int) -> None:
    """The stack ends somewhere, and Python's own parser before that; neither is the server's fault."""
    before, step, leaf, after, closing = DEEP[name]
    query = "{ " + before + step * levels + leaf + after * levels + " }" * closing + " }"
    request = GraphQLRequest(query.replace("U2VydmljZTo=", await lonely_id(shop)))
    answer = await answered(compiling_on(shop), shop, request)
    referred = (await run(shop, request.query, compiles=answer.encoded is not None)).get("errors", [])
    assert {error["extensions"]["code"] for error in referred} <= {"GRAPHQL_PARSE_FAILED"}


async def test_lists_within_lists_are_functions_of_their_own() -> None:
    """Python 3.13 writes comprehensions that stand in one another past the end of a table: the process is gone."""
    compiler = Compiler(schema)
    operation = operation_of("{ categories { nodes { " + "children { " * 29 + "id" + " }" * 32)
    values = compiler.coerce(operation, {})
    assert not isinstance(values, list)
    written = compiler.plan(operation, values, VISITOR).shape.__globals__.values()
    assert sum(isinstance(found, FunctionType) and found.__code__.co_filename == "<plan>" for found in written) > 29


async def lonely_id(engine: AsyncEngine) -> str:
    """The id of a service with one tier."""
    data = await data_of(engine, '{ service(slug: "lonely") { id } }')
    identifier: str = data["service"]["id"]
    return identifier


async def test_rows_of_too_many_columns_are_left_to_the_reference() -> None:
    compiler = Compiler(schema)
    counts = "{{ products(first: 1) {{ nodes {{ {} }} }} }}".format
    assert reason_of(compiler, counts(" ".join(f"a{n}: createdAt" for n in range(3000)))) is None
    many = " ".join(f"a{n}: inStock" for n in range(1665))
    assert reason_of(compiler, counts(many)) == Reason.TOO_LARGE
    assert reason_of(compiler, counts(many.replace("a0: inStock ", ""))) is None


async def test_rows_beyond_the_window_are_not_read_for_nothing() -> None:
    """A list reads a row more than it gives only where it is asked whether there are more, and not too deep."""
    compiler = Compiler(schema)
    step = "reviews(first: 1) {{ {} nodes {{ product {{ "

    def nested(levels: int, page_info: str) -> str:
        return "{ products { nodes { " + step.format(page_info) * levels + "id" + " } } }" * (levels + 1)

    assert reason_of(compiler, nested(15, "pageInfo { hasPreviousPage endCursor }")) is None
    assert reason_of(compiler, nested(4, "pageInfo { hasNextPage }")) is None
    assert reason_of(compiler, nested(5, "pageInfo { hasNextPage }")) == Reason.TOO_LARGE


@pytest.mark.parametrize("page_info", ["", "pageInfo { hasPreviousPage }", "pageInfo { hasNextPage }"])
@pytest.mark.parametrize("window", ["first: 0", "first: 1", "first: 2", "first: 50", "last: 0", "last: 1", "last: 50"])
async def test_window_is_the_same_whether_it_looks_ahead_or_not(shop: AsyncEngine, window: str, page_info: str) -> None:
    inner = f"variants({window}) {{ {page_info} totalCount edges {{ cursor node {{ sku }} }} }}"
    await data_of(shop, f"{{ products({window}) {{ {page_info} nodes {{ slug {inner} }} }} }}")


# Memory


async def test_refusal_keeps_nothing_of_the_requests_it_refused() -> None:
    compiler = Compiler(schema)
    operation = operation_of("{ products { nodes { internalNotes } } }")
    values = compiler.coerce(operation, {})
    assert not isinstance(values, list)
    depths = []
    for _ in range(3):
        with pytest.raises(NotCompilableError) as refused:
            compiler.plan(operation, values, VISITOR)
        depths.append(len(refused.traceback))
    assert depths == [depths[0]] * 3
