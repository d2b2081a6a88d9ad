"""Calls to URLs from outside: where they may lead, and how much of an answer is taken."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address

import httpx2
import pytest
import trustme

from integrations.certificates import trusted_authorities
from integrations.guarded_http import Address, CallRefusedError, CallRules, GuardedTransport, guarded_client
from integrations.public_addresses import is_public
from integrations.stripe_http import StripeTransport

PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
ELSEWHERE = [
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_reached(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", ELSEWHERE)
def test_others_may_not(address: str) -> None:
    assert not is_public(ip_address(address))


class Names:
    """A resolver whose answers are given one after another, the last one for good."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[Address]:
        """The next answer."""
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [ip_address(address) for address in answer]


class Server:
    """A server on this machine that says the same to everybody, and remembers what it was asked."""

    def __init__(self, answer: bytes, *, stays: bool = False) -> None:
        self._answer = answer
        self._stays = stays
        self.requests: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self._answer)
        await writer.drain()
        if self._stays:
            await reader.read()  # until the client goes
        writer.close()


@asynccontextmanager
async def serving(answer: bytes, tls: ssl.SSLContext | None = None, *, stays: bool = False) -> AsyncIterator[Server]:
    server = Server(answer, stays=stays)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield server


def answer(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Connection: close", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


HERE = CallRules(schemes=frozenset({"http", "https"}), reaches_private=True)
OPEN = CallRules(schemes=frozenset({"http", "https"}))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "2130706433",  # 127.0.0.1 as one number
        "0177.0.0.1",
        "0x7f.1",
        "127.1",
        "169.254.169.254",
        "[::ffff:127.0.0.1]",
        "[fe80::1%25lo]",
        "0",
    ],
)
async def test_own_addresses_are_refused_however_they_are_written(host: str) -> None:
    async with serving(answer(b"secret")) as server, guarded_client(OPEN) as client:
        with pytest.raises((CallRefusedError, httpx2.InvalidURL, httpx2.ConnectError)):
            await client.get(f"http://{host}:{server.port}/")

    assert server.requests == []


@pytest.mark.parametrize("url", ["http://8.8.8.8/", "ftp://8.8.8.8/", "file:///etc/passwd", "gopher://8.8.8.8/"])
async def test_only_https_unless_it_is_said_otherwise(url: str) -> None:
    async with guarded_client(CallRules()) as client:
        with pytest.raises((CallRefusedError, httpx2.UnsupportedProtocol)):
            await client.get(url)


async def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    names = Names(["8.8.8.8", "10.0.0.1"])
    async with httpx2.AsyncClient(transport=GuardedTransport(OPEN, resolve=names)) as client:
        with pytest.raises(
            CallRefusedError, match=r"^shop\.example leads to 10\.0\.0\.1, which is no public address\.$"
        ):
            await client.get("http://shop.example/")


async def test_name_is_asked_for_once_and_the_checked_address_is_connected_to() -> None:
    """A name that leads elsewhere the second time (DNS rebinding) gains nothing: there is no second time."""
    names = Names(["127.0.0.1"], ["192.0.2.1"])
    async with serving(answer(b"hello")) as server:
        transport = GuardedTransport(HERE, resolve=names)
        async with httpx2.AsyncClient(transport=transport) as client:
            response = await client.get(f"http://shop.example:{server.port}/hook?a=1")

    assert (response.text, names.asked) == ("hello", 1)
    (request,) = server.requests
    assert request.startswith(b"GET /hook?a=1 HTTP/1.1\r\n")
    assert f"\r\nhost: shop.example:{server.port}\r\n".encode() in request.lower()


async def test_certificate_has_to_be_of_the_name() -> None:
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("shop.example").configure_cert(tls)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with serving(answer(b"hello"), tls) as server:
        transport = GuardedTransport(HERE, resolve=Names(["127.0.0.1"]), trusted=trusting)
        async with httpx2.AsyncClient(transport=transport) as client:
            response = await client.get(f"https://shop.example:{server.port}/")
            with pytest.raises(httpx2.ConnectError):
                await client.get(f"https://other.example:{server.port}/")

    assert response.text == "hello"


async def test_certificate_of_an_authority_that_nobody_trusts_is_refused() -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("shop.example").configure_cert(tls)
    async with serving(answer(b"hello"), tls) as server:
        transport = GuardedTransport(HERE, resolve=Names(["127.0.0.1"]))
        async with httpx2.AsyncClient(transport=transport) as client:
            with pytest.raises(httpx2.ConnectError):
                await client.get(f"https://shop.example:{server.port}/")

    assert server.requests == []


def test_clients_do_not_each_read_the_trusted_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *given: read.append(given))
    trusted_authorities.cache_clear()

    for _ in range(3):
        GuardedTransport(CallRules())
        StripeTransport(timeout_seconds=1)

    trusted_authorities.cache_clear()  # what was made here trusts nobody
    assert len(read) == 1


async def test_next_address_is_tried_when_one_does_not_answer() -> None:
    async with serving(answer(b"hello")) as server:
        transport = GuardedTransport(HERE, resolve=Names(["127.0.0.2", "127.0.0.1"]))
        async with httpx2.AsyncClient(transport=transport) as client:
            assert (await client.get(f"http://shop.example:{server.port}/")).text == "hello"


async def test_redirects_are_not_followed_and_checked_when_somebody_does() -> None:
    target = "http://169.254.169.254/latest/meta-data/"
    names = Names(["127.0.0.1"], ["169.254.169.254"])

    class Public(GuardedTransport):
        """Takes the test's own server for a public one."""

        async def _checked(self, url: httpx2.URL) -> list[Address]:
            return [ip_address("127.0.0.1")] if url.host == "shop.example" else await super()._checked(url)

    told = answer(b"", "302 Found", location=target)
    transport = Public(OPEN, resolve=names)
    async with serving(told) as server, httpx2.AsyncClient(transport=transport) as client:
        assert (await client.get(f"http://shop.example:{server.port}/")).status_code == 302
        with pytest.raises(CallRefusedError):
            await client.get(f"http://shop.example:{server.port}/", follow_redirects=True)


async def test_long_answers_are_not_read() -> None:
    rules = CallRules(schemes=frozenset({"http"}), reaches_private=True, maximum_bytes=1000)
    announced = answer(b"", **{"content-length": "10000000000"})
    for told in (announced, answer(b"a" * 1001)):
        async with serving(told, stays=True) as server, guarded_client(rules) as client:
            with pytest.raises(CallRefusedError, match="longer than 1000 bytes"):
                await client.get(f"http://127.0.0.1:{server.port}/")
    async with serving(answer(b"a" * 1000)) as server, guarded_client(rules) as client:
        assert len((await client.get(f"http://127.0.0.1:{server.port}/")).content) == 1000


async def test_compressed_answers_are_refused_unread() -> None:
    bomb = answer(gzip.compress(bytes(10_000_000)), **{"content-encoding": "gzip"})
    async with serving(bomb) as server, guarded_client(HERE) as client:
        with pytest.raises(CallRefusedError, match="compressed"):
            await client.get(f"http://127.0.0.1:{server.port}/")

    assert b"accept-encoding: identity\r\n" in server.requests[0].lower()


@pytest.mark.parametrize("told", [b"", answer(b"half", **{"content-length": "8"})])
async def test_slow_answers_are_given_up(told: bytes) -> None:
    rules = CallRules(schemes=frozenset({"http"}), reaches_private=True, seconds=0.3)
    async with serving(told, stays=True) as server, guarded_client(rules) as client:
        with pytest.raises(httpx2.ReadTimeout):
            await client.get(f"http://127.0.0.1:{server.port}/")
