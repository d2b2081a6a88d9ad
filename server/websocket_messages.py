"""The messages of the protocol graphql-transport-ws, read strictly, and how a socket is closed.

Source: PROTOCOL.md of the package graphql-ws, whose client closes for good on 4400, 4401, 4406, 4409 and 4429, and
connects again after 1001, 1012, 1013, 4403 and 4408.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson
from graphql import GraphQLError

from server.graphql_request import GraphQLRequest, RequestRefusedError, request_from

SUBPROTOCOL = "graphql-transport-ws"
LONGEST_ID = 255
LONGEST_REASON_BYTES = 123
"""What a close frame can carry (RFC 6455, section 5.5)."""


class CloseCode(IntEnum):
    """Why the server closes a socket."""

    GOING_AWAY = 1001
    TOO_BIG = 1009
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INITIALISATION_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITIALISATIONS = 4429
    INTERNAL_ERROR = 4500


class SocketClosedError(Exception):
    """The socket is to be closed; the reason is safe to show, and cut to what a frame can carry."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:LONGEST_REASON_BYTES].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class ConnectionInit:
    """The first message: who is there."""

    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ping:
    """A question whether we are there."""


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to our question."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """An operation to run: not only a subscription."""

    id: str
    request: GraphQLRequest


@dataclass(frozen=True, slots=True)
class Complete:
    """The client wants no more of an operation."""

    id: str


Incoming = ConnectionInit | Ping | Pong | Subscribe | Complete


def read_message(text: bytes) -> Incoming:
    """The message in a frame. Raises SocketClosedError for anything that is none."""
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _bad("The message is not valid JSON.") from error
    if not isinstance(message, dict):
        raise _bad("The message must be a JSON object.")
    match message.get("type"):
        case "connection_init":
            return ConnectionInit(_payload(message) or {})
        case "ping":
            _payload(message)
            return Ping()
        case "pong":
            _payload(message)
            return Pong()
        case "subscribe":
            return Subscribe(_id(message), _request(message))
        case "complete":
            return Complete(_id(message))
        case _:
            raise _bad("`type` is none that a client sends.")


def acknowledgement() -> str:
    """The answer to `connection_init`."""
    return _written({"type": "connection_ack"})


def ping() -> str:
    """The question whether the client is there."""
    return _written({"type": "ping"})


def pong() -> str:
    """The answer to `ping`."""
    return _written({"type": "pong"})


def result(operation: str, body: Mapping[str, Any]) -> str:
    """One result of an operation."""
    return _written({"id": operation, "type": "next", "payload": body})


def refusal(operation: str, errors: Iterable[GraphQLError]) -> str:
    """What is said of an operation that does not run, or not any more."""
    return _written({"id": operation, "type": "error", "payload": [error.formatted for error in errors]})


def completion(operation: str) -> str:
    """The end of an operation."""
    return _written({"id": operation, "type": "complete"})


def _payload(message: Mapping[str, Any]) -> Mapping[str, Any] | None:
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise _bad("`payload` must be an object, or absent.")
    return payload


def _id(message: Mapping[str, Any]) -> str:
    operation = message.get("id")
    if not isinstance(operation, str) or not 0 < len(operation) <= LONGEST_ID:
        raise _bad(f"`id` must be a text of 1 to {LONGEST_ID} characters.")
    return operation


def _request(message: Mapping[str, Any]) -> GraphQLRequest:
    payload = message.get("payload")
    if not isinstance(payload, dict):
        raise _bad("`payload` of `subscribe` must be an object.")
    try:
        return request_from(payload)
    except RequestRefusedError as refused:
        raise _bad(refused.message) from refused


def _bad(reason: str) -> SocketClosedError:
    return SocketClosedError(CloseCode.BAD_REQUEST, reason)


def _written(message: Mapping[str, Any]) -> str:
    return orjson.dumps(message).decode()
