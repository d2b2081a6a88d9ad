"""Errors that a client is meant to read: their message is safe to show, their code says what kind they are."""

from enum import StrEnum

from graphql import GraphQLError


class ErrorCode(StrEnum):
    """The `extensions.code` of an error."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    FORBIDDEN = "FORBIDDEN"


class DatabaseAwayError(ConnectionError):
    """No connection to the database could be made, or it was lost. Its text is for the log."""


class DatabaseSilentError(DatabaseAwayError):
    """Somebody waited for a connection in vain, as long as may be: to try again at once would take as long."""


class PublicError(GraphQLError):
    """An expected failure of one field."""

    def __init__(self, message: str, code: ErrorCode) -> None:
        super().__init__(message, extensions={"code": code.value})


class BadInputError(PublicError):
    """An argument that no request should carry. The message names the argument and what is wrong with it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ErrorCode.BAD_USER_INPUT)


class ForbiddenError(PublicError):
    """The viewer lacks the permission that the field asks for."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"This field needs the permission {permission}.", ErrorCode.FORBIDDEN)
