"""uvicorn's HTTP with bounds: a request arrives in time, its address and headers are short, and refusals are JSON.

uvicorn 0.54 waits for the rest of a request for ever, and keeps whatever came of it (Kludex/uvicorn#157).
"""

import asyncio
from asyncio import TimerHandle
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from server.refusals import RefusalCode, refusal

LONGEST_ADDRESS = 2**16 - 1
"""In bytes. What takes addresses apart for uvicorn takes no longer ones."""

LONGEST_HEADERS = 2**16
"""In bytes, all of them together."""

LONGEST_WHOLE_BODY = 2**16
"""Longer ones are not copied once more to be written together with their headers."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a client is told before its connection is closed."""

    status: HTTPStatus
    code: RefusalCode
    message: str


MALFORMED = Refusal(HTTPStatus.BAD_REQUEST, RefusalCode.BAD_REQUEST, "This is no HTTP request. Send one of HTTP/1.1.")
NO_ONE_HOST = Refusal(
    HTTPStatus.BAD_REQUEST,
    RefusalCode.BAD_REQUEST,
    "A request of HTTP/1.1 names its host in one header, and in no more (RFC 9112, section 3.2).",
)
LONG_ADDRESS = Refusal(
    HTTPStatus.REQUEST_URI_TOO_LONG,
    RefusalCode.URI_TOO_LONG,
    f"The address is longer than {LONGEST_ADDRESS} bytes. Send the operation by POST.",
)
LONG_HEADERS = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    RefusalCode.HEADERS_TOO_LARGE,
    f"The headers are longer than {LONGEST_HEADERS} bytes. Send fewer of them, or fewer cookies.",
)


