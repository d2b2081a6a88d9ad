"""What an HTTP request asks for: a GraphQL operation, or a refusal that says why not.

Source of the rules: the GraphQL over HTTP specification, as its audits check it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"


class RefusalCode(StrEnum):
    """The `extensions.code` of a request that was not executed."""

    BAD_REQUEST = "BAD_REQUEST"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"


class RequestRefusedError(Exception):
    """A request that holds no operation; its message is safe to show."""

    def __init__(
        self, status: HTTPStatus, code: RefusalCode, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation and its variables."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    is_read_only: bool = False
    """Sent by GET, so that it may only read."""


def media_type_for(accept: str | None) -> str:
    """The media type to answer with; raises RequestRefusedError when none that we speak is acceptable.

    `application/json` unless the client names `application/graphql-response+json`.
    """
    wanted = [_media_range(part) for part in accept.split(",")] if accept and accept.strip() else ["*/*"]
    for offered in (GRAPHQL_RESPONSE, JSON):
        if offered in wanted:
            return offered
    if "*/*" in wanted or "application/*" in wanted:
        return JSON
    raise RequestRefusedError(
        HTTPStatus.NOT_ACCEPTABLE,
        RefusalCode.NOT_ACCEPTABLE,
        f"The answer can be {GRAPHQL_RESPONSE} or {JSON}. Name one of them in the Accept header.",
    )


async def read_request(request: Request, max_body_bytes: int) -> GraphQLRequest:
    """The operation in a request; raises RequestRefusedError when there is none."""
    if request.method == "GET":
        return _from_query_string(request)
    if request.method != "POST":
        raise RequestRefusedError(
            HTTPStatus.METHOD_NOT_ALLOWED,
            RefusalCode.METHOD_NOT_ALLOWED,
            f"{request.method} is not supported. Send operations by POST, or queries by GET.",
            {"Allow": "GET, POST"},
        )
    _require_json(request.headers.get("content-type"), request.headers.get("content-encoding"))
    return _from_fields(_parse_object(await _read_body(request, max_body_bytes), "The body"))


def _media_range(part: str) -> str:
    return part.split(";", 1)[0].strip().lower()


def _require_json(content_type: str | None, encoding: str | None) -> None:
    media_type, _, parameters = (content_type or "").partition(";")
    charset = parameters.lower().replace(" ", "").replace('"', "").partition("charset=")[2]
    if media_type.strip().lower() != JSON or charset.split(";")[0] not in {"", "utf-8", "utf8"}:
        raise RequestRefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            RefusalCode.UNSUPPORTED_MEDIA_TYPE,
            f"The body must be {JSON} in UTF-8. Set the Content-Type header.",
        )
    if encoding not in {None, "", "identity"}:
        raise RequestRefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            RefusalCode.UNSUPPORTED_MEDIA_TYPE,
            "The body must not be compressed. Send it without a Content-Encoding header.",
        )


async def _read_body(request: Request, max_body_bytes: int) -> bytes:
    refusal = RequestRefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        RefusalCode.PAYLOAD_TOO_LARGE,
        f"The body is longer than {max_body_bytes} bytes.",
        {"Connection": "close"},
    )
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > max_body_bytes:
        raise refusal
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > max_body_bytes:
                raise refusal
    except ClientDisconnect as error:
        raise _bad_request("The connection closed before the body was complete.") from error
    return bytes(body)


def _from_query_string(request: Request) -> GraphQLRequest:
    fields: dict[str, Any] = {name: request.query_params[name] for name in request.query_params}
    for name in ("variables", "extensions"):
        if name in fields:
            fields[name] = _parse_object(fields[name].encode("utf-8", "surrogateescape"), f"`{name}`") or None
    return _from_fields(fields, is_read_only=True)


def _parse_object(text: bytes, what: str) -> dict[str, Any]:
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _bad_request(f"{what} is not valid JSON: {error}.") from error
    if isinstance(parsed, list):
        raise _bad_request(f"{what} is a list. Send one operation a request; batches are not supported.")
    if not isinstance(parsed, dict):
        raise _bad_request(f"{what} must be a JSON object.")
    return parsed


def _from_fields(fields: dict[str, Any], *, is_read_only: bool = False) -> GraphQLRequest:
    query = fields.get("query")
    if not isinstance(query, str) or not query.strip():
        raise _bad_request("`query` is missing. Send the text of an operation as a string.")
    operation_name = fields.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise _bad_request("`operationName` must be a string or null.")
    for name in ("variables", "extensions"):
        if fields.get(name) is not None and not isinstance(fields[name], dict):
            raise _bad_request(f"`{name}` must be an object or null.")
    return GraphQLRequest(query, operation_name or None, fields.get("variables"), is_read_only)


def _bad_request(message: str) -> RequestRefusedError:
    return RequestRefusedError(HTTPStatus.BAD_REQUEST, RefusalCode.BAD_REQUEST, message)
