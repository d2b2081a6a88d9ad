"""The window of a list: its size, for which a plan is made, and its bounds, which may arrive with requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLObjectType
from sqlalchemy import DateTime, Integer, Uuid, func, literal_column, tuple_
from sqlalchemy.orm import QueryableAttribute

from compiler.errors import NotCompilableError, Reason
from compiler.inputs import Argument, Inputs, constant
from compiler.layout import Layout
from compiler.values import Form, column_key, key_place
from domain.conditions import roomy
from resolvers.errors import BadInputError
from resolvers.ordering import SEPARATOR, Order, place_of, text_of
from resolvers.paging import MAXIMUM_PAGE_SIZE, window_of

LIMITS = tuple(literal_column(str(size), Integer()) for size in range(MAXIMUM_PAGE_SIZE + 2))
"""The limits of statements, as SQL of our own that a page size chooses from: with a limit that arrives as a parameter
PostgreSQL would plan each statement anew, because it cannot know that few rows are asked for."""


@dataclass(frozen=True, slots=True)
class OrderedList:
    """An ordered list: its rows, its order, the question it answers, and the type of its connection."""

    entity: Any
    order: Order
    question: Any
    kind: GraphQLObjectType

    def cursor(self, layout: Layout, row: str) -> str:
        """The code that gives the cursor of a row; the same as resolvers.ordering.cursor_of."""
        key: Any = self.order.key(self.entity, self.question)
        is_time = isinstance(key.type, DateTime)
        travelling = key if is_time else text_of(key)
        form = Form.STORED if is_time else Form.TEXT
        name = column_key(self.entity, key.key, form) if isinstance(key, QueryableAttribute) else self.order.tag
        place = layout.place(travelling, name)
        read = f"{row}[{place}]"
        text = f"microseconds({read})" if is_time else read
        return f"cursor({self.order.tag + SEPARATOR!r}, {text}, {row}[{key_place(self.entity, layout)}])"

    def highlight(self, layout: Layout) -> int:
        """Where the passage that answers stands."""
        return layout.place(func.search_highlight(self.entity.body, self.question), "highlight")


@dataclass(frozen=True, slots=True)
class CompiledWindow:
    """The cut of a list: its size, its direction, and its bounds as row values.

    When it looks ahead, it reads one row more, which tells whether there are further ones.
    """

    size: int
    backward: bool
    after: Any
    before: Any
    looks_ahead: bool


def compiled_window(
    arguments: Mapping[str, Any], listed: OrderedList, inputs: Inputs, *, looks_ahead: bool
) -> CompiledWindow:
    """The window that the arguments ask for."""
    first, last = (_size(arguments.get(name), inputs) for name in ("first", "last"))
    try:
        window = window_of(first, None, last, None)
    except BadInputError as error:
        raise NotCompilableError(Reason.ARGUMENT, str(error), is_lasting=False) from error
    after, before = (_bound(arguments.get(name), listed, inputs) for name in ("after", "before"))
    return CompiledWindow(window.size, window.backward, after, before, looks_ahead)


def _size(given: Any, inputs: Inputs) -> int | None:
    size: int | None = inputs.structure(given.path) if isinstance(given, Argument) else given
    return size


def _bound(cursor: Any, listed: OrderedList, inputs: Inputs) -> Any:
    if cursor is None:
        return None
    order = listed.order
    kind = order.key(listed.entity, listed.question).type
    if isinstance(cursor, Argument):
        return tuple_(
            inputs.bind(cursor.path, roomy(kind), lambda text: place_of(text, order, kind).key),
            inputs.bind(cursor.path, Uuid(), lambda text: place_of(text, order, kind).id),
        )
    try:
        place = place_of(cursor, order, kind)
    except BadInputError as error:
        raise NotCompilableError(Reason.ARGUMENT, str(error)) from error
    return tuple_(constant(place.key, roomy(kind)), constant(place.id, Uuid()))
