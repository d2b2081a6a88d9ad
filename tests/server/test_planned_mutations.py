"""Mutations that plans carry out: once, whoever shows what has come of them, and as the reference executor would."""

from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

import orjson
import pytest
import strawberry
from sqlalchemy.ext.asyncio import AsyncEngine
from strawberry.schema.config import StrawberryConfig

from auth.permissions import Gate
from auth.viewer import VISITOR, Viewer, viewer_with_role
from compiler.execution import Compiler
from domain.errors import DomainError
from models import Cart, Role
from resolvers.context import Context
from resolvers.errors import DatabaseSilentError
from resolvers.ids import encode_id
from schema.declare import field, mutation
from schema.payloads import payload
from schema.problems import Problem, problem
from schema.root import schema
from schema.scalars import SCALARS
from server.compiled_reads import CompiledReads
from server.document_preparation import INTROSPECTABLE
from server.explanation import ExecutorName
from server.graphql_execution import Executor
from server.graphql_request import GraphQLRequest
from server.read_pool import ReadPool
from tests.executors import ROOMY, answered, body_of, compiling_on, written
from tests.factories import add_product, new_id, writing
from tests.mutations import NoQuery, executor_of
from tests.safeguards import SAFEGUARDS
from tests.statements import count_rows

ADMIN = viewer_with_role(Role.ADMIN, new_id())

ADD = """
    mutation($input: AddToCartInput!, $wantsCart: Boolean = true) {
      added: addToCart(input: $input) {
        ... on AddedToCart { guestToken cart @include(if: $wantsCart) { units } }
        ... on Problem { message }
      }
    }
"""


class FullError(DomainError):
    """Nothing more is counted."""


@problem(FullError, "Nothing more is counted.")
class Full(Problem):
    """Enough."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted."""

    number: int | None


@payload(Counted, "What was counted.")
class CountedPayload:
    """A result with what plans show, and what they do not."""

    number: int = strawberry.field(description="The number.")
    half: float | None = field(lambda counted, _info: counted.number / 2, "Worked out by Python.")


Result = Annotated[CountedPayload | Full, strawberry.union("CountResult")]

counted: list[Viewer] = []
"""Who has counted."""


async def count(context: Context) -> Counted:
    """One more, five at the most."""
    if len(counted) == 5:
        raise FullError("It is full.")
    counted.append(context.viewer)
    return Counted(len(counted))


async def leave(context: Context) -> Counted:
    """Count, and be a visitor from then on."""
    found = await count(context)
    context.go_on_as(VISITOR)
    return found


async def lose_count(context: Context) -> Counted:
    """Count, and give what the schema does not allow."""
    await count(context)
    return Counted(None)


async def fail(context: Context) -> NoReturn:
    """Count, and break down."""
    await count(context)
    raise ZeroDivisionError


@strawberry.type
class Counting:
    """Mutations that count how often they are carried out."""

    count: Result | None = mutation(count, "Count.", requires=Gate.PUBLIC)
    leave: Result | None = mutation(leave, "Leave.", requires=Gate.SIGNED_IN)
    lose_count: Result | None = mutation(lose_count, "Lose count.", requires=Gate.PUBLIC)
    fail: Result | None = mutation(fail, "Fail.", requires=Gate.PUBLIC)


async def never() -> NoReturn:
    """Nothing of a schema without rows is read."""
    raise AssertionError


def planning() -> Executor:
    """An executor of these mutations that makes plans."""
    own = strawberry.Schema(NoQuery, Counting, config=StrawberryConfig(scalar_map=SCALARS))
    return Executor(own, rules=INTROSPECTABLE, reads=CompiledReads(Compiler(own), ReadPool(never, 1)))


PLANNING, REFERENCE = planning(), executor_of(Counting)


async def counts(
    engine: AsyncEngine, executor: Executor, document: str, viewer: Viewer, **variables: Any
) -> tuple[Any, int, ExecutorName]:
    """The response, how often something was counted for it, and who answered."""
    counted.clear()
    answer = await answered(executor, engine, GraphQLRequest(document, variables=variables), viewer)
    return orjson.loads(written(answer)), len(counted), answer.executor


