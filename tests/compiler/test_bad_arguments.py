"""Whatever is given to whichever argument: both executors tell the same."""

import os
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, get_named_type, is_scalar_type
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import Viewer
from compiler.errors import Reason
from server.graphql_request import GraphQLRequest
from tests.api import data_of
from tests.compiler.bad_values import (
    DECIMALS,
    IDS,
    LONG_LISTS,
    MOMENTS,
    NUMBERS,
    OWNER,
    SHAPES,
    TEXTS,
    Argument,
    Variable,
    arguments,
    literal,
    tampered,
    with_leaf,
)
from tests.executors import REFERENCE, answered, compiling_on, written
from tests.factories import add_belongings, add_shopful, add_user, shared_engine, writing

THOROUGH = "MERKATO_EQUALITY_EXAMPLES" in os.environ
"""Whether every argument is given every value in every way, rather than some of them."""

ARGUMENTS = list(arguments())


def sort_of(argument: Argument) -> str:
    """What the argument's leaf is: a scalar by its name, an enum, an input, or a list of these."""
    named = get_named_type(argument.leaf_kind)
    name = named.name if is_scalar_type(named) else type(named).__name__
    return f"[{name}]" if "[" in str(argument.leaf_kind) else name


ALIKE = {sort: [each for each in ARGUMENTS if sort_of(each) == sort] for sort in sorted(set(map(sort_of, ARGUMENTS)))}
"""The arguments that share the values, else: together those of each sort are given every value in every way."""


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A few rows of everything."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            await add_shopful(session, 3)
            owner = await add_user(session, id=OWNER)
            for _ in range(3):
                await add_belongings(session, owner)
        yield engine


async def differences(engine: AsyncEngine, requests: list[GraphQLRequest], viewer: Viewer) -> list[str]:
    """The requests that the executors answer differently, or by a statement that failed."""
    found = []
    for request in requests:
        served = await answered(compiling_on(engine), engine, request, viewer)
        referred = await answered(REFERENCE, engine, request, viewer)
        codes = Counter((error.extensions or {}).get("code") for error in served.errors)
        if (written(served), served.status()) != (written(referred), referred.status()):
            found.append(f"{request}: {written(served)[:300]!r} instead of {written(referred)[:300]!r}")
        elif codes["INTERNAL_SERVER_ERROR"]:
            found.append(f"{request}: {written(served)[:300]!r}")
    return found


def requests_for(argument: Argument, value: Any, way: int) -> GraphQLRequest:
    """A request that gives the value to the argument: in a variable as a whole, or for the leaf, or as a literal."""
    first = {"first": 1}
    if way == 0:
        whole = with_leaf(argument.kind, argument.path, value)
        document = argument.document("$value", f"$value: {argument.kind}")
        return GraphQLRequest(document, variables={**first, "value": whole})
    if way == 1:
        given = literal(with_leaf(argument.kind, argument.path, Variable()))
        document = argument.document(given, f"$value: {argument.leaf_kind}")
        return GraphQLRequest(document, variables={**first, "value": value})
    given = literal(with_leaf(argument.kind, argument.path, value), names=way == 3)
    return GraphQLRequest(argument.document(given), variables=first)


def values_for(argument: Argument) -> list[Any]:
    """What the argument is given."""
    values: list[Any] = [*SHAPES, *TEXTS, *NUMBERS]
    kind = str(argument.leaf_kind)
    values += DECIMALS if "Decimal" in kind else DECIMALS[-8:]
    values += MOMENTS if "DateTime" in kind else MOMENTS[:2]
    values += IDS if "ID" in kind else IDS[:2]
    if "[ID" in kind:
        values += [[each, IDS[0]] for each in IDS]
    return values


@pytest.mark.parametrize("argument", ARGUMENTS, ids=str)
async def test_values_of_any_kind(shop: AsyncEngine, argument: Argument) -> None:
    chosen = [(value, way) for value in values_for(argument) for way in range(4)]
    if not THOROUGH:
        alike = ALIKE[sort_of(argument)]
        chosen = chosen[alike.index(argument) :: len(alike)]
    assert await differences(shop, [requests_for(argument, value, way) for value, way in chosen], argument.viewer) == []


