"""Conditions that every area's filters share. They build SQL from their values and never look at them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BindParameter, ColumnElement, any_, bindparam, func


def among(column: ColumnElement[Any], values: Sequence[Any] | BindParameter[Any]) -> ColumnElement[bool]:
    """`column` is one of the values, sent as one array parameter."""
    return column == any_(array_parameter(column, values))


def array_parameter(column: ColumnElement[Any], values: Sequence[Any] | BindParameter[Any]) -> BindParameter[Any]:
    """The values as one array of the column's type; a bind parameter already is one."""
    if isinstance(values, BindParameter):
        return values
    return bindparam(None, list(values), type_=ARRAY(column.type))


def found(entity: Any, question: Any) -> ColumnElement[bool]:  # noqa: ANN401 - an alias, and a value or its parameter
    """The row's words answer the question; nothing typed makes this fail."""
    return entity.search.op("@@", is_comparison=True)(func.search_query(question))  # type: ignore[no-any-return]
