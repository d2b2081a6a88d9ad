"""Both executors give the same answer, to the byte, whatever is asked, to whomever.

Two strategies draw operations: ours (tests/compiler/operations.py), with all that documents may have, and that of
hypothesis-graphql, which knows nothing of the compiler. MERKATO_EQUALITY_EXAMPLES sets how many operations are tried,
others with each run; MERKATO_EQUALITY_SEED what the shop holds. What fails is printed with its variables, its viewer,
and how to try it again.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import FieldNode, NameNode, Visitor, get_operation_ast, parse, print_ast, visit
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.permissions import Gate
from auth.viewer import VISITOR, Viewer, viewer_with_role
from compiler.errors import NotCompilableError, Reason
from compiler.execution import Compiler, Operation
from compiler.joining import NotJoinableError
from compiler.plan import BoundPlan
from models import Role
from resolvers.errors import BadInputError
from schema.root import schema
from server.compiled_reads import CompiledReads
from server.database import open_connection
from server.graphql_execution import Executor
from server.graphql_request import GraphQLRequest
from server.read_pool import ReadPool
from tests.compiler.conftest import GUEST, OWNERS
from tests.compiler.operations import Asked, Pool, operations
from tests.compiler.random_orders import EACH
from tests.databases import settings_for
from tests.executors import REFERENCE, ROOMY, answered, compiling_on, normalised, written
from tests.queries.test_documents import FOR_STAFF, READS, read_document, root_declarations
from tests.safeguards import SAFEGUARDS
from tests.schema.walk import CORE, fields, is_read

VIEWERS: Mapping[str, Viewer] = (
    {"VISITOR": VISITOR, "GUEST": Viewer(guest_id=GUEST)}
    | {role.value: viewer_with_role(role) for role in Role}
    | {f"OWNER-{place}": viewer_with_role(Role.CUSTOMER, owner) for place, owner in enumerate(OWNERS)}
    | {"OWNER-STAFF": viewer_with_role(Role.STAFF, OWNERS[0])}
)
SEES_ALL = Role.ADMIN.value
"""Asks every other drawn operation: what a viewer may not ask says nothing of compiled statements."""

LONG = "MERKATO_EQUALITY_EXAMPLES"
EXAMPLES = int(os.environ.get(LONG, "200"))

EXCLUDING = (("first", "last"), ("id", "slug"))

PURCHASES = """
    {
      orders(first: 50) {
        nodes {
          id number status customer { name email phone } shippingAddress { name line1 } customerNote expiresAt
          lines { customization productName product { slug } unitPrice { amount currencyCode } }
          discounts { code amount { amount } }
          payments { status failure amount { amount } refunded { amount } transactions { kind status } }
          fulfillments { number carrier trackingNumber lines { quantity line { sku } } }
          events(first: 50) { nodes { kind text fromState toState } }
        }
      }
    }
