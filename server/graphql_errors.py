"""How errors reach a client: expected ones as they are, with a code; unexpected ones masked and logged once."""

import asyncio
import logging
from enum import StrEnum
from uuid import uuid4

import asyncpg
from graphql import GraphQLError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from resolvers.errors import ErrorCode, PublicError

logger = logging.getLogger("merkato.graphql")

DATABASE_AWAY = (
    OSError,
    asyncio.TimeoutError,
    PoolTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)


class ServerErrorCode(StrEnum):
    """The `extensions.code` of what a resolver did not say itself."""

    PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    INTERNAL = "INTERNAL_SERVER_ERROR"


def coded(error: GraphQLError, code: str) -> GraphQLError:
    """The error with that code."""
    error.extensions = {**(error.extensions or {}), "code": code}
    return error


def presented(error: GraphQLError) -> GraphQLError:
    """The error of an executed operation as its client may read it."""
    cause = error.original_error
    if isinstance(error, PublicError) or isinstance(cause, PublicError):
        return error
    if cause is None or isinstance(cause, GraphQLError):
        return coded(error, ErrorCode.BAD_USER_INPUT)
    if is_database_away(cause):
        logger.warning("The database is not available: %s", cause)
        return _replaced(error, "The database is not available. Try again.", ServerErrorCode.SERVICE_UNAVAILABLE)
    reference = uuid4().hex
    logger.error("Unexpected error %s at %s", reference, error.path, exc_info=cause)
    masked = _replaced(error, f"Something went wrong on the server. Reference: {reference}.", ServerErrorCode.INTERNAL)
    masked.extensions["reference"] = reference
    return masked


def is_database_away(error: BaseException) -> bool:
    """Whether the error says that the database cannot be reached for now."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_database_away(_driver_error(error))
    return isinstance(error, DATABASE_AWAY)


def _driver_error(error: DBAPIError) -> BaseException:
    wrapped = error.orig
    return (wrapped.__cause__ if wrapped is not None else None) or ValueError(str(error))


def _replaced(error: GraphQLError, message: str, code: str) -> GraphQLError:
    return GraphQLError(message, nodes=error.nodes, path=error.path, extensions={"code": code})
