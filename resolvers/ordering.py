"""Orders of a list, and the keyset cursors that mark a place in one.

A cursor holds the order's tag, the row's sort key and its id, so that it stays right while rows come and go.
The reference executor takes it from an SQL expression; the compiled one makes the same (compiler/shape.py).
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Date, DateTime, Text, cast, extract, func, literal, literal_column
from sqlalchemy.types import TypeEngine

from resolvers.errors import BadInputError

SEPARATOR = "\x1f"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBER = re.compile(r"-?[0-9]{1,10}(?:\.[0-9]{1,6})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,19}")


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """One way to order a list: by a key that is never NULL, then by id, both in the same direction.

    `key` gives the sort key from the entity and the question that was searched for. `tag` tells cursors of
    different orders apart.
    """

    tag: str
    key: Callable[[Any, Any], ColumnElement[Any]]
    descending: bool = False
    description: str = ""
    needs_question: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an ordered list: the sort key and id of the row that is there."""

    key: object
    id: UUID


def cursor_of(order: Order, entity: Any, question: object = None) -> ColumnElement[str]:
    """The SQL expression for the cursor of each row of `entity`."""
    parts = (literal(order.tag), _as_text(order.key(entity, question)), cast(entity.id, Text))
    text = func.concat_ws(func.chr(31), *parts)
    wrapped = func.encode(func.convert_to(text, literal_column("'UTF8'")), literal_column("'base64'"))
    return func.translate(wrapped, literal_column(r"E'\n'"), literal_column("''"))


def place_of(cursor: str, order: Order, key_type: TypeEngine[Any]) -> Place:
    """The place that a cursor marks; raises BadInputError when it was not made by a list in this order."""
    try:
        tag, rest = b64decode(cursor, validate=True).decode().split(SEPARATOR, 1)
        key, _, row = rest.rpartition(SEPARATOR)
        if tag == order.tag:
            return Place(_from_text(key, key_type), UUID(row))
    except (Base64Error, ValueError, OverflowError):
        pass
    shown = repr(cursor if len(cursor) <= 80 else cursor[:77] + "…")  # noqa: PLR2004 - keeps the message readable
    raise BadInputError(
        f"{shown} is not a cursor of this list in this order. Pass a cursor that the same list gave in the same order."
    )


def _as_text(key: ColumnElement[Any]) -> ColumnElement[str]:
    if isinstance(key.type, DateTime):
        return cast(cast(extract("epoch", key) * 1_000_000, BigInteger), Text)
    return text_of(key)


def text_of(key: ColumnElement[Any]) -> ColumnElement[str]:
    """A sort key that is no time as cursors hold it: a day in one form, whatever the session's DateStyle."""
    return func.to_char(key, literal_column("'YYYY-MM-DD'")) if isinstance(key.type, Date) else cast(key, Text)


def _from_text(text: str, key_type: TypeEngine[Any]) -> object:
    python_type = key_type.python_type
    if python_type is datetime:
        return EPOCH + timedelta(microseconds=int(_matching(WHOLE_NUMBER, text)))
    if python_type is date:
        return date.fromisoformat(_matching(DAY, text))
    if python_type is int:
        return _within_bounds(int(_matching(WHOLE_NUMBER, text)))
    if python_type is Decimal:
        return Decimal(_matching(NUMBER, text))
    if python_type is UUID:
        return UUID(text)
    if "\x00" in text:
        raise ValueError(text)
    return text


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError(text)
    return text


def _within_bounds(number: int) -> int:
    if abs(number) >= 2**31:
        raise ValueError(number)
    return number
