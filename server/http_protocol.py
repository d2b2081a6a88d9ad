"""uvicorn's HTTP with bounds: a request arrives in time, its address and headers are short, and refusals are JSON.

uvicorn 0.54 waits for the rest of a request for ever, and keeps whatever came of it (Kludex/uvicorn#157).
"""

import asyncio
from asyncio import TimerHandle
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from server.refusals import RefusalCode, refusal

LONGEST_ADDRESS = 2**16 - 1
"""In bytes. What takes addresses apart for uvicorn takes no longer ones."""

LONGEST_HEADERS = 2**16
"""In bytes, all of them together."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a client is told before its connection is closed."""

    status: HTTPStatus
    code: RefusalCode
    message: str


MALFORMED = Refusal(HTTPStatus.BAD_REQUEST, RefusalCode.BAD_REQUEST, "This is no HTTP request. Send one of HTTP/1.1.")
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
    """The head of a request is too long; raised through the parser, which then reads no more."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection. A request may take `arrival_seconds` from its first byte to its last."""

    def __init__(self, *args: Any, arrival_seconds: float = 15, **options: Any) -> None:  # the rest is uvicorn's
        super().__init__(*args, **options)
        self._arrival_seconds = arrival_seconds
        self._deadline: TimerHandle | None = None
        self._is_arriving = False
        self._is_head = True
        """What comes next belongs to the head of a request."""
        self._bytes_of_head = 0
        """How many bytes came with it, those of a body behind it among them."""
        self._refusal = MALFORMED
        self._is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Wait for the first request, but not for ever."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on. A request that comes as a whole, as most do, costs no timer."""
        if self._is_refused:
            return
        if self._is_head:
            self._bytes_of_head += len(data)
        super().data_received(data)
        if not self._is_arriving or self._is_refused or self.transport.is_closing():
            return
        if self._is_head and self._bytes_of_head > LONGEST_ADDRESS + LONGEST_HEADERS:
            self._refuse(LONG_ADDRESS if len(self.url) > LONGEST_ADDRESS else LONG_HEADERS)
        elif self._deadline is None:
            self._wait()

    def on_message_begin(self) -> None:
        """A request begins to arrive."""
        super().on_message_begin()
        self._is_arriving = True

    def on_headers_complete(self) -> None:
        """The head is there. Raises HeadRefusedError when it is too long."""
        if self._bytes_of_head > LONGEST_ADDRESS:
            self._require_short_head()
        self._is_head = False
        self._bytes_of_head = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there; what comes now is another one."""
        super().on_message_complete()
        self._is_arriving = False
        self._is_head = True
        self._stop_waiting()

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to the protocol of WebSockets."""
        self._stop_waiting()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Refuse what could not be read."""
        if not self.transport.is_closing():
            self._refuse(self._refusal)

    def _require_short_head(self) -> None:
        if len(self.url) > LONGEST_ADDRESS:
            self._refusal = LONG_ADDRESS
            raise HeadRefusedError
        if sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers) > LONGEST_HEADERS:
            self._refusal = LONG_HEADERS
            raise HeadRefusedError

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(self._arrival_seconds, self._expire)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        """Say that the request came too late, unless nothing came, or something else is being answered."""
        if self.transport.is_closing():
            return
        if self._is_arriving and not self._is_refused and not self._is_answering():
            message = f"The request was not complete after {self._arrival_seconds:g} seconds. Send it again."
            self._refuse(Refusal(HTTPStatus.REQUEST_TIMEOUT, RefusalCode.REQUEST_TIMEOUT, message))
        else:
            self.transport.close()

    def _is_answering(self) -> bool:
        """Whether an answer is under way, into which another one must not be written."""
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
        self._stop_waiting()
        self._wait()