"""

COMPILER = Compiler(schema, SAFEGUARDS.vault)


async def compiled(pool: ReadPool, query: str, variables: dict[str, Any], viewer: Viewer) -> bytes:
    """What the compiled executor answers, alone or with others; raises when it leaves the operation to the other."""
    document = parse(query)
    definition = get_operation_ast(document)
    assert definition is not None
    operation = Operation(document, definition)
    values = COMPILER.coerce(operation, variables)
    assert not isinstance(values, list), values
    bound = COMPILER.plan(operation, values, viewer).bind(values.coerced, viewer)
    alone = response(await pool.run(bound.run))
    assert set(await joined(pool, bound)) <= {alone}, query
    return alone


async def joined(pool: ReadPool, bound: BoundPlan) -> list[bytes]:
    """What it answers to three who ask at the same time, if they may share a statement."""
    if not bound.plan.joining.is_possible:
        return []
    try:
        rows = await pool.run(partial(bound.plan.joining.fetch, requests=[bound.parameters] * 3))
    except NotJoinableError:
        return []
    return [response(bound.written(row)) for row in rows]


def response(data: bytes) -> bytes:
    """The body with that JSON of `data`, without what may differ."""
    return normalised(orjson.dumps({"data": orjson.Fragment(data)}))


async def assert_equal(engine: AsyncEngine, pool: ReadPool, asked: Asked, viewer: Viewer) -> str:
    """Both answer alike: as the server asks them, and with the literals left where they are. Gives who answered."""
    request = GraphQLRequest(asked.query, variables=asked.variables)
    referred = await answered(REFERENCE, engine, request, viewer)
    expected = written(referred)
    served = await answered(compiling_on(engine), engine, request, viewer)
    assert written(served) == expected, f"{asked}\nwith literals lifted"
    if viewer.preview is not None:  # the connection of that pool has no views
        return Reason.ARGUMENT if served.encoded is None else "compiled"
    try:
        answer = await compiled(pool, asked.query, asked.variables, viewer)
    except (NotCompilableError, BadInputError) as refused:
        return refused.reason if isinstance(refused, NotCompilableError) else Reason.ARGUMENT
    assert answer == expected, asked
    assert served.encoded is not None, asked
    return "compiled"


@pytest.mark.parametrize("viewer", VIEWERS.values(), ids=VIEWERS)
@pytest.mark.parametrize("path", READS, ids=lambda path: path.stem)
async def test_executors_agree_on_every_document(
    path: Path, viewer: Viewer, odd_engine: AsyncEngine, read_pool: ReadPool
) -> None:
    may_read = all(viewer.may(each.requires or Gate.PUBLIC) for each in root_declarations(path))
    may_read &= viewer.may(FOR_STAFF.get(path.stem, Gate.PUBLIC))
    expected = "compiled" if may_read else Reason.PERMISSION
    assert await assert_equal(odd_engine, read_pool, Asked(*read_document(path)), viewer) == expected


@pytest.mark.parametrize("viewer", ["GUEST", "OWNER-0", "OWNER-STAFF", "ANALYST", "ADMIN"])
async def test_executors_agree_on_purchases_that_are_there(
    viewer: str, odd_engine: AsyncEngine, read_pool: ReadPool
) -> None:
    """So that nobody takes empty lists for agreement."""
    assert await assert_equal(odd_engine, read_pool, Asked(PURCHASES, {}), VIEWERS[viewer]) == "compiled"
    seen = await answered(REFERENCE, odd_engine, GraphQLRequest(PURCHASES), VIEWERS[viewer])
    orders = (seen.data or {})["orders"]["nodes"]
    assert len(orders) == (EACH if viewer in {"GUEST", "OWNER-0"} else EACH * 3)
    for order in orders:
        assert all(order[name] for name in ("lines", "discounts", "payments", "fulfillments")), order
        assert order["events"]["nodes"]
        assert any(payment["transactions"] for payment in order["payments"])


PRODUCT = """
    query ($slug: String!, $reviews: Int!) {
      product(slug: $slug) { id name category { name } reviews(first: $reviews) { totalCount nodes { comment } } }
    }
