"""Conditions that every area's filters share. They build SQL from their values and never look at them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Enum,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Text,
    any_,
    bindparam,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

Column = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class ArrayArgument:
    """Stands, alone in a list, for a list of scalars that arrives with each request."""

    bind: Callable[[TypeEngine[Any], Callable[[list[Any]], list[Any]]], BindParameter[Any]]
    path: tuple[str | int, ...]
    convert: Callable[[list[Any]], list[Any]] = list

    def converted(self, convert: Callable[[list[Any]], list[Any]]) -> "ArrayArgument":
        """The same list, converted when it arrives."""
        return replace(self, convert=convert)


def one_of(column: Column, members: Sequence[Any]) -> ColumnElement[bool]:
    """`column` is one of the members of a closed set, which are structure and no parameters."""
    return column.in_(list(dict.fromkeys(members)))


@runtime_checkable
class Arriving(Protocol):
    """A scalar that arrives with each request."""

    def converted(self, convert: Callable[[Any], Any], kind: TypeEngine[Any]) -> BindParameter[Any]:
        """The same scalar, converted when it arrives, as an SQL value of that type."""


def among(column: Column, values: Sequence[Any]) -> ColumnElement[bool]:
    """`column` is one of the values, sent as one array parameter."""
    return column == any_(array_parameter(column, values))


def array_parameter(column: Column, values: Sequence[Any]) -> ColumnElement[Any]:
    """The values as one array, with room for more than the column has, so that none is cut or refused."""
    element = roomy(column.type)
    if len(values) == 1 and isinstance(values[0], ArrayArgument):
        return values[0].bind(ARRAY(element), values[0].convert)
    if any(isinstance(value, BindParameter) for value in values):
        return array(values, type_=element)
    return bindparam(None, list(values), type_=ARRAY(element))


def roomy(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """A type with room for whatever a column of that type is compared with."""
    if isinstance(kind, SmallInteger):
        return Integer()
    if isinstance(kind, Numeric):
        return Numeric()
    return Text() if isinstance(kind, String) and not isinstance(kind, Enum) else kind
