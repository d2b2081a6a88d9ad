"""Hostile operations, made from the schema: each argument of each root field, given what it should not be given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    is_union_type,
)

from tests.schema.walk import CORE

ITEM = "[]"
"""The step of a path into a list."""


def nested(levels: int) -> Any:
    """Lists in one another."""
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


WRONG: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**31, 2**63, 2**64 - 1, 1.5, -0.0, 1e300, 5e-324),
    *("", " ", "x", "null", "\x00", "a\x00b", "\uffff", "💥" * 300, "%", "'; DROP TABLE products; --", "\\", "{0}%s"),
    *("<script>", "../../etc/passwd", "http://169.254.169.254/", "1e400", "NaN", "9" * 5000, "é" * 20_000, "\u202ex"),
    *("0000-00-00T00:00:00Z", "UHJvZHVjdDo=", "UHJvZHVjdDp4", "VXNlcjow", "a:b:c", "=" * 500, "$1", "\r\n.\r\n"),
    *([], [None], [[]], [{}], ["x"] * 1000, {}, {"x": 1}, {"": None}, {"a\x00": 1}, {"__proto__": {}}),
    *(nested(31), nested(33), nested(200), {"and": [{"not": {"or": [{}]}}]}),
)


@dataclass(frozen=True, slots=True)
class Hostile:
    """An operation and its variables."""

    name: str
    query: str
    variables: dict[str, Any]
    """Bytes stand for files."""

    @property
    def without_files(self) -> dict[str, Any]:
        """The operation as JSON can say it."""
        return {"query": self.query, "variables": _plain(self.variables)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else None if isinstance(value, bytes) else value


def hostile_operations(share: int) -> Iterator[Hostile]:
    """Each place of each root field's arguments with one in `share` of the wrong values, always others."""
    number = 0
    for kind in (CORE.query_type, CORE.mutation_type, CORE.subscription_type):
        assert isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items():
            for argument, declared in field.args.items():
                for path in _paths(declared.type, 3):
                    for wrong in WRONG[number % share :: share]:
                        yield _operation(kind, name, argument, path, wrong)
                    number += 1


def _operation(kind: GraphQLObjectType, name: str, argument: str, path: Sequence[str], wrong: Any) -> Hostile:
    """The operation with the wrong value at that place, and around it what is required."""
    field = kind.fields[name]
    given = {each: _sample(other.type) for each, other in field.args.items() if isinstance(other.type, GraphQLNonNull)}
    given[argument] = _with_leaf(field.args[argument].type, path, wrong)
    declared = ", ".join(f"${each}: {field.args[each].type}" for each in given)
    passed = ", ".join(f"{each}: ${each}" for each in given)
    query = f"{kind.name.lower()} ({declared}) {{ {name}({passed}) {_selection(field)} }}"
    return Hostile(f"{kind.name}.{name}({argument}.{'.'.join(path)}: {wrong!r:.40})", query, given)


def _selection(field: GraphQLField) -> str:
    kind = get_named_type(field.type)
    if not is_composite_type(kind):
        return ""
    is_result = is_union_type(kind) and any(each.name == "Problem" for one in kind.types for each in one.interfaces)
    return "{ __typename ... on Problem { message } }" if is_result else "{ __typename }"


def _paths(kind: GraphQLInputType, depth: int) -> Iterator[tuple[str, ...]]:
    yield ()
    nullable = _nullable(kind)
    if isinstance(nullable, GraphQLList):
        for path in _paths(nullable.of_type, depth):
            yield (ITEM, *path)
    if isinstance(nullable, GraphQLInputObjectType) and depth:
        for name, field in nullable.fields.items():
            if name not in {"and", "or", "not"}:
                for path in _paths(field.type, depth - 1):
                    yield (name, *path)


def _with_leaf(kind: GraphQLInputType, path: Sequence[str], leaf: Any) -> Any:
    if not path:
        return leaf
    step, *further = path
    nullable = _nullable(kind)
    if step == ITEM:
        return [_with_leaf(nullable.of_type, further, leaf)]
    return {**_required(nullable), step: _with_leaf(nullable.fields[step].type, further, leaf)}


def _sample(kind: GraphQLInputType) -> Any:
    nullable = _nullable(kind)
    if isinstance(nullable, GraphQLList):
        return [_sample(nullable.of_type)]
    if isinstance(nullable, GraphQLInputObjectType):
        return _required(nullable)
    if isinstance(nullable, GraphQLEnumType):
        return next(iter(nullable.values))
    known = {
        "Int": 1,
        "Boolean": True,
        "Decimal": "1.5",
        "Date": "2026-01-01",
        "DateTime": "2026-01-01T00:00:00Z",
        "Upload": b"",
    }
    return known.get(nullable.name, "UHJvZHVjdDowMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDA=")


def _required(kind: GraphQLInputObjectType) -> dict[str, Any]:
    return {name: _sample(field.type) for name, field in kind.fields.items() if isinstance(field.type, GraphQLNonNull)}


def _nullable(kind: GraphQLInputType) -> Any:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind
