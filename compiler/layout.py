"""The layout of a row: which SQL expression stands at which place of the tuple that arrives."""

from collections.abc import Hashable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, ScalarSelect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from compiler.errors import NotCompilableError, Reason

MAXIMUM_COLUMNS = 1664
"""The most that PostgreSQL allows of a row."""


class Layout:
    """The columns of one row, each once. Raises NotCompilableError for more than a row can have."""

    def __init__(self) -> None:
        self.columns: list[ColumnElement[Any]] = []
        self._places: dict[Hashable, int] = {}

    def place(self, column: ColumnElement[Any], key: Hashable = None) -> int:
        """Where the column stands; columns with equal keys are one."""
        if key is not None and key in self._places:
            return self._places[key]
        if len(self.columns) == MAXIMUM_COLUMNS:
            raise NotCompilableError(Reason.TOO_LARGE, f"more than {MAXIMUM_COLUMNS} columns")
        self.columns.append(column)
        if key is not None:
            self._places[key] = len(self.columns) - 1
        return len(self.columns) - 1


class ArrayOf(ColumnElement[Any]):
    """The rows of a subquery as one array: ARRAY(SELECT ROW(…) …)."""

    inherit_cache = False

    def __init__(self, rows: ScalarSelect[Any]) -> None:
        self.rows = rows

    @property
    def _from_objects(self) -> list[FromClause]:
        return []


@compiles(ArrayOf)
def _render_array(element: ArrayOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"ARRAY{compiler.process(element.rows, **options)}"
