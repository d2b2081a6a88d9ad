"""The window of a list: its size and bounds, fixed in the document or arriving with each request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLObjectType
from sqlalchemy import ColumnElement, Integer, Uuid, func, tuple_

from compiler.errors import NotCompilableError, Reason
from compiler.inputs import Argument, Inputs, constant
from compiler.layout import Layout
from domain.conditions import roomy
from resolvers.errors import BadInputError
from resolvers.ordering import Order, cursor_of, place_of
from resolvers.paging import MAXIMUM_PAGE_SIZE, window_of


@dataclass(frozen=True, slots=True)
class OrderedList:
    """An ordered list: its rows, its order, the question it answers, and the type of its connection."""

    entity: Any
    order: Order
    question: Any
    kind: GraphQLObjectType

    def cursor(self, layout: Layout) -> int:
        """Where the row's cursor stands."""
        return layout.place(cursor_of(self.order, self.entity, self.question), "cursor")

    def highlight(self, layout: Layout) -> int:
        """Where the passage that answers stands."""
        return layout.place(func.search_highlight(self.entity.body, self.question), "highlight")


@dataclass(frozen=True, slots=True)
class CompiledWindow:
    """The cut of a list: its size as Python code, its limit as SQL, its direction, and its bounds as row values.

    When it looks ahead, it reads one row more, which tells whether there are further ones.
    """

    size: str
    limit: ColumnElement[int]
    backward: bool
    after: Any
    before: Any
    looks_ahead: bool


def compiled_window(
    arguments: Mapping[str, Any], listed: OrderedList, inputs: Inputs, *, looks_ahead: bool
) -> CompiledWindow:
    """The window that the arguments ask for."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise NotCompilableError(Reason.ARGUMENT, "both first and last")
    given = last if last is not None else first
    further = int(looks_ahead)
    limit, size = _arriving(given, inputs, further) if isinstance(given, Argument) else _fixed(first, last, further)
    after, before = (_bound(arguments.get(name), listed, inputs) for name in ("after", "before"))
    return CompiledWindow(size, limit, last is not None, after, before, looks_ahead)


def _fixed(first: int | None, last: int | None, further: int) -> tuple[ColumnElement[int], str]:
    try:
        size = window_of(first, None, last, None).size
    except BadInputError as error:
        raise NotCompilableError(Reason.ARGUMENT, str(error)) from error
    return constant(size + further, Integer()), str(size)


def _arriving(given: Argument, inputs: Inputs, further: int) -> tuple[ColumnElement[int], str]:
    limit = inputs.bind(given.path, Integer(), lambda size: _checked(size) + further)
    return limit, inputs.shape_value(given.path, _checked)


def _checked(size: int) -> int:
    if not 0 <= size <= MAXIMUM_PAGE_SIZE:
        raise BadInputError(f"The page size is {size}; it must lie between 0 and {MAXIMUM_PAGE_SIZE}.")
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
