"""Conditions that every area's filters share. They build SQL from their values and never look at them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Integer, SmallInteger, any_, bindparam, func
from sqlalchemy.orm import InstrumentedAttribute

Column = ColumnElement[Any] | InstrumentedAttribute[Any]


def among(column: Column, values: Sequence[Any] | BindParameter[Any]) -> ColumnElement[bool]:
    """`column` is one of the values, sent as one array parameter."""
    return column == any_(array_parameter(column, values))


def array_parameter(column: Column, values: Sequence[Any] | BindParameter[Any]) -> BindParameter[Any]:
    """The values as one array of the column's type; a bind parameter already is one.

    A small column is compared with integers, so that no value is out of its range.
    """
    if isinstance(values, BindParameter):
        return values
    element = Integer() if isinstance(column.type, SmallInteger) else column.type
    return bindparam(None, list(values), type_=ARRAY(element))


def found(entity: Any, question: Any) -> ColumnElement[bool]:
    """The row's words answer the question; nothing typed makes this fail."""
    return entity.search.op("@@", is_comparison=True)(func.search_query(question))  # type: ignore[no-any-return]
