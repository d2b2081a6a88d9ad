"""Input that is refused before an operation runs: text that PostgreSQL cannot store, and values nested too deeply."""

from collections.abc import Iterable
from typing import Any

from graphql import ASTValidationRule, GraphQLError, ListValueNode, Node, ObjectValueNode, StringValueNode

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


def fault_of(variables: dict[str, Any]) -> GraphQLError | None:
    """What is wrong with the variables, and where, as `$filter.tags[0]`; None when nothing is."""
    return _first((f"${name}", value) for name, value in variables.items())


def _first(values: Iterable[tuple[str, Any]], depth: int = 0) -> GraphQLError | None:
    return next((fault for path, value in values if (fault := _fault(path, value, depth)) is not None), None)


def _fault(path: str, value: Any, depth: int) -> GraphQLError | None:
    if isinstance(value, str):
        return _bad_input(f"{NUL_MESSAGE} It stands in {path}.") if NUL in value else None
    if not isinstance(value, dict | list):
        return None
    if depth == MAXIMUM_DEPTH:
        return _bad_input(f"{DEPTH_MESSAGE} It stands in {path}.")
    if isinstance(value, list):
        return _first(((f"{path}[{index}]", item) for index, item in enumerate(value)), depth + 1)
    if any(NUL in name for name in value):
        return _bad_input(f"{NUL_MESSAGE} It stands in a name in {path}.")
    return _first(((f"{path}.{name}", item) for name, item in value.items()), depth + 1)


def _bad_input(message: str, node: Node | None = None) -> GraphQLError:
    return GraphQLError(message, node, extensions={"code": ErrorCode.BAD_USER_INPUT})
