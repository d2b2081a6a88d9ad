"""Why an operation is left to the reference executor."""

from enum import StrEnum


class Reason(StrEnum):
    """What keeps an operation, or one request, from being compiled."""

    INTROSPECTION = "introspection"
    PERMISSION = "permission"
    PYTHON_FIELD = "python-field"
    NOT_A_QUERY = "not-a-query"
    ARGUMENT = "argument"
    DIRECTIVE = "directive"
    TOO_LARGE = "too-large"
    RUNTIME = "runtime"


class NotCompilableError(Exception):
    """The operation, or this request of it, is the reference executor's."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
