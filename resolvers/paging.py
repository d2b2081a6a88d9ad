"""Relay paging: the arguments of a connection become a window on an ordered list."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Uuid, func, literal, tuple_

from resolvers.context import AnySelect
from resolvers.errors import BadInputError
from resolvers.ordering import Order, Place, place_of

DEFAULT_PAGE_SIZE = 20
MAXIMUM_PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of a list are asked for. `backward` reads from its end."""

    size: int
    backward: bool
    after: str | None
    before: str | None


def window_of(first: int | None, after: str | None, last: int | None, before: str | None) -> Window:
    """The window that the arguments describe; raises BadInputError when they contradict each other."""
    if first is not None and last is not None:
        raise BadInputError("`first` and `last` exclude each other. Pass one of them.")
    for name, value in (("first", first), ("last", last)):
        if value is not None and not 0 <= value <= MAXIMUM_PAGE_SIZE:
            raise BadInputError(f"`{name}` is {value}; it must lie between 0 and {MAXIMUM_PAGE_SIZE}.")
    size = last if last is not None else first
    return Window(DEFAULT_PAGE_SIZE if size is None else size, last is not None, after, before)


def windowed(
    statement: AnySelect,
    entity: Any,
    order: Order,
    window: Window,
    question: object = None,
) -> AnySelect:
    """The statement, ordered and cut to the window and one row more, which tells whether there is a next page.

    A further column `place` numbers the rows.
    """
    key = order.key(entity, question)
    place = tuple_(key, entity.id)
    for cursor, later in ((window.after, True), (window.before, False)):
        if cursor is not None:
            bound = _bound(place_of(cursor, order, key.type), key.type)
            statement = statement.where(place > bound if later != order.descending else place < bound)
    descending = order.descending != window.backward
    columns = (key.desc(), entity.id.desc()) if descending else (key, entity.id)
    place_number = func.row_number().over(order_by=columns).label("place")
    return statement.add_columns(place_number).order_by(*columns).limit(window.size + 1)


def _bound(place: Place, key_type: Any) -> Any:
    return tuple_(literal(place.key, key_type), literal(place.id, Uuid()))