class HeadRefusedError(Exception):
    """The head of a request is not as it must be; raised through the parser, which then reads no more."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection. A request may take `arrival_seconds` from its first byte to its last.

    One timer looks from time to time whether something is overdue: to set one for each request, as uvicorn does for
    connections that nothing comes on, takes about as long as to find an answer in the cache.
    """

    def __init__(self, *args: Any, arrival_seconds: float = 15, **options: Any) -> None:  # the rest is uvicorn's
        super().__init__(*args, **options)
        self._arrival_seconds = arrival_seconds
        self._timer: TimerHandle | None = None
        self._idle_since = 0.0
        """When the last answer was complete; when the connection was made, if there was none."""
        self._idle_seconds = arrival_seconds
        """How long nothing may come after that."""
        self._arriving_since: float | None = None
        """When the request began of which a part is missing."""
        self._bytes_of_head = 0
        """How many bytes came since the head began that is not complete; at least one more than came, if it is long."""
        self._refusal = MALFORMED
        self._is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Wait for the first request, but not for ever."""
        super().connection_made(transport)
        self._idle_since = self.loop.time()
        self._look_again(self._patience)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_looking()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._is_refused:
            return
        begun = self.scope
        if self._bytes_of_head or len(data) > LONGEST_ADDRESS:
            self._bytes_of_head += len(data)
        super().data_received(data)
        if not self._is_head and not self.cycle.more_body:
            self._arriving_since = None
            self._bytes_of_head = 0
        elif self._timer is not None and not self._is_refused and self.scope is not None:
            self._read_in_part(data, is_new=self.scope is not begun)

    def on_headers_complete(self) -> None:
        """The head is there. Raises HeadRefusedError when it is too long, or whom it is for cannot be told."""
        if self._bytes_of_head > LONGEST_ADDRESS:
            self._require_short_head()
        hosts = [name for name, _value in self.headers].count(b"host")
        if hosts != 1:
            self._require_one_host(hosts)
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """An answer is there; as uvicorn's, without its timer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self._idle_since = self.loop.time()
        self._idle_seconds = self.timeout_keep_alive
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to the protocol of WebSockets."""
        self._stop_looking()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Refuse what could not be read."""
        if not self.transport.is_closing():
            self._refuse(self._refusal)

    @property
    def _is_head(self) -> bool:
        """Whether of the last request not even the head is there."""
        return self.cycle is None or self.cycle.scope is not self.scope

    def _read_in_part(self, data: bytes, *, is_new: bool) -> None:
        """A part of a request is missing, which began in this data or before."""
        if is_new or self._arriving_since is None:
            self._arriving_since = self.loop.time()
        if not self._is_head:
            self._bytes_of_head = 0
        elif is_new:
            self._bytes_of_head = min(len(data), LONGEST_ADDRESS)
        elif self._bytes_of_head > LONGEST_ADDRESS + LONGEST_HEADERS:
            self._refuse(LONG_ADDRESS if len(self.url) > LONGEST_ADDRESS else LONG_HEADERS)

    def _require_short_head(self) -> None:
        if len(self.url) > LONGEST_ADDRESS:
            self._refusal = LONG_ADDRESS
            raise HeadRefusedError
        if sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers) > LONGEST_HEADERS:
            self._refusal = LONG_HEADERS
            raise HeadRefusedError

    def _require_one_host(self, hosts: int) -> None:
        """What stands before us may have gone by another of several; HTTP/1.0 knows of none."""
        if hosts > 1 or self.parser.get_http_version() != "1.0":
            self._refusal = NO_ONE_HOST
            raise HeadRefusedError

    @property
    def _patience(self) -> float:
        """In how many seconds something may be overdue at the earliest."""
        return min(self._arrival_seconds, self.timeout_keep_alive)

    def _look_again(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._look)

    def _stop_looking(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """End what is overdue."""
        seconds = self._seconds_left()
        if seconds > 0:
            self._look_again(min(seconds, self._patience))
        elif not self.transport.is_closing():
            self._expire()

    def _seconds_left(self) -> float:
        now = self.loop.time()
        if self._arriving_since is not None:
            return self._arriving_since + self._arrival_seconds - now
        is_answering = bool(self.cycle) and not self.cycle.response_complete
        return self._patience if is_answering else self._idle_since + self._idle_seconds - now

    def _expire(self) -> None:
        """Say that the request came too late, unless nothing came, or something else is being answered."""
        if self._arriving_since is not None and not self._is_refused and not self._is_answering():
            message = f"The request was not complete after {self._arrival_seconds:g} seconds. Send it again."
            self._refuse(Refusal(HTTPStatus.REQUEST_TIMEOUT, RefusalCode.REQUEST_TIMEOUT, message))
        else:
            self.transport.close()

    def _is_answering(self) -> bool:
        """Whether an answer is under way, or was given early, which another one must not be written into."""
        if self._is_head:
            return bool(self.cycle) and not self.cycle.response_complete
        return bool(self.pipeline) or self.cycle.response_started

    def _refuse(self, refused: Refusal) -> None:
        """Answer, and throw away what still comes: closed at once, a connection loses the answer with it."""
        self._is_refused = True
        body = refusal(refused.code, refused.message)
        head = b"content-type: application/json; charset=utf-8\r\nx-content-type-options: nosniff\r\n"
        head += b"connection: close\r\ncontent-length: %d\r\n\r\n"
        self.transport.write(STATUS_LINE[refused.status] + head % len(body) + body)
        self.transport.write_eof()
        self._stop_looking()
        self._arriving_since = self.loop.time()
        self._look_again(self._arrival_seconds)


def write_whole(send: Send, status: int, head: bytes, body: bytes) -> bool:
    """Write an answer that is there as a whole to its connection; False if it has to be sent as ASGI has it.

    It has to when something stands between the application and the connection, or when the connection is not simply
    open for the next answer. `head` are lines of headers that need no check. By ASGI, uvicorn would look at every
    header in two messages, which takes about as long as an answer from the cache does.
    """
    cycle = getattr(send, "__self__", None)
    if (
        type(cycle) is not RequestResponseCycle
        or cycle.disconnected
        or cycle.response_started
        or cycle.flow.write_paused
        or not cycle.keep_alive
        or cycle.access_log
        or len(body) > LONGEST_WHOLE_BODY
    ):
        return False
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    ours = b"".join([b"%b: %b\r\n" % header for header in cycle.default_headers])
    cycle.transport.write(b"%b%b%bcontent-length: %d\r\n\r\n%b" % (STATUS_LINE[status], ours, head, len(body), body))
    cycle.message_event.set()
    cycle.on_response()
    return True
