"""What an operation costs, known before it runs: the fields of all objects that it may give, lists at full length.

A field costs what its declaration says (one, mostly) for each object that it is asked of. A page multiplies what stands
in its rows by the size asked for. Fields that are merged in the answer are counted once, as they are read once, so that
a fragment may be spread wherever it is needed. The schema's own fields cost nothing: a rule of validation bounds them.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    IntValueNode,
    ListValueNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    get_variable_values,
    is_list_type,
)
from graphql.execution.values import VariableValues

from compiler.execution import Operation
from compiler.leaves import declaration_of
from compiler.selection import Selections
from resolvers.paging import DEFAULT_PAGE_SIZE, MAXIMUM_PAGE_SIZE
from server.document_limits import selections_of

UNPAGED_SIZE = 5
"""How long a list without pages is taken to be."""

PAGE_SIZES = ("first", "last")
SIZES = {*PAGE_SIZES, "ids"}
"""The arguments that say how long a list is."""

MAXIMUM_KEPT = 100
"""For how many combinations of sizes the cost of one operation is kept."""


class CostExceededError(GraphQLError):
    """An operation costs more than it may. The extensions say how much, and what the limit is."""

    def __init__(self, requested: int, maximum: int) -> None:
        super().__init__(
            f"The operation may cost {requested}; {maximum} are the most. Ask for shorter pages or fewer fields.",
            extensions={"code": "COST_LIMIT_EXCEEDED", "cost": {"requested": requested, "maximum": maximum}},
        )


class OperationCost:
    """The cost of one operation, by the variables that it depends on."""

    def __init__(self, schema: GraphQLSchema, operation: Operation) -> None:
        self._schema = schema
        self._operation = operation
        self._names = tuple(dict.fromkeys(_dependencies(operation.document)))
        self._known: OrderedDict[Hashable, int] = OrderedDict()

    def of(self, variables: Mapping[str, Any]) -> int:
        """What it costs with these variables, which need not be right: nothing then, because it will not run."""
        key = tuple(_size(variables.get(name)) for name in self._names)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._measured(variables)
            if len(self._known) > MAXIMUM_KEPT:
                self._known.popitem(last=False)
        return known

    def _measured(self, variables: Mapping[str, Any]) -> int:
        definition = self._operation.definition
        values = get_variable_values(self._schema, definition.variable_definitions or (), dict(variables))
        root = self._schema.get_root_type(definition.operation)
        if isinstance(values, list) or root is None:
            return 0
        return _Measuring(self._schema, self._operation, values).cost(root, [definition.selection_set], None)


def _dependencies(document: DocumentNode) -> Iterator[str]:
    """The variables that a cost depends on: sizes, and conditions of @skip and @include."""
    for node in selections_of(document):
        conditions = [argument for directive in node.directives or () for argument in directive.arguments or ()]
        sizes = [argument for argument in getattr(node, "arguments", None) or () if argument.name.value in SIZES]
        for argument in (*conditions, *sizes):
            if isinstance(argument.value, VariableNode):
                yield argument.value.name.value


class _Measuring:
    """Adds up one operation with its variables."""

    def __init__(self, schema: GraphQLSchema, operation: Operation, values: VariableValues) -> None:
        self._schema = schema
        self._values = values
        self._selections = Selections(schema, operation.fragments, values)

    def cost(self, kind: GraphQLNamedType, sets: list[SelectionSetNode | None], page: int | None) -> int:
        """What these selections cost on one object of the type; of several possible types the dearest counts.

        `page` is how many rows each list of the object has, when the object is a page.
        """
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            return max((self._object(one, sets, page) for one in self._schema.get_possible_types(kind)), default=0)
        return self._object(kind, sets, page) if isinstance(kind, GraphQLObjectType) else 0

    def _object(self, kind: GraphQLObjectType, sets: Iterable[SelectionSetNode | None], page: int | None) -> int:
        fields = self._selections.fields(kind, sets).values()
        return sum(self._field(kind.fields[nodes[0].name.value], nodes, page) for nodes in fields if not _is_own(nodes))

    def _field(self, field: GraphQLField, nodes: list[FieldNode], page: int | None) -> int:
        arguments = {argument.name.value: argument.value for argument in nodes[0].arguments or ()}
        inner = self._page_size(arguments) if "first" in field.args else None
        below = self.cost(get_named_type(field.type), [node.selection_set for node in nodes], inner)
        if is_list_type(get_nullable_type(field.type)):
            below *= self._length(arguments) if page is None else page
        return declaration_of(field).cost + below

    def _page_size(self, arguments: Mapping[str, ValueNode]) -> int:
        given = (self._value(arguments[name]) for name in PAGE_SIZES if name in arguments)
        size = next((value for value in given if isinstance(value, int)), DEFAULT_PAGE_SIZE)
        return min(max(size, 0), MAXIMUM_PAGE_SIZE)

    def _length(self, arguments: Mapping[str, ValueNode]) -> int:
        ids = self._value(arguments["ids"]) if "ids" in arguments else None
        return len(ids) if isinstance(ids, list) else UNPAGED_SIZE

    def _value(self, node: ValueNode) -> Any:
        if isinstance(node, VariableNode):
            return self._values.coerced.get(node.name.value)
        if isinstance(node, IntValueNode):
            return int(node.value)
        return list(node.values) if isinstance(node, ListValueNode) else None


def _is_own(nodes: list[FieldNode]) -> bool:
    """Whether the field belongs to GraphQL itself: __typename, __schema, __type."""
    return nodes[0].name.value.startswith("__")


def _size(value: Any) -> Hashable:
    """What of a variable's value changes the cost: of lists the length."""
    if isinstance(value, list):
        return "list", len(value)
    return value if isinstance(value, int) else cast("Hashable", type(value))
