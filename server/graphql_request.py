"""What an HTTP request asks for: a GraphQL operation, or a refusal that says why not.

Source of the rules: the GraphQL over HTTP specification, as its audits check it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import orjson

from server.explanation import asks
from server.http_messages import HttpRequest
from server.refusals import RefusalCode

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"

_QUALITY = re.compile(r";\s*q\s*=\s*([01](?:\.\d*)?)\s*(?:;|$)", re.IGNORECASE)


class RequestRefusedError(Exception):
    """A request that holds no operation; its message is safe to show."""

    def __init__(
        self,
        status: HTTPStatus,
        code: StrEnum,
        message: str,
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.details = dict(details or {})
        """What its error has in its extensions besides the code."""


@dataclass(frozen=True, slots=True)
class PersistedQuery:
    """The hash of a text, as Apollo's protocol of automatic persisted queries sends it."""

    version: int
    sha256_hash: str


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation and its variables."""

    query: str
    """The text; empty when the request names its document in another way."""
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    is_read_only: bool = False
    """Sent by GET, so that it may only read."""
    document_id: str | None = None
    persisted_query: PersistedQuery | None = None
    explain: bool = False
    """Whether to tell how it was answered (server/explanation.py)."""


@lru_cache(maxsize=1000)
def media_type_for(accept: str | None) -> str:
    """The media type that a client prefers; raises RequestRefusedError when none that we speak is acceptable.

    `application/json` unless the client names `application/graphql-response+json`.
    """
    ranges = _media_ranges(accept if accept and accept.strip() else "*/*")
    offered = (GRAPHQL_RESPONSE, JSON) if GRAPHQL_RESPONSE in ranges else (JSON, GRAPHQL_RESPONSE)
    best = max(offered, key=lambda media_type: _quality(media_type, ranges))
    if _quality(best, ranges) > 0:
        return best
    raise RequestRefusedError(
        HTTPStatus.NOT_ACCEPTABLE,
        RefusalCode.NOT_ACCEPTABLE,
        f"The answer can be {GRAPHQL_RESPONSE} or {JSON}. Name one of them in the Accept header.",
    )


def require_json(request: HttpRequest, max_body_bytes: int) -> None:
    """Refuse a request that does not bring JSON by POST, or says that it brings too much."""
    if request.method != "POST":
        raise RequestRefusedError(
            HTTPStatus.METHOD_NOT_ALLOWED,
            RefusalCode.METHOD_NOT_ALLOWED,
            f"{request.method} is not supported. Send operations by POST, or queries by GET.",
            {"Allow": "GET, HEAD, POST"},
        )
    headers = request.headers
    _require_json(headers.get(b"content-type"), headers.get(b"content-encoding"))
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced[:20]) > max_body_bytes:
        raise too_large(max_body_bytes)


async def read_body(request: HttpRequest, max_body_bytes: int) -> bytes:
    """The body of a request; raises RequestRefusedError when it is too long, or does not arrive."""
    body, is_complete = b"", False
    while not is_complete:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise bad_request("The connection closed before the body was complete. Send it again.")
        body += message.get("body", b"")
        if len(body) > max_body_bytes:
            raise too_large(max_body_bytes)
        is_complete = not message.get("more_body", False)
    return body


def from_body(body: bytes) -> GraphQLRequest:
    """The operation in a body; raises RequestRefusedError when there is none."""
    return request_from(parsed_object(body, "The body"))


def _media_ranges(accept: str) -> dict[str, float]:
    """The media ranges of an Accept header and how much each is wanted (RFC 9110, section 12.5.1)."""
    ranges: dict[str, float] = {}
    for part in accept.split(","):
        name, separator, parameters = part.partition(";")
        quality = _QUALITY.search(separator + parameters)
        ranges[name.strip().lower()] = float(quality[1]) if quality else 1.0
    return ranges


def _quality(media_type: str, ranges: Mapping[str, float]) -> float:
    """How much a media type is wanted: the range that names it most closely says it."""
    return next((ranges[name] for name in (media_type, "application/*", "*/*") if name in ranges), 0.0)


@lru_cache(maxsize=1000)
def _require_json(content_type: bytes | None, encoding: bytes | None) -> None:
    media_type, _, parameters = (content_type or b"").decode("latin-1").partition(";")
    charset = parameters.lower().replace(" ", "").replace('"', "").partition("charset=")[2]
    if media_type.strip().lower() != JSON or charset.split(";")[0] not in {"", "utf-8", "utf8"}:
        raise RequestRefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            RefusalCode.UNSUPPORTED_MEDIA_TYPE,
            f"The body must be {JSON} in UTF-8. Set the Content-Type header.",
        )
    require_uncompressed((encoding or b"identity").decode("latin-1"))


def require_uncompressed(encoding: str | None) -> None:
    """Refuse a body that its Content-Encoding says is compressed."""
    if (encoding or "identity").lower() != "identity":
        raise RequestRefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            RefusalCode.UNSUPPORTED_MEDIA_TYPE,
            "The body must not be compressed. Send it without a Content-Encoding header.",
        )


def too_large(max_body_bytes: int) -> RequestRefusedError:
    """The refusal of a body that is longer than it may be."""
    return RequestRefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        RefusalCode.PAYLOAD_TOO_LARGE,
        f"The body is longer than {max_body_bytes} bytes. Ask for less in one request.",
        {"Connection": "close"},
    )


def from_query_string(query_string: bytes) -> GraphQLRequest:
    """The operation in an address; raises RequestRefusedError when there is none."""
    try:
        text = query_string.decode()
        fields: dict[str, Any] = dict(parse_qsl(text, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError as error:
        raise bad_request("The address holds text that is not UTF-8. Encode it as UTF-8, then with %.") from error
    for name in ("variables", "extensions"):
        if name in fields:
            value = parsed(fields[name].encode(), f"`{name}`")
            fields[name] = value if value is None else _require_object(value, f"`{name}`")
    return request_from(fields, is_read_only=True)


def parsed(text: bytes, what: str) -> Any:
    """The JSON that a text is; raises RequestRefusedError for any other text, which it calls `what`."""
    if not text.strip():
        raise bad_request(f"{what} is empty. Send a JSON object.")
    try:
        return orjson.loads(text.decode())
    except UnicodeDecodeError as error:
        raise bad_request(f"{what} is not UTF-8. Send JSON in UTF-8.") from error
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise bad_request(f"{what} is not valid JSON: {error.msg}, at {place}. Send a JSON object.") from error


def parsed_object(text: bytes, what: str) -> dict[str, Any]:
    """The same, where nothing but an object will do."""
    return _require_object(parsed(text, what), what)


def _require_object(parsed: Any, what: str) -> dict[str, Any]:
    if isinstance(parsed, list):
        raise bad_request(f"{what} is a list. Send one operation a request; batches are not supported.")
    if not isinstance(parsed, dict):
        raise bad_request(f"{what} must be a JSON object.")
    return parsed


def request_from(fields: Mapping[str, Any], *, is_read_only: bool = False) -> GraphQLRequest:
    """The operation that these parameters of a request say; raises RequestRefusedError when they say none."""
    operation_name = fields.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise bad_request("`operationName` must be a string or null.")
    for name in ("variables", "extensions"):
        if fields.get(name) is not None and not isinstance(fields[name], dict):
            raise bad_request(f"`{name}` must be an object or null.")
    document_id = _document_id(fields)
    persisted_query = _persisted_query(fields.get("extensions") or {})
    query = _query(fields, is_named=document_id is not None or persisted_query is not None)
    if document_id is not None and (query or persisted_query is not None):
        raise bad_request("`documentId` names the document. Send neither `query` nor `persistedQuery` with it.")
    return GraphQLRequest(
        query=query,
        operation_name=operation_name or None,
        variables=fields.get("variables"),
        is_read_only=is_read_only,
        document_id=document_id,
        persisted_query=persisted_query,
        explain=asks(fields.get("extensions")),
    )


def _query(fields: Mapping[str, Any], *, is_named: bool) -> str:
    query = fields.get("query")
    if is_named and (query is None or query == ""):
        return ""
    if not isinstance(query, str) or not query.strip():
        raise bad_request(
            "`query` is missing. Send the text of an operation, or the id of a trusted document as `documentId`."
        )
    return query


def _document_id(fields: Mapping[str, Any]) -> str | None:
    document_id = fields.get("documentId")
    if document_id is not None and (not isinstance(document_id, str) or not document_id):
        raise bad_request("`documentId` must be the id of a document, as a string.")
    return document_id


def _persisted_query(extensions: Mapping[str, Any]) -> PersistedQuery | None:
    match extensions.get("persistedQuery"):
        case None:
            return None
        case {"version": int(version), "sha256Hash": str(sha256_hash)} if not isinstance(version, bool):
            return PersistedQuery(version, sha256_hash)
        case _:
            message = "`persistedQuery` must be an object with `version`, a number, and `sha256Hash`, a string."
            raise bad_request(message)


def bad_request(message: str) -> RequestRefusedError:
    """The refusal of a request that is not as requests are."""
    return RequestRefusedError(HTTPStatus.BAD_REQUEST, RefusalCode.BAD_REQUEST, message)
