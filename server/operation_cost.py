"""What an operation costs, known before it runs: the fields of all objects that it may give, lists at full length.

A field costs what its declaration says (one, mostly) for each object that it is asked of. A page multiplies what stands
in its rows by the size asked for. Fields that are merged in the answer are counted once, as they are read once, so that
a fragment may be spread wherever it is needed; one that is spread at several places is counted at each of them, until
these are more than an operation may have. Introspection costs nothing: a rule of validation bounds how deep it goes.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    IntValueNode,
    ListValueNode,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
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
from server.document_limits import exceeded, selections_of

UNPAGED_SIZE = 5
"""How long a list without pages is taken to be."""

PAGE_SIZES = ("first", "last")
SIZES = {*PAGE_SIZES, "ids"}
"""The arguments that say how long a list is."""

MAXIMUM_KEPT = 100
"""For how many combinations of sizes the cost of one operation is kept."""

INTROSPECTION = MappingProxyType({"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef})


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

    def of(self, variables: Mapping[str, Any], maximum_fields: int) -> int:
        """What it costs with these variables, which need not be right: nothing then, because it will not run.

        Raises DocumentTooLargeError when it has more than that many fields, at all their places.
        """
        key = tuple(_size(variables, name) for name in self._names)
        known = self._known.get(key)
        if known is None:
            values = self._coerced(variables)
            if values is None:  # what is wrong may be of a variable that the key does not tell of
                return 0
            known = self._known[key] = self._measured(values, maximum_fields)
            if len(self._known) > MAXIMUM_KEPT:
                self._known.popitem(last=False)
        return known

    def _coerced(self, variables: Mapping[str, Any]) -> VariableValues | None:
        declared = self._operation.definition.variable_definitions or ()
        values = get_variable_values(self._schema, declared, dict(variables), max_errors=1)
        return None if isinstance(values, list) else values

    def _measured(self, values: VariableValues, maximum_fields: int) -> int:
        definition = self._operation.definition
        root = self._schema.get_root_type(definition.operation)
        measuring = _Measuring(self._schema, self._operation, values, maximum_fields)
        return measuring.cost(root, [definition.selection_set], None) if root else 0


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

    def __init__(
        self, schema: GraphQLSchema, operation: Operation, values: VariableValues, maximum_fields: int
    ) -> None:
        self._schema = schema
        self._values = values
        self._selections = Selections(schema, operation.fragments, values)
        self._maximum_fields = maximum_fields
        self._fields = 0

    def cost(self, kind: GraphQLNamedType, sets: list[SelectionSetNode | None], page: int | None) -> int:
        """What these selections cost on one object of the type; of several possible types the dearest counts.

        `page` is how many rows each list of the object has, when the object is a page.
        """
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            return max((self._object(one, sets, page) for one in self._schema.get_possible_types(kind)), default=0)
        return self._object(kind, sets, page) if isinstance(kind, GraphQLObjectType) else 0

    def _object(self, kind: GraphQLObjectType, sets: Iterable[SelectionSetNode | None], page: int | None) -> int:
        try:
            fields = self._selections.fields(kind, sets)
        except GraphQLError:  # a directive was given null: the executors give an error in place of the object
            return 0
        self._fields += len(fields)
        if self._fields > self._maximum_fields:
            raise exceeded("fields", self._maximum_fields, None)
        return sum(self._field(kind, nodes, page) for nodes in fields.values())

    def _field(self, kind: GraphQLObjectType, nodes: list[FieldNode], page: int | None) -> int:
        name = nodes[0].name.value
        field = kind.fields.get(name) or INTROSPECTION.get(name)
        if field is None:  # __typename
            return 0
        arguments = {argument.name.value: argument.value for argument in nodes[0].arguments or ()}
        inner = self._page_size(arguments) if "first" in field.args else None
        below = self.cost(get_named_type(field.type), [node.selection_set for node in nodes], inner)
        if is_list_type(get_nullable_type(field.type)):
            below *= self._length(arguments) if page is None else page
        is_own = name in INTROSPECTION or kind.name.startswith("__")
        return below if is_own else below + declaration_of(field).cost

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


def _size(variables: Mapping[str, Any], name: str) -> Hashable:
    """What of a variable changes the cost: of lists the length; of a number what it is, to the type."""
    if name not in variables:
        return None
    value = variables[name]
    return type(value), len(value) if isinstance(value, list | dict | str) else value
