"""Rows as one parameter of a statement, which is the same for any number of them: SQLAlchemy works it over once.

They travel as JSON, of which PostgreSQL makes the types of the table, or as arrays, side by side.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import orjson
from sqlalchemy import ARRAY, ColumnElement, FromClause, Table, Text, bindparam, column, func, literal_column, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert
from sqlalchemy.types import TypeEngine

from models import Base


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that make no objects of its rows."""
    return cast("Table", model.__table__)


def given_rows(model: type[Base], names: Iterable[str], parameter: str) -> FromClause:
    """The columns of the rows that the parameter holds, as `as_json` writes them."""
    table = table_of(model)
    rows = func.jsonb_populate_recordset(
        literal_column(f"NULL::{table.name}"), sql_cast(bindparam(parameter, type_=Text()), JSONB)
    )
    return rows.table_valued(*(column(name, table.c[name].type) for name in names)).alias(f"given_{parameter}")


def insertion_of(model: type[Base], names: Iterable[str], parameter: str) -> Insert:
    """The statement that inserts the rows of the parameter. Of columns that are not named the default holds."""
    names = tuple(names)
    given = given_rows(model, names, parameter)
    return insert(table_of(model)).from_select(names, select(*given.c), include_defaults=False)


def given_array(parameter: str, element: TypeEngine[Any]) -> ColumnElement[Any]:
    """The array that the parameter holds, which PostgreSQL does not see into when it plans.

    It keeps one plan for arrays of all lengths so. What it saw it would plan for anew each time, and that takes longer
    than to read a few rows.
    """
    kind = ARRAY(element)
    return sql_cast(select(bindparam(parameter, type_=kind)).scalar_subquery(), kind)  # ANY (SELECT …) would be of rows


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows for a parameter. Bytes are written as PostgreSQL reads them."""
    return orjson.dumps(list(rows), default=_written).decode()


def _written(value: Any) -> str:
    """Numbers keep all their digits as text; ids may be of the driver's own kind."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