@pytest.mark.parametrize(
    ("document", "times", "executor"),
    [
        ("mutation { count { __typename ... on CountedPayload { number twice: number } } }", 1, ExecutorName.COMPILED),
        ("mutation { n: count { ...Number } } fragment Number on CountedPayload { number }", 1, ExecutorName.COMPILED),
        ("mutation { count { ... on CountedPayload { number half } } }", 1, ExecutorName.REFERENCE),
        (
            "mutation { a: count { __typename } b: count { ... on CountedPayload { number } } }",
            2,
            ExecutorName.REFERENCE,
        ),
        ("mutation { ... on Counting { count { __typename } } }", 1, ExecutorName.REFERENCE),
        ("mutation { __typename }", 0, ExecutorName.REFERENCE),
        ("mutation { leave { ... on CountedPayload { number } } }", 1, ExecutorName.COMPILED),
        ("mutation { leave { ... on CountedPayload { half } } }", 1, ExecutorName.REFERENCE),
        ("mutation { loseCount { __typename ... on CountedPayload { number } } }", 1, ExecutorName.REFERENCE),
        ("mutation { loseCount { __typename } }", 1, ExecutorName.COMPILED),
        ("mutation { a: fail { __typename } }", 1, ExecutorName.REFERENCE),
    ],
)
async def test_each_is_carried_out_once_and_shown_as_ever(
    engine: AsyncEngine, document: str, times: int, executor: ExecutorName
) -> None:
    referred, _, _ = await counts(engine, REFERENCE, document, ADMIN)
    planned, found_times, found_executor = await counts(engine, PLANNING, document, ADMIN)
    assert (found_times, found_executor) == (times, executor)
    assert planned == referred


async def test_refusal_is_shown_with_nothing_done(engine: AsyncEngine) -> None:
    document = "mutation { a: leave { __typename ... on Problem { message } } }"
    refused, times, _ = await counts(engine, PLANNING, document, VISITOR)
    assert (refused["data"], refused["errors"][0]["extensions"]["code"], times) == ({"a": None}, "UNAUTHENTICATED", 0)
    counted.extend([ADMIN] * 5)
    answer = await answered(PLANNING, engine, GraphQLRequest(document), ADMIN)
    assert body_of(answer) == {"data": {"a": {"__typename": "Full", "message": "It is full."}}}
    assert len(counted) == 5


@pytest.mark.parametrize("place", ["count @skip(if: $no) %s", "... @skip(if: $no) { count %s }", "...F"])
async def test_what_is_left_out_is_not_carried_out(engine: AsyncEngine, place: str) -> None:
    fragment = "fragment F on Counting { count @skip(if: $no) { __typename } }" if place == "...F" else ""
    document = "mutation($no: Boolean!) { " + place.replace("%s", "{ __typename }") + " }" + fragment
    for no in (True, False, True):
        body, times, _ = await counts(engine, PLANNING, document, ADMIN, no=no)
        assert (body, times) == ({"data": {} if no else {"count": {"__typename": "CountedPayload"}}}, 0 if no else 1)


async def test_variables_decide_on_what_is_shown(engine: AsyncEngine) -> None:
    document = "mutation($all: Boolean!) { count { __typename ... on CountedPayload { number @include(if: $all) } } }"
    for wants_all in (True, False, True):
        body, _, executor = await counts(engine, PLANNING, document, ADMIN, all=wants_all)
        shown = {"__typename": "CountedPayload"} | ({"number": 1} if wants_all else {})
        assert (body, executor) == ({"data": {"count": shown}}, ExecutorName.COMPILED)


async def test_wrong_variables_are_told_and_nothing_is_done(engine: AsyncEngine) -> None:
    document = "mutation($all: Boolean!) { count { ... on CountedPayload { number @include(if: $all) } } }"
    body, times, _ = await counts(engine, PLANNING, document, ADMIN, all="yes")
    assert ("data" in body, len(body["errors"]), times) == (False, 1, 0)


# Rows that a mutation has written


async def adding(engine: AsyncEngine) -> GraphQLRequest:
    """What puts a new product into a cart."""
    async with writing(engine) as session:
        product = await add_product(session)
    line = {"variantId": encode_id("ProductVariant", product.default_variant_id), "quantity": 1}
    return GraphQLRequest(ADD, variables={"input": {"lines": [line]}})


async def test_token_of_a_new_guest_and_their_cart_are_shown_by_a_plan(engine: AsyncEngine) -> None:
    answer = await answered(compiling_on(engine), engine, await adding(engine))
    shown = body_of(answer)["data"]["added"]
    assert (answer.executor, shown["cart"], bool(shown["guestToken"])) == (ExecutorName.COMPILED, {"units": 1}, True)


async def test_nobody_waits_twice_for_a_row_that_is_not_read(engine: AsyncEngine) -> None:
    asked = []

    async def connect() -> NoReturn:
        asked.append(1)
        raise DatabaseSilentError("no answer")

    silent = ReadPool(connect, 1)
    reads = CompiledReads(Compiler(schema, SAFEGUARDS.vault), silent, own_pool=silent)
    answer = await answered(Executor(schema, rules=ROOMY, reads=reads), engine, await adding(engine))
    (error,) = answer.errors
    assert error.path == ["added", "cart"]
    assert (error.extensions or {})["changes"] == "KEPT"
    assert len(asked) == 1
    assert await count_rows(engine, Cart) == 1
