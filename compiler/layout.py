"""The layout of a row: which SQL expression stands at which place of the tuple that arrives, and what is joined to it.

Rows below a row are columns of it: a to-one row is joined or a row value, several are an array of row values. Only the
rows of an operation's sole root field come as they are.
"""

from collections.abc import Callable, Hashable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, func, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from compiler.errors import NotCompilableError, Reason
from resolvers.context import AnySelect

MAXIMUM_COLUMNS = 1664
"""The most that PostgreSQL allows of a row."""

MOST_JOINS = 6
"""PostgreSQL weighs all orders of so many tables quickly; of many more it does not (join_collapse_limit)."""

RowsOf = Callable[..., AnySelect]
"""Makes the statement that selects the columns it is given."""


class Layout:
    """The columns of one row, each once, and the to-one rows that are joined to it.

    Raises NotCompilableError for more columns than a row can have.
    """

    def __init__(self, *, is_filtered: bool = False) -> None:
        """Nothing is joined to a filtered list.

        PostgreSQL guesses what a filter lets through. Where it guesses little, it reads all of it, joins and sorts,
        instead of walking an index until the page is full; with nothing to join it walks.
        """
        self._most_joins = 0 if is_filtered else MOST_JOINS
        self.columns: list[ColumnElement[Any]] = []
        self._joins: list[tuple[Any, ColumnElement[bool], bool]] = []
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

    @property
    def has_room(self) -> bool:
        """Whether another row may be joined."""
        return len(self._joins) < self._most_joins

    def may_lack(self, entity: Any) -> bool:
        """Whether the row may be there without a row of `entity` beside it."""
        return any(joined is entity for joined, _, is_certain in self._joins if not is_certain)

    def join(self, entity: Any, condition: ColumnElement[bool], *, is_certain: bool) -> None:
        """Join the one row of `entity` that meets the condition; its columns may be placed from now on.

        Unless it `is_certain` that there is one, there may be none.
        """
        self._joins.append((entity, condition, is_certain))

    def select_from(self, statement: AnySelect, entity: Any) -> AnySelect:
        """The statement on the rows of `entity` with all that is joined to them, correlated to nothing of it."""
        statement = statement.select_from(entity)
        for joined, condition, is_certain in self._joins:
            statement = statement.join(joined, condition, isouter=not is_certain)
        return statement.correlate_except(entity, *(joined for joined, _, _ in self._joins))

    def row(self, below: "Layout", rows: RowsOf) -> str:
        """Place the one row of the layout `below`; gives the code that reads its tuple, or None."""
        return f"r[{self.place(rows(below.as_row()).scalar_subquery())}]"

    def rows(self, below: "Layout", rows: RowsOf) -> str:
        """Place the rows of the layout `below`; gives the code that reads their list."""
        return f"r[{self.place(ArrayOf(rows(below.as_row()).scalar_subquery()))}]"

    def as_row(self) -> ColumnElement[Any]:
        """The columns as one composite value."""
        return func.row(*(self.columns or [literal_column("1")]))


class RootLayout(Layout):
    """The layout of a whole statement."""

    def __init__(self, *, is_sole: bool) -> None:
        """A sole field's rows are the statement's own; that takes a field which places nothing else."""
        super().__init__()
        self._is_sole = is_sole
        self._statement: AnySelect | None = None
        self.has_many_rows = False

    def row(self, below: Layout, rows: RowsOf) -> str:
        """The statement's row, if it is that of the sole field."""
        if not self._is_sole:
            return super().row(below, rows)
        self._statement = rows(*below.columns or [literal_column("1")])
        return "r"

    def rows(self, below: Layout, rows: RowsOf) -> str:
        """The statement's rows, if they are those of the sole field."""
        self.has_many_rows = self._is_sole
        return self.row(below, rows) if self._is_sole else super().rows(below, rows)

    def statement(self) -> AnySelect:
        """The whole statement."""
        return select(*(self.columns or [literal_column("1")])) if self._statement is None else self._statement


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
