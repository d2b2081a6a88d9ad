"""The id of a request, by which its client, the log, errors and traces speak of the same thing."""

import re
from contextvars import ContextVar

from uuid_utils import uuid7

HEADER = b"x-request-id"

GIVEN_ID = "merkato.request_id"
"""Where the scope of a request has the id that a trusted proxy gave it."""

_WELL_FORMED = re.compile(rb"[A-Za-z0-9_.-]{8,128}")
"""What can stand in a log, a header and an address as it is."""

_CURRENT: ContextVar[str | None] = ContextVar("request_id", default=None)


def new_request_id() -> str:
    """An id that no other request has; those made later sort after it."""
    return uuid7().hex


def accepted_request_id(given: bytes | None) -> str | None:
    """The id that a proxy gave, if it is one that we may hand on."""
    return given.decode("ascii") if given is not None and _WELL_FORMED.fullmatch(given) else None


def take_request_id(request_id: str) -> None:
    """Let what follows in this task, and in those that it starts, be known to belong to the request."""
    _CURRENT.set(request_id)


def id_header() -> tuple[bytes, bytes]:
    """The header that tells the id of the request that is being answered."""
    return HEADER, (_CURRENT.get() or "").encode("ascii")


def current_request_id() -> str | None:
    """The id of the request that is being answered; None outside of one, as in jobs."""
    return _CURRENT.get()
