"""The data loaders: for any number of parents, a field costs one SQL statement."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiodataloader import DataLoader
from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, func, select, true
from sqlalchemy.orm import RelationshipProperty, aliased

import models
from auth.visibility import visible
from domain.conditions import array_parameter
from resolvers.context import AnySelect, Context
from resolvers.entities import entity_of, withholding
from resolvers.listing import Entry, Page, page_of
from resolvers.ordering import Order, cursor_of
from resolvers.paging import Window, windowed

LIST_LIMIT = 250
"""The most rows of a list that has no pages."""

Condition = Callable[[Any], ColumnElement[bool]]
"""What a list is filtered by, given the entity."""

Keys = list[Any]


def load_row(
    context: Context, model: type[models.Base], attribute: str, key: object, *, owned: bool = False
) -> Awaitable[Any]:
    """The visible row whose attribute is `key`, or None."""

    async def load(keys: Keys) -> list[Any]:
        entity = entity_of(model)
        column = getattr(entity, attribute)
        statement = (
            select(entity)
            .options(*withholding(model))
            .where(column == any_(array_parameter(column, keys)), visible(model, entity, context.viewer, owned=owned))
        )
        rows = {getattr(row, attribute): row for (row,) in await context.reading.rows(statement)}
        return [rows.get(wanted) for wanted in keys]

    return _load(context, (model, attribute, owned), key, load)


def load_expression(
    context: Context, model: type[models.Base], expression: Callable[[Any], ColumnElement[Any]], key: UUID
) -> Awaitable[Any]:
    """The value of an SQL expression over the row with this id."""

    async def load(keys: Keys) -> list[Any]:
        entity = entity_of(model)
        statement = select(entity.id, expression(entity)).where(entity.id == any_(_ids(keys)))
        values: dict[UUID, Any] = dict(map(tuple, await context.reading.rows(statement)))
        return [values[wanted] for wanted in keys]

    return _load(context, (model, expression), key, load)


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """How the rows of a table hang below a parent: `joins` gives the condition from the entity and the parent's id."""

    model: type[models.Base]
    joins: Callable[[Any, ColumnElement[UUID]], ColumnElement[bool]]
    relationship: RelationshipProperty[Any] | None = None
    """What made the link."""

    @property
    def foreign_key(self) -> str | None:
        """The attribute of a row that holds the id of its parent, if the link is known to be no more than that."""
        if self.relationship is None or self.relationship.secondary is not None:
            return None
        return _remote_of(self.relationship)


class Children:
    """The linked rows that a viewer sees below any number of parents."""

    def __init__(self, context: Context, link: Link, condition: Condition, *, owned: bool) -> None:
        self._context = context
        self._link = link
        self._model = link.model
        self._condition = condition
        self._owned = owned

    def page(self, place: Hashable, parent: UUID, order: Order, window: Window) -> Awaitable[Page]:
        """One parent's page; parents at the same place of the operation share a statement."""

        async def load(keys: Keys) -> list[Page]:
            entity = entity_of(self._model)
            parents = self._parents(keys)
            rows = windowed(
                self._below(select(entity, cursor_of(order, entity).label("cursor")), entity, parents.c.key),
                entity,
                order,
                window,
            )
            found = await self._read(parents, rows)
            return [page_of(found[key], window) for key in keys]

        return _load(self._context, ("page", place), parent, load)

    def count(self, place: Hashable, parent: UUID) -> Awaitable[int]:
        """The number of one parent's rows."""

        async def load(keys: Keys) -> list[int]:
            entity = entity_of(self._model)
            parents = self._parents(keys)
            counted = self._below(select(func.count()).select_from(entity), entity, parents.c.key).scalar_subquery()
            rows = await self._context.reading.rows(select(parents.c.key, counted))
            counts: dict[UUID, int] = dict(map(tuple, rows))
            return [counts[key] for key in keys]

        return _load(self._context, ("count", place), parent, load)

    def all(self, place: Hashable, parent: UUID, order: Order) -> Awaitable[list[Any]]:
        """All rows of one parent, in order, LIST_LIMIT at the most."""
        window = Window(LIST_LIMIT, backward=False, after=None, before=None)

        async def nodes() -> list[Any]:
            page = await self.page(place, parent, order, window)
            return [entry.node for entry in page.entries]

        return nodes()

    def _parents(self, keys: Keys) -> Any:
        return func.unnest(_ids(keys)).table_valued("key", joins_implicitly=True).render_derived(name="parents")

    def _below(self, statement: AnySelect, entity: Any, parent: ColumnElement[UUID]) -> AnySelect:
        target = visible(self._model, entity, self._context.viewer, owned=self._owned)
        return statement.where(self._link.joins(entity, parent), target, self._condition(entity))

    async def _read(self, parents: Any, rows: AnySelect) -> dict[UUID, list[Entry]]:
        lateral = rows.lateral()
        child = aliased(self._model, lateral)
        statement = select(parents.c.key, child, lateral.c.cursor).join_from(parents, lateral, true())
        found: dict[UUID, list[Entry]] = defaultdict(list)
        for parent, row, cursor in await self._context.reading.rows(statement.order_by(lateral.c.place)):
            found[parent].append(Entry(row, cursor))
        return found


def link_of(relationship: RelationshipProperty[Any]) -> Link:
    """The link that a to-many relationship makes, through its secondary table if it has one."""

    def direct(entity: Any, parent: ColumnElement[UUID]) -> ColumnElement[bool]:
        return getattr(entity, _remote_of(relationship)) == parent  # type: ignore[no-any-return]

    def through_secondary(entity: Any, parent: ColumnElement[UUID]) -> ColumnElement[bool]:
        ((_, near),) = relationship.synchronize_pairs
        ((_, far),) = relationship.secondary_synchronize_pairs or ()
        owners = select(near).where(near == parent, far == entity.id)
        return owners.correlate_except(relationship.secondary).exists()

    joins = direct if relationship.secondary is None else through_secondary
    return Link(relationship.mapper.class_, joins, relationship)


def _remote_of(relationship: RelationshipProperty[Any]) -> str:
    """The attribute at the other end of a relationship that compares one column with one."""
    ((_, remote),) = relationship.local_remote_pairs or ()
    return relationship.mapper.get_property_by_column(remote).key


def _ids(keys: Sequence[UUID]) -> Any:
    return bindparam(None, list(keys), type_=ARRAY(Uuid()))


def _load(
    context: Context, name: Hashable, key: object, load: Callable[[Keys], Coroutine[Any, Any, list[Any]]]
) -> Awaitable[Any]:
    return context.loader(name, lambda: DataLoader(load)).load(key)
