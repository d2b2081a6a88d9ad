"""An HTTP client for URLs that come from outside: it reaches public addresses alone, and is never kept long or full.

Whoever names a URL chooses where this server connects to: its own ports, the cloud's metadata, the office network
(server-side request forgery, SSRF). A check of the URL's text is not enough, because names lead anywhere and change
while they are looked at. So the addresses behind the name are checked, all of them, and the connection is made to one
of those that were checked, while TLS and the header Host go on with the name.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx2
from typing_extensions import override

from integrations.certificates import trusted_authorities
from integrations.public_addresses import is_public

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[Address]]]
"""The addresses behind a name. Raises OSError."""


@dataclass(frozen=True, slots=True)
class CallRules:
    """What a call may reach, and how much of an answer is taken."""

    schemes: frozenset[str] = frozenset({"https"})
    reaches_private: bool = False
    """Whether it may go to addresses of the own machine and network. For URLs of the operator only."""
    maximum_bytes: int = 1_000_000
    """The longest body that is read. It comes uncompressed, so that few bytes cannot become many."""
    seconds: float = 10
    """How long the whole call may take, from the name to the last byte."""


class CallRefusedError(httpx2.TransportError):
    """A call that the rules do not allow. Nothing was sent, unless it is about the answer."""


class AnswerRefusedError(CallRefusedError):
    """An answer that the rules do not allow."""


def guarded_client(rules: CallRules) -> httpx2.AsyncClient:
    """A client that keeps the rules. Redirects are answers like others; if they are followed, each step is checked."""
    return httpx2.AsyncClient(transport=GuardedTransport(rules), timeout=None, trust_env=False)


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Connects to addresses that were checked, once for each request."""

    def __init__(
        self, rules: CallRules, *, resolve: Resolve | None = None, trusted: ssl.SSLContext | None = None
    ) -> None:
        self._rules = rules
        self._resolve = resolve or addresses_of
        # A connection that is kept would be found by its address, and be used for another name that leads there.
        once = httpx2.Limits(max_keepalive_connections=0)
        self._inner = httpx2.AsyncHTTPTransport(verify=trusted or trusted_authorities(), trust_env=False, limits=once)

    @override
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, whose body is still to be read within what is left of the time."""
        deadline = asyncio.get_running_loop().time() + self._rules.seconds
        request.headers["Accept-Encoding"] = "identity"
        try:
            async with asyncio.timeout_at(deadline):
                addresses = await self._checked(request.url)
                response = await self._sent(request, addresses)
        except TimeoutError as error:
            raise _too_slow(self._rules, request) from error
        try:
            self._require_plain(response)
        except AnswerRefusedError:
            await response.aclose()
            raise
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - what an asynchronous transport gives
        response.stream = BoundedStream(response.stream, self._rules, deadline, request)
        return response

    @override
    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()

    async def _checked(self, url: httpx2.URL) -> list[Address]:
        """The addresses behind the URL, in the order of the resolver, if all of them may be reached."""
        if url.scheme not in self._rules.schemes:
            raise CallRefusedError(f"{url.scheme!r} is no scheme that may be called: {_listed(self._rules.schemes)}.")
        host = url.raw_host.decode("ascii")
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpx2.ConnectError(f"{host} has no address: {error}") from error
        for address in addresses:
            if not self._rules.reaches_private and not is_public(address):
                raise CallRefusedError(f"{host} leads to {address}, which is no public address.")
        return addresses

    async def _sent(self, request: httpx2.Request, addresses: list[Address]) -> httpx2.Response:
        """The answer of the first address that can be connected to."""
        failure = httpx2.ConnectError(f"{request.url.host} has no address.")
        for address in addresses:
            try:
                return await self._inner.handle_async_request(_pinned(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                failure = httpx2.ConnectError(str(error))
        raise failure

    def _require_plain(self, response: httpx2.Response) -> None:
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in {"", "identity"}:
            raise AnswerRefusedError("The answer is compressed although that was not asked for.")
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced[:20]) > self._rules.maximum_bytes:
            raise _too_long(self._rules)


class BoundedStream(httpx2.AsyncByteStream):
    """A body that ends with an error when it gets too long or takes too long."""

    def __init__(
        self, inner: httpx2.AsyncByteStream, rules: CallRules, deadline: float, request: httpx2.Request
    ) -> None:
        self._inner = inner
        self._rules = rules
        self._deadline = deadline
        self._request = request

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        chunks = aiter(self._inner)
        while True:
            try:
                async with asyncio.timeout_at(self._deadline):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise _too_slow(self._rules, self._request) from error
            received += len(chunk)
            if received > self._rules.maximum_bytes:
                raise _too_long(self._rules)
            yield chunk

    @override
    async def aclose(self) -> None:
        """Let the connection go."""
        await self._inner.aclose()


async def addresses_of(host: str, port: int) -> list[Address]:
    """The addresses behind a name, each once. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(str(place[0]).partition("%")[0]) for *_, place in found))


def _pinned(request: httpx2.Request, address: Address) -> httpx2.Request:
    """The same request to the address. Its headers keep the name, and TLS asks for a certificate of it."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
    )


def _listed(schemes: frozenset[str]) -> str:
    return ", ".join(sorted(schemes))


def _too_long(rules: CallRules) -> AnswerRefusedError:
    return AnswerRefusedError(f"The answer is longer than {rules.maximum_bytes} bytes.")


def _too_slow(rules: CallRules, request: httpx2.Request) -> httpx2.ReadTimeout:
    return httpx2.ReadTimeout(f"{request.url.host} took longer than {rules.seconds:g} seconds.")
