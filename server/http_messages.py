"""An HTTP request and its answer as the GraphQL endpoint sees them: bare ASGI, because no path is hotter than this."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from starlette.types import Receive, Scope, Send

from server.http_protocol import write_whole
from server.request_ids import current_request_id, id_header

OK = HTTPStatus.OK.value
"""As a plain number, which is hashed at once; the hash of a member of an enumeration is made by Python code."""

NOT_MODIFIED = HTTPStatus.NOT_MODIFIED.value

RawHeaders = Iterable[tuple[bytes, bytes]]


class Addition:
    """Headers that every answer to a request has besides its own, and the same as they are written."""

    __slots__ = ("headers", "lines")

    def __init__(self, headers: RawHeaders = ()) -> None:
        self.headers = tuple(headers)
        self.lines = header_lines(self.headers)

    def __add__(self, other: "Addition") -> "Addition":
        """Both; one of them as it is where the other is empty, as it nearly always is."""
        if not (self.headers and other.headers):
            return self if self.headers else other
        return Addition((*self.headers, *other.headers))


class HttpRequest:
    """One request. Header names are in lower case."""

    __slots__ = ("addition", "headers", "method", "peer", "query_string", "raw_headers", "receive", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.query_string: bytes = scope["query_string"]
        self.raw_headers: RawHeaders = scope["headers"]
        self.headers = dict(self.raw_headers)
        """The last of each name."""
        self.receive = receive
        self.addition = NO_ADDITION
        client = scope.get("client")
        self.peer: str | None = client[0] if client else None
        """The IP address that it came from; behind a proxy that is trusted, the one that the proxy names."""

    @property
    def is_reading(self) -> bool:
        """Whether it is a GET, or a HEAD, which differs only in that the answer's body is left out."""
        return self.method in {"GET", "HEAD"}

    def header(self, name: bytes) -> str | None:
        """A header as text."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def header_lines(self, name: bytes) -> list[str]:
        """Every header of that name."""
        return [value.decode("latin-1") for key, value in self.raw_headers if key == name]


class HttpAnswer:
    """One answer."""

    __slots__ = ("body", "headers", "lines", "status")

    def __init__(self, status: int, headers: RawHeaders, body: bytes = b"", lines: bytes | None = None) -> None:
        """`lines` are the headers as they are written, of an answer that is given often."""
        self.status = status
        self.headers = headers
        self.body = body
        self.lines = lines

    def is_written(self, request: HttpRequest, send: Send) -> bool:
        """Write it straight to the connection, if that may be; else it has to be sent."""
        if self.lines is None or request.method == "HEAD":
            return False
        request_id = (current_request_id() or "").encode("ascii")
        head = b"%b%bx-request-id: %b\r\n" % (self.lines, request.addition.lines, request_id)
        return write_whole(send, self.status, head, self.body)

    async def send(self, request: HttpRequest, send: Send) -> None:
        """Send it, without its body in answer to HEAD."""
        headers = [*self.headers, *request.addition.headers, id_header()]
        if self.status != NOT_MODIFIED:
            headers.append((b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else self.body})


def raw_headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as they are sent."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def header_lines(headers: RawHeaders) -> bytes:
    """Headers as they are written."""
    return b"".join(b"%b: %b\r\n" % header for header in headers)


NO_ADDITION = Addition()
