"""Input that is refused before an operation runs: text that PostgreSQL cannot store, and values nested too deeply."""

from collections.abc import Container, Iterable, Mapping
from typing import Any

from graphql import (
    ASTValidationRule,
    GraphQLError,
    GraphQLSchema,
    ListValueNode,
    NamedTypeNode,
    Node,
    NonNullTypeNode,
    ObjectValueNode,
    OperationDefinitionNode,
    StringValueNode,
    TypeNode,
    get_named_type,
)

from resolvers.errors import ErrorCode

NUL = "\x00"
MAXIMUM_DEPTH = 32
"""How many lists and objects may stand in one another. Deeper filters would exhaust the interpreter's stack."""

NUL_MESSAGE = "Text must not hold the NUL character (U+0000). Remove it."
DEPTH_MESSAGE = f"Input values must not be nested more than {MAXIMUM_DEPTH} levels deep. Make it flatter."


class NoNulInStringsRule(ASTValidationRule):
    """Refuses string literals with the NUL character."""

    def enter_string_value(self, node: StringValueNode, *_args: object) -> None:
        """Report the literal."""
        if NUL in node.value:
            self.report_error(_bad_input(NUL_MESSAGE, node))


class FlatLiteralsRule(ASTValidationRule):
    """Refuses list and object literals that are nested too deeply."""

    _depth = 0

    def enter_list_value(self, node: ListValueNode, *_args: object) -> None:
        """Go one level down."""
        self._enter(node)

    def leave_list_value(self, *_args: object) -> None:
        """Come back."""
        self._depth -= 1

    def enter_object_value(self, node: ObjectValueNode, *_args: object) -> None:
        """Go one level down."""
        self._enter(node)

    def leave_object_value(self, *_args: object) -> None:
        """Come back."""
        self._depth -= 1

    def _enter(self, node: ListValueNode | ObjectValueNode) -> None:
        self._depth += 1
        if self._depth == MAXIMUM_DEPTH + 1:
            self.report_error(_bad_input(DEPTH_MESSAGE, node))


def fault_of(variables: Mapping[str, Any], checked_later: Container[str] = ()) -> GraphQLError | None:
    """What is wrong with the variables, and where, as `$filter.tags[0]`; None when nothing is.

    The texts of those that are `checked_later` are left alone.
    """
    faults = (_fault(f"${name}", value, 0, name in checked_later) for name, value in variables.items())
    return next((fault for fault in faults if fault is not None), None)


def input_types(schema: GraphQLSchema) -> frozenset[str]:
    """The names of the types that only mutations take, which tell of wrong text in their results."""
    fields = schema.mutation_type.fields.values() if schema.mutation_type else ()
    return frozenset(get_named_type(argument.type).name for field in fields for argument in field.args.values())


def input_variables(operation: OperationDefinitionNode, types: Container[str]) -> frozenset[str]:
    """The variables of an operation that are whole inputs of mutations."""
    return frozenset(
        declared.variable.name.value
        for declared in operation.variable_definitions or ()
        if _name_of(declared.type) in types
    )


def _name_of(kind: TypeNode) -> str:
    inner = kind.type if isinstance(kind, NonNullTypeNode) else kind
    return inner.name.value if isinstance(inner, NamedTypeNode) else ""


def _first(values: Iterable[tuple[str, Any]], depth: int, is_later: bool) -> GraphQLError | None:
    return next((fault for path, value in values if (fault := _fault(path, value, depth, is_later)) is not None), None)


def _fault(path: str, value: Any, depth: int, is_later: bool) -> GraphQLError | None:
    if isinstance(value, str):
        return _bad_input(f"{NUL_MESSAGE} It stands in {path}.") if NUL in value and not is_later else None
    if not isinstance(value, dict | list):
        return None
    if depth == MAXIMUM_DEPTH:
        return _bad_input(f"{DEPTH_MESSAGE} It stands in {path}.")
    if isinstance(value, list):
        return _first(((f"{path}[{index}]", item) for index, item in enumerate(value)), depth + 1, is_later)
    if any(NUL in name for name in value):
        return _bad_input(f"{NUL_MESSAGE} It stands in a name in {path}.")
    return _first(((f"{path}.{name}", item) for name, item in value.items()), depth + 1, is_later)


def _bad_input(message: str, node: Node | None = None) -> GraphQLError:
    return GraphQLError(message, node, extensions={"code": ErrorCode.BAD_USER_INPUT})
