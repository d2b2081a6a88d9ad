"""How a request is told that it was not executed: GraphQL's errors, whatever the address."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response


class RefusalCode(StrEnum):
    """The `extensions.code` of a request that was not executed."""

    BAD_REQUEST = "BAD_REQUEST"
    FORBIDDEN_ORIGIN = "FORBIDDEN_ORIGIN"
    HEADERS_TOO_LARGE = "HEADERS_TOO_LARGE"
    HTTPS_REQUIRED = "HTTPS_REQUIRED"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    MISDIRECTED_REQUEST = "MISDIRECTED_REQUEST"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    NOT_FOUND = "NOT_FOUND"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    PREFLIGHT_REQUIRED = "PREFLIGHT_REQUIRED"
    PREVIEW_EXPIRED = "PREVIEW_EXPIRED"
    PREVIEW_INVALID = "PREVIEW_INVALID"
    RATE_LIMITED = "RATE_LIMITED"
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    TOO_MANY_OPERATIONS = "TOO_MANY_OPERATIONS"
    TOO_MANY_SOCKETS = "TOO_MANY_SOCKETS"
    TOO_MANY_UPLOADS = "TOO_MANY_UPLOADS"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    URI_TOO_LONG = "URI_TOO_LONG"
    WEBSOCKET_REQUIRED = "WEBSOCKET_REQUIRED"


NO_DETAILS: Mapping[str, object] = MappingProxyType({})


def refusal(code: StrEnum, message: str, details: Mapping[str, object] = NO_DETAILS) -> bytes:
    """The body that says so, as JSON."""
    return orjson.dumps({"errors": [{"message": message, "extensions": {"code": code, **details}}]})


UNSERVED: Mapping[int, tuple[RefusalCode, str]] = MappingProxyType(
    {
        404: (RefusalCode.NOT_FOUND, "There is nothing at this address."),
        405: (RefusalCode.METHOD_NOT_ALLOWED, "This address does not take this method."),
    }
)


async def refuse(_request: Request, error: Exception) -> Response:
    """The answer to a request that Starlette finds no place for."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code, message = UNSERVED.get(status, (RefusalCode.BAD_REQUEST, "This request cannot be answered."))
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return Response(refusal(code, message), status, headers, "application/json")


async def refuse_for_now(_request: Request, _error: Exception) -> Response:
    """The answer while the database is away, or too slow."""
    body = refusal(RefusalCode.SERVICE_UNAVAILABLE, "The database is not available. Try again.")
    return Response(body, 503, {"Retry-After": "5", "Cache-Control": "no-store"}, "application/json")
