"""How errors reach a client: expected ones as they are, with a code; unexpected ones masked and logged once."""

import logging
import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import asyncpg
from graphql import GraphQLError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from resolvers.errors import (
    Changes,
    CommitUnknownError,
    DatabaseAwayError,
    ErrorCode,
    OperationTimeoutError,
    PublicError,
    UnshownResultError,
)
from server.request_ids import current_request_id, new_request_id

logger = logging.getLogger("merkato.graphql")

DATABASE_AWAY = (
    DatabaseAwayError,
    PoolTimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)
"""Among them what asyncpg 0.32 makes of a connection that ends between two messages: InternalClientError."""

TAKES_NO_CHANGES = (asyncpg.ReadOnlySQLTransactionError, asyncpg.DiskFullError)
"""A standby, a primary that an operator has closed to changes, and a disk without room. Reads go on."""

NO_CHANGES = "The database takes no changes for now, and this made none. Try again later."

STOPPED = (
    "The database took too long for this and was stopped. "
    "Ask for less at once: shorter lists, fewer lists within lists, or a narrower filter."
)

COMMIT_UNKNOWN = (
    "The database was lost while it made a change final. Whether it did is not known: look before you send it again."
)

UNSHOWN = "It is done, but its result could not be read. Ask for it instead of sending this again."

OVERDUE = "This took longer than {seconds:g} seconds and was stopped. {ending}"

ENDINGS: Mapping[Changes | None, str] = MappingProxyType(
    {
        None: "Ask for less at once, or try again later.",
        Changes.NONE: "Nothing was changed. Try again later.",
        Changes.KEPT: "What had been changed by then is kept: look before you send it again.",
        Changes.UNKNOWN: "Whether its last change was made is not known: look before you send it again.",
    }
)
"""What a client is told of the changes of an operation; None of a query, which has none."""

LONGEST_MESSAGE = 400

_JSON_WORDS = {"None": "null", "True": "true", "False": "false"}
_PYTHON_WORD = re.compile(r"""(?<![\w'"])(None|True|False)(?![\w'"])""")
_DIGIT_LIMIT = re.compile(r"Exceeds the limit \(\d+ digits\)[^']*")
"""What Python says of a number with thousands of digits."""


class ServerErrorCode(StrEnum):
    """The `extensions.code` of what a resolver did not say itself."""

    PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
    PREVIEW_ONLY_READS = "PREVIEW_ONLY_READS"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    TIMEOUT = "TIMEOUT"
    OPERATION_TIMEOUT = "OPERATION_TIMEOUT"
    INTERNAL = "INTERNAL_SERVER_ERROR"


def coded(error: GraphQLError, code: str) -> GraphQLError:
    """The error with that code unless it has one, and its message as a sentence."""
    error.extensions = {"code": code, **(error.extensions or {})}
    error.message = _sentence(error.message)
    return error


def presented(error: GraphQLError) -> GraphQLError:
    """The error of an executed operation as its client may read it."""
    cause = error.original_error
    if cause is None or isinstance(cause, PublicError) or _is_about_input(error, cause):
        return coded(error, ErrorCode.BAD_USER_INPUT)
    return disguised(cause, error)


def disguised(cause: Exception, error: GraphQLError | None = None) -> GraphQLError:
    """What a client may know of an unexpected exception, which is logged here; `error` tells where it happened."""
    if isinstance(cause, UnshownResultError):
        return _unshown(cause, error)
    if isinstance(cause, OperationTimeoutError):
        return overdue(cause.limit_seconds)
    told = _told_of_database(cause, error)
    if told is not None:
        return told
    reference = current_request_id() or new_request_id()
    logger.error("Unexpected error %s at %s", reference, error.path if error else None, exc_info=cause)
    message = f"Something went wrong on the server. Reference: {reference}."
    return _replaced(error, message, ServerErrorCode.INTERNAL, reference=reference)


def _told_of_database(cause: Exception, error: GraphQLError | None) -> GraphQLError | None:
    """What a client is told when the database is to blame."""
    if isinstance(cause, CommitUnknownError):
        logger.warning("The database was lost during a commit: %s", cause)
        code = ServerErrorCode.SERVICE_UNAVAILABLE
        return _replaced(error, COMMIT_UNKNOWN, code, changes=Changes.UNKNOWN.value)
    if is_database_away(cause):
        logger.warning("The database is not available: %s", cause)
        return _replaced(error, "The database is not available. Try again.", ServerErrorCode.SERVICE_UNAVAILABLE)
    if isinstance(_driver_error(cause), TAKES_NO_CHANGES):
        logger.warning("The database takes no changes: %s", _driver_error(cause))
        return _replaced(error, NO_CHANGES, ServerErrorCode.SERVICE_UNAVAILABLE)
    if is_stopped(cause):
        logger.warning("A statement was stopped: %s", _driver_error(cause))
        return _replaced(error, STOPPED, ServerErrorCode.TIMEOUT)
    return None


def overdue(limit_seconds: float, changes: Changes | None = None) -> GraphQLError:
    """What a client is told of an operation whose time is over; of a mutation, what has become of its changes."""
    logger.warning("An operation was stopped after %g seconds. Changes: %s", limit_seconds, changes)
    message = OVERDUE.format(seconds=limit_seconds, ending=ENDINGS[changes])
    details = {} if changes is None else {"changes": changes.value}
    return _replaced(None, message, ServerErrorCode.OPERATION_TIMEOUT, **details)


def _unshown(unshown: UnshownResultError, error: GraphQLError | None) -> GraphQLError:
    """The same error as of a query that fails like this, and that the change was made nevertheless."""
    cause = unshown.__cause__
    shown = disguised(cause if isinstance(cause, Exception) else unshown, error)
    shown.message = UNSHOWN
    shown.extensions = {**(shown.extensions or {}), "changes": Changes.KEPT.value}
    return shown


def is_database_away(error: BaseException) -> bool:
    """Whether the error says that the database cannot be reached for now."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_database_away(_driver_error(error))
    if isinstance(error, asyncpg.InterfaceError):
        return "closed" in str(error)
    return isinstance(error, DATABASE_AWAY)


def is_stopped(error: BaseException) -> bool:
    """Whether PostgreSQL stopped a statement: it went over its time limit, or an operator cancelled it."""
    return isinstance(_driver_error(error), asyncpg.QueryCanceledError)


def _driver_error(error: BaseException) -> BaseException:
    """What the driver raised, if SQLAlchemy has wrapped it."""
    if not isinstance(error, DBAPIError):
        return error
    wrapped = error.orig
    return (wrapped.__cause__ if wrapped is not None else None) or ValueError(str(error))


def _is_about_input(error: GraphQLError, cause: Exception) -> bool:
    """Whether graphql-core refused a variable or an argument; it also raises GraphQLError for broken results."""
    return isinstance(cause, GraphQLError) and (not error.path or cause.message.startswith("Argument '"))


def _replaced(error: GraphQLError | None, message: str, code: str, **details: str) -> GraphQLError:
    extensions = {"code": code, **details}
    if error is None:
        return GraphQLError(message, extensions=extensions)
    return GraphQLError(message, nodes=error.nodes, path=error.path, extensions=extensions)


def _sentence(message: str) -> str:
    """A message of graphql-core, which forgets full stops, repeats endless input, and has None for null."""
    text = _DIGIT_LIMIT.sub("too many digits", message)
    text = _PYTHON_WORD.sub(lambda found: _JSON_WORDS[found[0]], text)
    text = text if text.endswith((".", "?")) else f"{text}."
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:300]} … {text[-80:]}"
