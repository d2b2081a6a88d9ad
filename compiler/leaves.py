"""Selected fields without rows of their own: columns, expressions, and what is made of the columns of one row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLScalarType, get_named_type
from sqlalchemy import Text
from sqlalchemy import cast as sql_cast
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from compiler.layout import Layout
from compiler.selection import Selections
from compiler.shape import ShapeWriter
from compiler.values import key_place, object_type, scalar
from resolvers.declarations import (
    Column,
    Computed,
    Declaration,
    Derived,
    Expression,
    Identifier,
    One,
    Part,
    Record,
    Records,
    Sealed,
)
from schema.declare import DeclaredField

Declared = TypeVar("Declared", bound=Declaration)


@dataclass(frozen=True, slots=True)
class Selected(Generic[Declared]):
    """A selected field: the type it is on, what declares it, its nodes, and the row it is read from."""

    kind: GraphQLObjectType
    definition: GraphQLField
    declaration: Declared
    nodes: list[FieldNode]
    entity: Any
    layout: Layout

    def fields(self, selections: Selections) -> dict[str, str]:
        """The names of the fields below it, by their response keys."""
        kind = object_type(self.definition.type)
        found = selections.fields(kind, [node.selection_set for node in self.nodes])
        return {key: nodes[0].name.value for key, nodes in found.items()}


def declaration_of(definition: GraphQLField) -> Declaration:
    """What declares a field; one without a declaration is the column of its name."""
    behind: StrawberryField = definition.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
    return behind.declaration if isinstance(behind, DeclaredField) else Column(attribute=behind.python_name)


def _python_name(definition: GraphQLField) -> str:
    return definition.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].python_name  # type: ignore[no-any-return]


def _column(selected: Selected[Column], _selections: Selections) -> str:
    attribute = selected.declaration.attribute
    column = getattr(selected.entity, attribute)
    return scalar(selected.definition.type, column, selected.layout, (selected.entity, attribute))


def _identifier(selected: Selected[Identifier], _selections: Selections) -> str:
    return f"gid({selected.kind.name.encode() + b':'!r}, r[{key_place(selected.entity, selected.layout)}])"


def _sealed(selected: Selected[Sealed], _selections: Selections) -> str:
    attribute = selected.declaration.attribute
    model = selected.entity.model
    sealed = selected.layout.place(getattr(selected.entity, attribute), (id(selected.entity), attribute))
    key = key_place(selected.entity, selected.layout)
    return f"opened(r[{sealed}], {model.__tablename__!r}, {attribute!r}, r[{key}])"


def _expression(selected: Selected[Expression], _selections: Selections) -> str:
    return scalar(selected.definition.type, selected.declaration.sql(selected.entity), selected.layout)


def _part(selected: Selected[Part], selections: Selections) -> str:
    part = selected.declaration
    body = _of_columns(selected, part.columns, selected.fields(selections))
    if part.null_without is None:
        return body
    column = getattr(selected.entity, part.null_without)
    place = selected.layout.place(column.is_(None), ("null", id(selected.entity), part.null_without))
    return f"(None if r[{place}] else {body})"


def copied(selected: Selected[One], selections: Selections) -> str | None:
    """The code that reads another row from the copies that this row keeps of it; None unless it keeps all of that."""
    kind, kept = object_type(selected.definition.type), selected.declaration.kept
    asked = selected.fields(selections)
    inner = [kind.fields[name] for name in asked.values() if name != "__typename"]
    if not kept or any(_python_name(each) not in kept or declaration_of(each).requires for each in inner):
        return None
    return _of_columns(selected, kept, asked)


def _of_columns(selected: Selected[Any], columns: Mapping[str, str], asked: Mapping[str, str]) -> str:
    """An object whose fields are columns of the row."""
    kind = object_type(selected.definition.type)
    values = (f"{key!r}: {_column_value(selected, kind, columns, name)}" for key, name in asked.items())
    return "{" + ", ".join(values) + "}"


def _column_value(selected: Selected[Any], kind: GraphQLObjectType, columns: Mapping[str, str], name: str) -> str:
    if name == "__typename":
        return repr(kind.name)
    inner = kind.fields[name]
    attribute = columns[_python_name(inner)]
    column = getattr(selected.entity, attribute)
    return scalar(inner.type, column, selected.layout, (selected.entity, attribute))


def computed(selected: Selected[Computed], selections: Selections, arguments: Mapping[str, Any]) -> str:
    """The code that reads a computed object, of which only what is asked for is computed."""
    kind = object_type(selected.definition.type)
    values = (
        f"{key!r}: {_computed_value(selected, kind, name, arguments)}"
        for key, name in selected.fields(selections).items()
    )
    return "{" + ", ".join(values) + "}"


def _computed_value(
    selected: Selected[Computed], kind: GraphQLObjectType, name: str, arguments: Mapping[str, Any]
) -> str:
    if name == "__typename":
        return repr(kind.name)
    inner = kind.fields[name]
    value = _python_name(inner)
    attribute = selected.declaration.columns.get(value)
    if attribute is not None:
        column = getattr(selected.entity, attribute)
        return scalar(inner.type, column, selected.layout, (selected.entity, attribute))
    return scalar(inner.type, selected.declaration.numbers[value](selected.entity, **arguments), selected.layout)


def derived(selected: Selected[Derived], selections: Selections, writer: ShapeWriter) -> str:
    """The code that has the function make the object, and takes what is asked for as graphql-core would write it."""
    declaration, kind = selected.declaration, object_type(selected.definition.type)
    found = sql_cast(declaration.found(selected.entity), Text)
    place = selected.layout.place(found, ("derived", id(selected.entity), declaration.found))
    values = (f"{key!r}: {_derived_value(kind, name, writer)}" for key, name in selected.fields(selections).items())
    made = f"{writer.constant(declaration.function)}(*loads(r[{place}]))"
    return f"[{{{', '.join(values)}}} for o in ({made},)][0]"


def _derived_value(kind: GraphQLObjectType, name: str, writer: ShapeWriter) -> str:
    if name == "__typename":
        return repr(kind.name)
    inner = kind.fields[name]
    attribute = _python_name(inner)
    leaf = get_named_type(inner.type)
    assert isinstance(leaf, GraphQLScalarType)  # noqa: S101 - what an object is made of that has no row
    return f"{writer.constant(leaf.coerce_output_value)}(o.{attribute})"


def _records(selected: Selected[Records], selections: Selections) -> str:
    """The stored JSON as it is, when all of it is asked for under its own names and in the order of JSONB."""
    attribute = selected.declaration.attribute
    column = sql_cast(getattr(selected.entity, attribute), Text)
    place = selected.layout.place(column, ("records", id(selected.entity), attribute))
    kind = object_type(selected.definition.type)
    names = selected.fields(selections)
    in_stored_order = sorted(kind.fields, key=lambda name: (len(name), name))
    if list(names.items()) == [(name, name) for name in in_stored_order]:
        return f"json(r[{place}])"
    values = (f"{key!r}: {repr(kind.name) if name == '__typename' else f'o[{name!r}]'}" for key, name in names.items())
    return f"[{{{', '.join(values)}}} for o in loads(r[{place}])]"


def _record(selected: Selected[Record], selections: Selections) -> str:
    attribute = selected.declaration.attribute
    column = sql_cast(getattr(selected.entity, attribute), Text)
    place = selected.layout.place(column, ("records", id(selected.entity), attribute))
    kind = object_type(selected.definition.type)
    values = (f"{key!r}: {_record_value(kind, name)}" for key, name in selected.fields(selections).items())
    return f"(None if r[{place}] is None else [{{{', '.join(values)}}} for o in (loads(r[{place}]),)][0])"


def _record_value(kind: GraphQLObjectType, name: str) -> str:
    if name == "__typename":
        return repr(kind.name)
    return f"o.get({_python_name(kind.fields[name])!r})"


LEAVES: Mapping[type[Declaration], Callable[[Selected[Any], Selections], str]] = MappingProxyType(
    {
        Column: _column,
        Expression: _expression,
        Identifier: _identifier,
        Part: _part,
        Record: _record,
        Records: _records,
        Sealed: _sealed,
    }
)
"""Gives the code that reads the field from its row."""
