"""Relay paging: the arguments of a connection become a window on an ordered list."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Uuid, and_, func, literal, true, tuple_

from domain.conditions import roomy
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
    after, before = (
        None if cursor is None else _row(place_of(cursor, order, key.type), key.type)
        for cursor in (window.after, window.before)
    )
    columns = ordering(entity, order, question, backward=window.backward)
    statement = statement.where(between(entity, order, question, after, before))
    place = func.row_number().over(order_by=columns).label("place")
    return statement.add_columns(place).order_by(*columns).limit(window.size + 1)


def ordering(entity: Any, order: Order, question: object, *, backward: bool) -> tuple[ColumnElement[Any], ...]:
    """What to order by: the key, then the id; turned round to read from the end."""
    key = order.key(entity, question)
    return (key.desc(), entity.id.desc()) if order.descending != backward else (key, entity.id)


def between(entity: Any, order: Order, question: object, after: Any | None, before: Any | None) -> ColumnElement[bool]:
    """The row lies behind the row value `after` and in front of `before`, each a key with an id."""
    place = tuple_(order.key(entity, question), entity.id)
    behind = true() if after is None else (place < after if order.descending else place > after)
    return and_(behind, true() if before is None else (place > before if order.descending else place < before))


def _row(place: Place, key_type: Any) -> Any:
    return tuple_(literal(place.key, roomy(key_type)), literal(place.id, Uuid()))
