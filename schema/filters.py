"""Filters: input types whose fields are conditions, joined by `and`, `or` and `not`."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Numeric, Uuid, and_, or_, true, type_coerce

from auth.viewer import Viewer
from domain.conditions import ArrayArgument, Arriving
from resolvers.ids import decode_id_of

Condition = Callable[[Any, Any], ColumnElement[bool]]
"""Builds SQL from the entity and the field's value, without looking at the value."""

ViewedCondition = Callable[[Any, Any, Viewer], ColumnElement[bool]]
"""A condition that depends on what the viewer may see."""

CONDITION = "condition"

Filter = TypeVar("Filter", bound=type)


def condition(builds: Condition, description: str) -> Any:
    """A field of a filter: absent or null, it does not restrict."""
    return viewed_condition(lambda entity, value, _viewer: builds(entity, value), description)


def viewed_condition(builds: ViewedCondition, description: str) -> Any:
    """A field of a filter over rows that not everybody sees."""
    return strawberry.field(default=None, description=description, metadata={CONDITION: builds})


def filter_input(description: str) -> Callable[[Filter], Filter]:
    """An input type of conditions, which must all hold, with `and`, `or` and `not` over further ones."""

    def decorate(cls: Filter) -> Filter:
        several = f"list[{cls.__name__}] | None"
        cls.__annotations__ |= {"and_": several, "or_": several, "not_": f"{cls.__name__} | None"}
        cls.and_ = strawberry.field(name="and", default=None, description="All of these hold too.")  # type: ignore[attr-defined]
        cls.or_ = strawberry.field(name="or", default=None, description="At least one of these holds too.")  # type: ignore[attr-defined]
        cls.not_ = strawberry.field(name="not", default=None, description="This does not hold.")  # type: ignore[attr-defined]
        cls.where = _where  # type: ignore[attr-defined]
        cls.size = _size  # type: ignore[attr-defined]
        return strawberry.input(cls, description=description)

    return decorate


def in_range(column: Callable[[Any], ColumnElement[Any]]) -> Condition:
    """The column lies within a DecimalRange."""

    def builds(entity: Any, bounds: Any) -> ColumnElement[bool]:
        value = column(entity)
        least = true() if bounds.min is None else value >= _number(bounds.min)
        return and_(least, true() if bounds.max is None else value <= _number(bounds.max))

    return builds


def _number(bound: Any) -> ColumnElement[Any]:
    """The bound without the column's precision, which could not hold it."""
    return type_coerce(bound, Numeric())


def in_span(column: Callable[[Any], ColumnElement[Any]]) -> Condition:
    """The column lies within a DateTimeRange."""

    def builds(entity: Any, span: Any) -> ColumnElement[bool]:
        value = column(entity)
        begun = true() if span.from_ is None else value >= span.from_
        return and_(begun, true() if span.to is None else value < span.to)

    return builds


def keys_of(type_name: str, ids: list[Any]) -> list[Any]:
    """The keys in global ids of one type."""

    def decode(text: str) -> UUID:
        return decode_id_of(type_name, text)

    if len(ids) == 1 and isinstance(ids[0], ArrayArgument):
        return [ids[0].converted(lambda texts: list(map(decode, texts)))]
    return [text.converted(decode, Uuid()) if isinstance(text, Arriving) else decode(text) for text in ids]


def _size(self: Any) -> int:
    """How many conditions it holds, those below it included; a list of input objects counts each."""
    own = 0
    for field in fields(self):
        value = getattr(self, field.name)
        if value is not None and CONDITION in field.metadata:
            own += len(value) if isinstance(value, list) and value and is_dataclass(value[0]) else 1
    below = [*(self.and_ or ()), *(self.or_ or ()), *([] if self.not_ is None else [self.not_])]
    return own + sum(1 + int(each.size()) for each in below)


def _where(self: Any, entity: Any, viewer: Viewer) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    for field in fields(self):
        value = getattr(self, field.name)
        if value is not None and CONDITION in field.metadata:
            conditions.append(field.metadata[CONDITION](entity, value, viewer))
    conditions += [each.where(entity, viewer) for each in self.and_ or ()]
    if self.or_:
        conditions.append(or_(*(each.where(entity, viewer) for each in self.or_)))
    if self.not_ is not None:
        conditions.append(self.not_.where(entity, viewer).is_not(true()))  # what is unknown does not hold either
    return and_(*conditions)