@pytest.mark.parametrize("argument", [each for each in ARGUMENTS if not each.path], ids=str)
async def test_long_lists(shop: AsyncEngine, argument: Argument) -> None:
    lists = LONG_LISTS if THOROUGH or "Filter" not in str(argument.kind) else LONG_LISTS[:1]
    below = [each for each in ARGUMENTS if (each.field, each.name) == (argument.field, argument.name)]
    takers = [each for each in below if "[" in str(each.leaf_kind)] or [argument]
    requests = [requests_for(each, value, 0) for each in takers for value in lists]
    assert await differences(shop, requests, argument.viewer) == []


@pytest.mark.parametrize("argument", ARGUMENTS, ids=str)
async def test_absent_and_null(shop: AsyncEngine, argument: Argument) -> None:
    """Left out, null, a variable that is null or left out or has a default, and one that is null despite a default."""
    given = literal(with_leaf(argument.kind, argument.path, Variable()))
    kind = argument.leaf_kind
    nullable = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    default = "" if isinstance(nullable, GraphQLInputObjectType) else f" = {literal(None)}"
    first = {"first": 1}
    plain = argument.document(given, f"$value: {kind}")
    defaulted = argument.document(given, f"$value: {nullable}{default}")
    without = [] if argument.path else [argument.document(""), argument.document("null")]
    requests = [
        *(GraphQLRequest(text, variables=first) for text in without),
        *(
            GraphQLRequest(text, variables={**first, **more})
            for text in (plain, defaulted)
            for more in ({}, {"value": None})
        ),
    ]
    assert await differences(shop, requests, argument.viewer) == []


PAGED = [argument for argument in ARGUMENTS if argument.name == "after" and str(argument) != "Order.events.after"]
"""Visitors, as whom most is asked here, have no orders."""


@pytest.mark.parametrize("argument", PAGED, ids=str)
async def test_cursors_of_any_origin(shop: AsyncEngine, argument: Argument) -> None:
    """Genuine, tampered with, of another order, or of another list; in every order."""
    orders = await cursors_by_order(shop, argument)
    foreign = await cursors_by_order(shop, next(each for each in PAGED if each.field.name != argument.field.name))
    requests = []
    for number, (order, own) in enumerate(orders.items()):
        others = [cursor for name, cursor in (orders | foreign).items() if name != order]
        chosen = tampered(own) if THOROUGH or len(orders) == 1 else tampered(own)[number % 5 :: 5]
        for place, cursor in enumerate([own, *chosen, *others]):
            for name in ("after", "before") if THOROUGH else (("after", "before")[place % 2],):
                arriving = argument.document("null", "$cursor: String", f"{order} {name}: $cursor")
                fixed = argument.document("null", "", f"{order} {name}: {literal(cursor)}")
                texts = (arriving, fixed) if THOROUGH or place % 10 == 0 else (arriving,)
                requests += [
                    GraphQLRequest(text.replace("after: null, ", "", 1), variables={"first": 1, "cursor": cursor})
                    for text in texts
                ]
    assert await differences(shop, requests, argument.viewer) == []


async def cursors_by_order(engine: AsyncEngine, argument: Argument) -> dict[str, str]:
    """A cursor of the list in each of its orders."""
    fields = argument.field.field.args
    sorts = list(fields["sort"].type.values) if "sort" in fields else [""]  # type: ignore[union-attr]
    found = {}
    for sort in sorts:
        order = f"sort: {sort}" if sort else ""
        if sort == "RELEVANCE" and "search" not in fields:
            continue
        search = ', search: "network"' if sort == "RELEVANCE" else ""
        document = argument.document("null", "", f"{order}{search}")
        data = await data_of(engine, document, {"first": 1}, argument.viewer)
        (connection,) = argument.route.objects(data)[:1]
        cursor = connection[argument.field.name]["pageInfo"]["endCursor"]
        if cursor is not None:
            found[f"{order}{search}"] = cursor
    return found


def test_no_statement_fails(shop: AsyncEngine) -> None:
    """Runs last: of all these requests, none was left to the reference executor by an error of PostgreSQL."""
    executor = compiling_on(shop)
    assert set(executor.metrics.fallbacks) <= {Reason.ARGUMENT, Reason.PYTHON_FIELD}
    assert executor._reads is not None  # noqa: SLF001 - nobody else counts its statements here
    assert executor._reads.metrics.statements > 1000  # noqa: SLF001
