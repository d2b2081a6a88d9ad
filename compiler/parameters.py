"""Variables of an operation as parameters: their shape is part of the plan, their values arrive with each request.

Null and absent values, enums, booleans, input objects and the length of their lists are structure. Every other
scalar is a parameter; a list of scalars is one array parameter.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
)

Path = tuple[str | int, ...]
STRUCTURAL_SCALARS = {"Boolean", "JSON"}


@dataclass(frozen=True, slots=True)
class Structured:
    """A variable's value in which parameters stand for the scalars, and what tells its shape from others."""

    value: Any
    shape: Hashable


def structured(
    value: Any, kind: GraphQLInputType, path: Path, parameter: Callable[[Path, bool, str], Any]
) -> Structured:
    """The structure of a coerced value; `parameter` makes what stands for a scalar, or for a list of them."""
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if value is None:
        return Structured(None, None)
    if isinstance(kind, GraphQLList):
        return _structured_list(value, kind.of_type, path, parameter)
    if isinstance(kind, GraphQLInputObjectType):
        return _structured_object(value, kind, path, parameter)
    if isinstance(kind, GraphQLScalarType) and kind.name not in STRUCTURAL_SCALARS:
        return Structured(parameter(path, False, kind.name), "?")  # noqa: FBT003 - a callback
    return Structured(value, ("=", value if isinstance(value, Hashable) else repr(value)))


def _structured_list(
    values: Sequence[Any], item: GraphQLInputType, path: Path, parameter: Callable[[Path, bool, str], Any]
) -> Structured:
    named = item.of_type if isinstance(item, GraphQLNonNull) else item
    if isinstance(named, GraphQLScalarType) and named.name not in STRUCTURAL_SCALARS and None not in values:
        return Structured([parameter(path, True, named.name)], "?*")  # noqa: FBT003 - a callback
    items = [structured(value, item, (*path, index), parameter) for index, value in enumerate(values)]
    return Structured([each.value for each in items], tuple(each.shape for each in items))


def _structured_object(
    value: Mapping[str, Any], kind: GraphQLInputObjectType, path: Path, parameter: Callable[[Path, bool, str], Any]
) -> Structured:
    parts = {
        name: structured(inner, kind.fields[name].type, (*path, name), parameter) for name, inner in value.items()
    }
    return Structured(
        {name: part.value for name, part in parts.items()}, tuple((name, part.shape) for name, part in parts.items())
    )
