"""What a mutation shows of its result, where that is rows and plain values: known before it is carried out.

Whatever else there is to show, refusals and failures among it, is the reference executor's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import strawberry
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues

from compiler.arguments import read_arguments
from compiler.errors import NotCompilableError, Reason
from compiler.execution import Operation
from compiler.leaves import declaration_of
from compiler.planning import RowAsked
from compiler.selection import Selections
from compiler.values import object_type
from resolvers.declarations import Arguments, Column, Written
from resolvers.mutations import Mutation
from resolvers.written_rows import WrittenRow


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A scalar or an enum, which is an attribute of the result."""

    attribute: str
    kind: GraphQLLeafType
    may_be_null: bool


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row that the result names."""

    written: Written
    asked: RowAsked
    may_be_null: bool


Shown: TypeAlias = str | ShownValue | ShownRow
"""What stands under a response key; a text is the same for every result."""

ShownObject: TypeAlias = RowAsked | Mapping[str, Shown]
"""What is shown of a result that is a row, or of the fields of any other one."""


class MutationPlan:
    """The only field of an operation that changes something, and what is shown of what it gives."""

    def __init__(self, schema: strawberry.Schema, operation: Operation, values: VariableValues) -> None:
        """Raises NotCompilableError for an operation that has other fields, or this one under a condition."""
        core = schema._schema  # noqa: SLF001 - strawberry has no public name for it
        self._schema = schema
        self._selections = Selections(core, operation.fragments, values)
        self._node = _only_field(operation)
        self.key = (self._node.alias or self._node.name).value
        """The response key of the field."""
        self._definition, self.mutation = _declared(cast("GraphQLObjectType", core.mutation_type), self._node)
        self._objects: dict[str, ShownObject | None] = {}

    def arguments(self, values: VariableValues) -> Arguments:
        """What the mutation is given. Raises NotCompilableError."""
        return read_arguments(self._schema, self._definition, self._node, values)

    def shown(self, done: Any) -> ShownObject | None:
        """What is shown of a result; None where that takes more than rows and plain values."""
        kind = self._kind_of(done)
        if kind is None:
            return None
        if kind.name not in self._objects:
            self._objects[kind.name] = self._object(kind, done)
        return self._objects[kind.name]

    def _kind_of(self, done: Any) -> GraphQLObjectType | None:
        """The type of a result, found as strawberry finds it."""
        union = get_named_type(self._definition.type)
        kinds = union.types if isinstance(union, GraphQLUnionType) else ()
        return next((kind for kind in kinds if kind.is_type_of and kind.is_type_of(done, None)), None)

    def _object(self, kind: GraphQLObjectType, done: Any) -> ShownObject | None:
        if isinstance(done, WrittenRow):
            return RowAsked(kind, done.model, (self._node,))
        try:
            found = self._selections.fields(kind, [self._node.selection_set])
            return {key: self._field(kind, nodes) for key, nodes in found.items()}
        except NotCompilableError:
            return None

    def _field(self, kind: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Shown:
        name = nodes[0].name.value
        if name == "__typename":
            return kind.name
        definition = kind.fields[name]
        may_be_null, nullable = not is_non_null_type(definition.type), get_nullable_type(definition.type)
        match declaration_of(definition):
            case Written() as written:
                asked = RowAsked(object_type(nullable), written.model, tuple(nodes))
                return ShownRow(written, asked, may_be_null)
            case Column(requires=None, attribute=attribute) if is_leaf_type(nullable):
                return ShownValue(attribute, nullable, may_be_null)
            case _:
                raise NotCompilableError(Reason.PYTHON_FIELD, f"{kind.name}.{name}")


def _only_field(operation: Operation) -> FieldNode:
    """Raises NotCompilableError."""
    selections = operation.definition.selection_set.selections
    if len(selections) == 1 and isinstance(selections[0], FieldNode) and not selections[0].directives:
        return selections[0]
    raise NotCompilableError(Reason.NOT_A_QUERY)


def _declared(root: GraphQLObjectType, node: FieldNode) -> tuple[GraphQLField, Mutation]:
    """The field of a node, and what it changes. Raises NotCompilableError."""
    definition = root.fields.get(node.name.value)
    declaration = None if definition is None else declaration_of(definition)
    if definition is None or not isinstance(declaration, Mutation) or is_non_null_type(definition.type):
        raise NotCompilableError(Reason.NOT_A_QUERY)
    return definition, declaration
