"""Walks over the schema: its types, its fields, and where their values come from."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import GraphQLField, GraphQLObjectType, is_object_type
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from resolvers.declarations import Function
from schema.declare import DeclaredField
from schema.root import schema

CORE = schema._schema  # noqa: SLF001 - the graphql-core schema that strawberry built


@dataclass(frozen=True, slots=True)
class WalkedField:
    """A field of an object type."""

    type: GraphQLObjectType
    name: str
    field: GraphQLField

    @property
    def declared(self) -> DeclaredField | None:
        """The declaration, if it is a declared field."""
        behind: StrawberryField = self.field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
        return behind if isinstance(behind, DeclaredField) else None

    def __str__(self) -> str:
        return f"{self.type.name}.{self.name}"


def object_types() -> list[GraphQLObjectType]:
    """The object types of the API itself."""
    return [kind for kind in CORE.type_map.values() if is_object_type(kind) and not kind.name.startswith("__")]


PARTLY_IN_PYTHON = frozenset({"Query", "Cart", "CartLine"})
"""Types with fields that Python computes from more than the row, besides those that make lists."""


def is_read(walked: WalkedField) -> bool:
    """Whether the field leads into the database, as all of the root but a few do, so that it can be compiled."""
    in_python = walked.declared is not None and isinstance(walked.declared.declaration, Function)
    return walked.type.name not in PARTLY_IN_PYTHON or not in_python


def fields() -> Iterator[WalkedField]:
    """Every field of every object type."""
    for kind in object_types():
        for name, field in kind.fields.items():
            yield WalkedField(kind, name, field)