"""


async def test_requests_that_come_at_the_same_time_have_each_their_own_answer(
    odd_engine: AsyncEngine, read_pool: ReadPool
) -> None:
    """Of every product, and of one that is not there."""
    slugs = (await answered(REFERENCE, odd_engine, GraphQLRequest("{ products(first: 100) { nodes { slug } } }"))).data
    variables = [
        {"slug": each["slug"], "reviews": 1 + number % 3}
        for number, each in enumerate([*(slugs or {})["products"]["nodes"], {"slug": "nothing"}])
    ]
    reads = CompiledReads(Compiler(schema, SAFEGUARDS.vault), read_pool)
    executor = Executor(schema, rules=ROOMY, reads=reads)
    requests = [GraphQLRequest(PRODUCT, variables=each) for each in variables]
    found = await asyncio.gather(*(answered(executor, odd_engine, request) for request in requests))
    for request, answer in zip(requests, found, strict=True):
        assert written(answer) == written(await answered(REFERENCE, odd_engine, request)), request
    assert reads.joined > len(requests) / 2 > reads.metrics.statements


async def test_executors_agree_on_generated_operations(
    odd_engine: AsyncEngine, read_pool: ReadPool, pool: Pool
) -> None:
    tally = await compare(odd_engine, read_pool, operations(pool))
    assert tally["compiled"] > EXAMPLES / 3, tally


GUARDED = {walked.name for walked in fields() if walked.declared and walked.declared.declaration.requires}
"""With them, hardly an operation of that library is compiled for those who may not read them."""

IN_PYTHON = {walked.name for walked in fields() if not is_read(walked)}
"""With them, an operation is not compiled."""

OPEN_TO_ALL = [
    walked.name for walked in fields() if walked.type.name == "Query" and walked.name not in GUARDED and is_read(walked)
]


async def test_executors_agree_on_operations_that_another_library_draws(
    odd_engine: AsyncEngine, read_pool: ReadPool, pool: Pool
) -> None:
    strings = st.sampled_from([text for texts in pool.strings.values() for text in texts])
    ids = st.sampled_from([each for some in pool.ids.values() for each in some])
    scalars = {
        "ID": ids.map(nodes.String),
        "String": strings.map(nodes.String),
        "Int": st.integers(0, 6).map(nodes.Int),
        "CountryCode": st.sampled_from(["ET", "KE", "US"]).map(nodes.String),
        "Decimal": st.decimals(0, 30_000, places=2).map(nodes.String),
        "DateTime": st.datetimes(timezones=st.just(UTC)).map(lambda moment: nodes.String(moment.isoformat())),
    }
    documents = queries(
        CORE,
        fields=OPEN_TO_ALL,
        custom_scalars=scalars,
        print_ast=lambda document: print_ast(visit(document, Sensible())),
    )
    tally = await compare(odd_engine, read_pool, documents.map(lambda query: Asked(query, {})))
    assert tally["compiled"] > EXAMPLES / 5, tally


class Sensible(Visitor):
    """Leaves out arguments that exclude others, and cursors, of which a drawn text is none: both are tested apart."""

    def leave_field(self, node: FieldNode, *_: object) -> FieldNode:
        """The field with what is left of its arguments; one that is guarded or in Python gives way to another."""
        if node.name.value in GUARDED | IN_PYTHON:
            return FieldNode(alias=None, name=NameNode(value="__typename"), arguments=(), directives=())
        given = {argument.name.value for argument in node.arguments or ()}
        odd = {"after", "before"} | {second for first, second in EXCLUDING if first in given}
        return replace(node, arguments=tuple(each for each in node.arguments or () if each.name.value not in odd))


async def compare(
    engine: AsyncEngine,
    read_pool: ReadPool,
    drawn: st.SearchStrategy[Asked],
    viewers: Mapping[str, Viewer] = VIEWERS,
    examples: int = EXAMPLES,
) -> Counter[str]:
    """Ask both executors what is drawn, as every one of the viewers; tells who answered how often."""
    tally: Counter[str] = Counter()
    loop = asyncio.get_running_loop()
    asking = st.sampled_from(list(viewers))
    if SEES_ALL in viewers:
        asking |= st.just(SEES_ALL)

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=LONG not in os.environ,
        print_blob=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(asking, drawn)
    def ask(role: str, asked: Asked) -> None:
        note(f"{asked}\nviewer: {role}")
        answered_by = assert_equal(engine, read_pool, asked, viewers[role])
        tally[asyncio.run_coroutine_threadsafe(answered_by, loop).result()] += 1

    await asyncio.to_thread(ask)
    print(dict(tally))  # noqa: T201 - what a long run has covered
    assert set(tally) <= {"compiled", Reason.ARGUMENT, Reason.PERMISSION, Reason.TOO_LARGE}, tally
    return tally


async def test_first_statement_of_a_connection_may_nest_arrays(odd_url: str, odd_engine: AsyncEngine) -> None:
    """Asyncpg reads an array within a row only after it has read one on its own."""
    query = '{ product(slug: "odd-1") { name features reviews(first: 2) { nodes { rating } } } }'
    pool = ReadPool(lambda: open_connection(odd_url, settings_for(odd_url)), 1)
    answer = await compiled(pool, query, {}, VISITOR)
    await pool.close()
    assert answer == written(await answered(REFERENCE, odd_engine, GraphQLRequest(query)))
