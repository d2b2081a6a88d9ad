"""Variables of an operation: their shape is part of a plan, their values arrive with each request.

Null and absent values, enums, booleans, input objects and the length of their lists are structure. Every other
scalar is a parameter; a list of scalars is one array parameter.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
)

from compiler.errors import NotCompilableError, Reason

Path = tuple[str | int, ...]

Scalar = Callable[[Path, GraphQLScalarType], Any]
"""Makes what stands for a scalar, or for a list of them, that arrives with each request."""

LONGEST_STRUCTURE = 100
"""The most items of a list that is structure: its shape is kept with the plan."""

STRUCTURAL_SCALARS = frozenset({"Boolean", "JSON"})


def shape_of(value: Any, kind: GraphQLInputType) -> Hashable:
    """What tells the structure of a coerced value from others."""
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if value is None:
        return None
    if isinstance(kind, GraphQLList):
        if is_array(kind, value):
            return "?*"
        if len(value) > LONGEST_STRUCTURE:
            raise NotCompilableError(Reason.ARGUMENT, "a long list of objects")
        return tuple(shape_of(item, kind.of_type) for item in value)
    if isinstance(kind, GraphQLInputObjectType):
        fields = kind.fields
        return tuple((name, shape_of(inner, fields[name].type)) for name, inner in value.items())
    if is_parameter(kind):
        return "?"
    return ("=", value if isinstance(value, Hashable) else repr(value))


def structured(value: Any, kind: GraphQLInputType, path: Path, one: Scalar, several: Scalar) -> Any:
    """The coerced value with something standing for each of its scalars."""
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if value is None:
        return None
    if isinstance(kind, GraphQLList):
        if is_array(kind, value):
            return [several(path, _scalar(kind.of_type))]
        return [structured(item, kind.of_type, (*path, index), one, several) for index, item in enumerate(value)]
    if isinstance(kind, GraphQLInputObjectType):
        return _structured_object(value, kind, path, one, several)
    return one(path, _scalar(kind)) if is_parameter(kind) else value


def is_parameter(kind: GraphQLInputType) -> bool:
    """Whether values of the type are no structure."""
    return isinstance(kind, GraphQLScalarType) and kind.name not in STRUCTURAL_SCALARS


def is_array(kind: GraphQLList[Any], value: list[Any]) -> bool:
    """Whether the list is one array parameter."""
    item = kind.of_type.of_type if isinstance(kind.of_type, GraphQLNonNull) else kind.of_type
    return is_parameter(item) and None not in value


def _structured_object(
    value: Mapping[str, Any], kind: GraphQLInputObjectType, path: Path, one: Scalar, several: Scalar
) -> dict[str, Any]:
    return {
        name: structured(inner, kind.fields[name].type, (*path, name), one, several) for name, inner in value.items()
    }


def _scalar(kind: Any) -> GraphQLScalarType:
    named = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    assert isinstance(named, GraphQLScalarType)  # noqa: S101 - is_parameter has said so
    return named
