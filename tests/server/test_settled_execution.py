"""Of several fields that fail at once, the same one is told each time, and nothing is left behind."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    Source,
    execute,
    parse,
)

from server.settled_execution import SettlingExecutor, in_document_order

Resolve = Callable[[Any, Any], Any]


def whole(kind: GraphQLOutputType) -> GraphQLNonNull[Any]:
    """The type without null, so that a failure ends what is around it."""
    return GraphQLNonNull(kind)


async def answered(fields: dict[str, GraphQLField], text: str) -> ExecutionResult:
    """What the executor makes of a query of a schema with these fields."""
    schema = GraphQLSchema(GraphQLObjectType("Query", fields))
    result = execute(schema, parse(text), executor_class=SettlingExecutor)
    return await result if isinstance(result, Awaitable) else result


def failing_turned_round() -> tuple[Resolve, Resolve]:
    """Two resolvers that fail: the first of them after the second."""
    second_failed = asyncio.Event()

    async def first(_source: Any, _info: Any) -> int:
        await second_failed.wait()
        raise GraphQLError("first")

    async def second(_source: Any, _info: Any) -> int:
        second_failed.set()
        raise GraphQLError("second")

    return first, second


async def test_the_field_that_stands_first_is_told_even_if_it_fails_last() -> None:
    """A query whose fields all end it."""
    first, second = failing_turned_round()
    fields = {
        "first": GraphQLField(whole(GraphQLInt), resolve=first),
        "second": GraphQLField(whole(GraphQLInt), resolve=second),
    }
    for text, told in (("{ first second }", "first"), ("{ second first }", "second")):
        result = await answered(fields, text)
        assert result.data is None
        assert [error.message for error in result.errors or ()] == [told]


async def test_the_item_that_stands_first_is_told_even_if_it_fails_last() -> None:
    """A list whose items all end it: those that are awaited themselves, and those whose fields are."""
    for is_awaited in (True, False):
        first, second = failing_turned_round()
        item = GraphQLObjectType("Item", {"value": GraphQLField(whole(GraphQLInt), resolve=lambda call, _: call())})
        kind = GraphQLInt if is_awaited else item

        def items(
            _source: Any, _info: Any, calls: tuple[Resolve, ...] = (first, second), is_awaited: bool = is_awaited
        ) -> list[Any]:
            return [call(None, None) if is_awaited else lambda call=call: call(None, None) for call in calls]

        fields = {"items": GraphQLField(GraphQLList(whole(kind)), resolve=items)}
        result = await answered(fields, "{ items }" if is_awaited else "{ items { value } }")
        assert result.data == {"items": None}
        assert [(error.message, error.path and error.path[1]) for error in result.errors or ()] == [("first", 0)]


@pytest.mark.parametrize("awaits", [False, True])
async def test_what_runs_beside_a_failure_comes_to_its_end(awaits: bool) -> None:
    """Also within what had not begun when it failed, and where it fails at once. Lost coroutines fail every test."""
    ended = []

    async def slow(_source: Any, _info: Any) -> int:
        await asyncio.sleep(0)
        ended.append("slow")
        return 1

    async def later() -> int:
        raise GraphQLError("refused")

    def refused(_source: Any, _info: Any) -> Any:
        if awaits:
            return later()
        raise GraphQLError("refused")

    inner = GraphQLObjectType("Inner", {"one": GraphQLField(GraphQLInt, resolve=slow)})
    fields = {
        "inner": GraphQLField(GraphQLList(inner), resolve=lambda *_: [{}, {}]),
        "refused": GraphQLField(whole(GraphQLInt), resolve=refused),
        "after": GraphQLField(inner, resolve=lambda *_: {}),
    }
    result = await answered(fields, "{ inner { one two: one } refused after { one } }")
    assert (result.data, [error.message for error in result.errors or ()]) == (None, ["refused"])
    for _turn in range(10):
        await asyncio.sleep(0)
    assert len(ended) == (5 if awaits else 4), "`after` is not asked for once `refused` has failed at once"


def test_errors_are_told_in_the_order_of_the_document() -> None:
    """Fields by where they stand, items by their place in the list and not by their digits."""
    source = Source("{\n a\n b\n}")
    document = parse(source).definitions[0].selection_set.selections  # type: ignore[attr-defined]
    paths: list[tuple[Any, list[str | int]]] = [
        (document[1], ["b", "nodes", 10]),
        (document[1], ["b", "nodes", 9]),
        (document[0], ["z"]),
        (document[0], ["a"]),
    ]
    errors = [GraphQLError(str(path[-1]), node, path=path) for node, path in paths]
    assert [error.message for error in in_document_order(errors)] == ["a", "z", "9", "10"]
    assert in_document_order([GraphQLError("nowhere"), *errors])[0].message == "nowhere"
