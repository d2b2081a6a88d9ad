"""What mutations show of the rows they have written: one compiled statement where that can be, and always the same."""

import gc
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID
from weakref import ReferenceType, ref

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import Viewer
from compiler.execution import Compiler
from resolvers.context import Context
from resolvers.ids import encode_id
from schema.root import schema
from server.compiled_reads import CompiledReads
from server.connections import read_pool
from server.graphql_execution import Executor
from server.graphql_request import GraphQLRequest
from tests.databases import settings_for
from tests.executors import REFERENCE, ROOMY, body_of, compiling_on
from tests.factories import add_product, new_id, shared_engine, writing
from tests.safeguards import SAFEGUARDS

Json = dict[str, Any]

ADD = """
    mutation Add($input: AddToCartInput!, $more: Int, $wantsLines: Boolean = true) {
      first: addToCart(input: $input) {
        kind: __typename
        ... on AddedToCart { guestToken cart { ...Whole other: lineCount %s } }
        ... on Problem { message }
      }
    }
    fragment Whole on Cart {
      __typename units currency
      lines @include(if: $wantsLines) {
        quantity
        variant { sku product { name reviews(first: $more) { totalCount nodes { rating } } } }
        unitPrice { amount currencyCode } unitPriceSeen { amount } sum: subtotal { amount __typename }
      }
      shippingAddress { name }
    }
"""


@pytest.fixture(scope="module")
async def engine(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database of these tests' own."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def variant(engine: AsyncEngine) -> UUID:
    """Something to buy."""
    async with writing(engine) as session:
        return (await add_product(session, stock=20)).default_variant_id


def given_lines(variant: UUID, number_of_lines: int) -> Json:
    """The input that adds so many times two units."""
    return {"lines": [{"variantId": encode_id("ProductVariant", variant), "quantity": 2}] * number_of_lines}


async def added(
    executor: Executor, engine: AsyncEngine, variant: UUID, below: str = "", number_of_lines: int = 1, **variables: Any
) -> tuple[Json, int]:
    """The answer to a guest who adds to a cart of their own, and how many statements loaders have read with."""
    given = given_lines(variant, number_of_lines)
    async with Context(engine, Viewer(guest_id=new_id()), SAFEGUARDS) as context:
        request = GraphQLRequest(ADD % below, variables={"input": given, **variables})
        answer = await executor.run(request, context)
        return body_of(answer), context.reading.statements


@pytest.mark.parametrize("variables", [{"more": 2}, {"wantsLines": False}, {}], ids=str)
async def test_both_executors_show_the_same(engine: AsyncEngine, variant: UUID, variables: Json) -> None:
    compiled, read = await added(compiling_on(engine), engine, variant, **variables)
    referred, _ = await added(REFERENCE, engine, variant, **variables)
    assert "errors" not in compiled
    assert compiled == referred
    assert compiled["data"]["first"]["cart"]["units"] == 2
    assert read == 0


async def test_request_leaves_nothing_to_the_garbage_collector(engine: AsyncEngine, variant: UUID) -> None:
    executor = compiling_on(engine)
    await added(executor, engine, variant)
    request = GraphQLRequest(ADD % "", variables={"input": given_lines(variant, 1)})

    async def served() -> ReferenceType[Context]:
        async with Context(engine, Viewer(guest_id=new_id()), SAFEGUARDS) as context:
            assert not (await executor.run(request, context)).errors
            return ref(context)

    gc.disable()
    try:
        assert (await served())() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("below", ["problems { message }", "account { id }"])
async def test_rows_that_are_not_compiled_are_loaded(engine: AsyncEngine, variant: UUID, below: str) -> None:
    compiled, read = await added(compiling_on(engine), engine, variant, below)
    referred, _ = await added(REFERENCE, engine, variant, below)
    assert compiled == referred
    assert read > 0


async def test_plans_do_not_depend_on_what_is_given(engine: AsyncEngine, variant: UUID) -> None:
    url = engine.sync_engine.get_execution_options()["url"]
    pool, compiler = read_pool(url, settings_for(url)), Compiler(schema, SAFEGUARDS.vault)
    executor = Executor(schema, rules=ROOMY, reads=CompiledReads(compiler, pool, own_pool=pool))
    for number_of_lines in (1, 2, 3):
        await added(executor, engine, variant, number_of_lines=number_of_lines)
    assert (compiler.metrics.misses, compiler.metrics.hits) == (1, 2)
    await pool.close()
