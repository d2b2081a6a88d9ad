"""Text that PostgreSQL cannot store is refused before an operation runs: the NUL character."""

from typing import Any

from graphql import ASTValidationRule, GraphQLError, StringValueNode

NUL = "\x00"
MESSAGE = "Text must not hold the NUL character (U+0000)."


class NoNulInStringsRule(ASTValidationRule):
    """Refuses string literals with the NUL character."""

    def enter_string_value(self, node: StringValueNode, *_args: object) -> None:
        """Report the literal."""
        if NUL in node.value:
            self.report_error(GraphQLError(MESSAGE, node))


def path_of_nul(variables: dict[str, Any]) -> str | None:
    """Where in the variables the NUL character stands, as `$filter.tags[0]`; None when nowhere."""
    pending: list[tuple[str, Any]] = [(f"${name}", value) for name, value in variables.items()]
    while pending:
        path, value = pending.pop()
        if isinstance(value, str) and NUL in value:
            return path
        if isinstance(value, dict):
            pending += [(f"{path}.{key}", item) for key, item in value.items()]
        elif isinstance(value, list):
            pending += [(f"{path}[{index}]", item) for index, item in enumerate(value)]
    return None
