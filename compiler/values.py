"""How single values travel: what stands in the row for a scalar, and the code that makes its text form of it."""

from collections.abc import Hashable
from enum import Enum, auto
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
)
from sqlalchemy import ARRAY, ColumnElement, Float, Text
from sqlalchemy import cast as sql_cast

from compiler.layout import Layout


class Form(Enum):
    """As what a column travels."""

    STORED = auto()
    TEXT = auto()
    TEXTS = auto()
    FLOAT = auto()


Owner = tuple[Any, str]
"""An entity, and the attribute of it that a column is."""


def scalar(kind: GraphQLOutputType, column: ColumnElement[Any], layout: Layout, owner: Owner | None = None) -> str:
    """Place a column as it should travel; gives the code that reads it. Columns of one owner are one."""
    nullable = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if isinstance(nullable, GraphQLList):  # asyncpg decodes no other array of strings within a row
        return _named(get_named_type(kind), _read(layout, sql_cast(column, ARRAY(Text)), owner, Form.TEXTS))
    match get_named_type(kind).name:
        case "Decimal":
            return _read(layout, sql_cast(column, Text), owner, Form.TEXT)
        case "Float":
            return _read(layout, sql_cast(column, Float(53)), owner, Form.FLOAT)
        case "DateTime":
            return f"when({_read(layout, column, owner)})"
        case "JSON":
            return f"json({_read(layout, sql_cast(column, Text), owner, Form.TEXT)})"
        case _:
            return _read(layout, column, owner)


def key_place(entity: Any, layout: Layout) -> int:
    """Where the row's key stands, as text."""
    return layout.place(sql_cast(entity.id, Text), ("key", id(entity)))


def object_type(kind: GraphQLOutputType) -> GraphQLObjectType:
    """The object type below its lists and non-nulls."""
    return cast("GraphQLObjectType", get_named_type(kind))


def _named(kind: GraphQLNamedType, read: str) -> str:
    """The code that gives the names of an enum's stored values, where those are others."""
    if not isinstance(kind, GraphQLEnumType) or all(value.value == name for name, value in kind.values.items()):
        return read
    names = {str(value.value): name for name, value in kind.values.items()}
    return f"[{names!r}[v] for v in {read}]"


def column_key(entity: Any, attribute: str, form: Form) -> Hashable:
    """Equal for what is read of one column in one form."""
    return id(entity), attribute, form


def _read(layout: Layout, column: ColumnElement[Any], owner: Owner | None, form: Form = Form.STORED) -> str:
    return f"r[{layout.place(column, column_key(*owner, form) if owner else None)}]"
