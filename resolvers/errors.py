"""Errors that a client is meant to read: their message is safe to show, their code says what kind they are."""

from enum import StrEnum

from graphql import GraphQLError


class ErrorCode(StrEnum):
    """The `extensions.code` of an error."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    FORBIDDEN = "FORBIDDEN"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    CONTENTION = "CONTENTION"
    """Others changed the same at the same time, again and again; the same request may succeed later."""


class Changes(StrEnum):
    """The `extensions.changes` of a mutation that was cut short: what has become of what it changed."""

    NONE = "NONE"
    """Everything was rolled back."""
    KEPT = "KEPT"
    """Something was committed."""
    UNKNOWN = "UNKNOWN"
    """A commit was sent, and nobody answered."""


class DatabaseAwayError(ConnectionError):
    """No connection to the database could be made, or it was lost. Its text is for the log."""


class DatabaseSilentError(DatabaseAwayError):
    """Somebody waited for a connection in vain, as long as may be: to try again at once would take as long."""


class OperationTimeoutError(DatabaseSilentError):
    """The time that an operation may take is over; nobody else may try what took it."""

    def __init__(self, limit_seconds: float) -> None:
        super().__init__(f"an operation was not done after {limit_seconds:g} seconds")
        self.limit_seconds = limit_seconds


class CommitUnknownError(DatabaseAwayError):
    """The connection was lost between COMMIT and its answer: nobody can tell whether the transaction was committed."""


class UnshownResultError(Exception):
    """A mutation was carried out, and its object could not be read after that; the cause says why."""


class PublicError(GraphQLError):
    """An expected failure of one field."""

    def __init__(self, message: str, code: ErrorCode) -> None:
        super().__init__(message, extensions={"code": code.value})


class BadInputError(PublicError):
    """An argument that no request should carry. The message names the argument and what is wrong with it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ErrorCode.BAD_USER_INPUT)


class UnauthenticatedError(PublicError):
    """The field is for viewers with an account."""

    def __init__(self) -> None:
        super().__init__("This field is for those who are signed in. Sign in first.", ErrorCode.UNAUTHENTICATED)


class ContentionError(PublicError):
    """PostgreSQL ended a transaction in favour of others, as often as it was tried."""

    def __init__(self) -> None:
        super().__init__("Others are changing the same at this moment. Try again.", ErrorCode.CONTENTION)


class UnseenResultError(PublicError):
    """A mutation was carried out, and its object is none that the viewer may see."""

    def __init__(self) -> None:
        super().__init__("It is done, but you may not see what it was done to.", ErrorCode.FORBIDDEN)


class ForbiddenError(PublicError):
    """The viewer lacks the permission that the field asks for."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"This field needs the permission {permission}.", ErrorCode.FORBIDDEN)
