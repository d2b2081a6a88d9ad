"""Requests that arrive slowly, too long or in pieces, and what is said to whoever is at the wrong address."""

import asyncio
import json
import re
from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from server.app import create_app
from server.http_protocol import LONGEST_ADDRESS, LONGEST_HEADERS, BoundedHttpProtocol
from tests.databases import settings_for
from tests.live import serving
from tests.loopback import NO_AUTHORITIES
from tests.patience import PATIENCE_SECONDS
from tests.server.bad_input.asking import assert_sentence

BODY = b'{"query":"{ __typename }"}'
HEAD = b"POST /graphql HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
ENDLESS = 2_000_000
"""So many bytes without the end of a head: most of them come after the answer."""

TYPENAME = {"data": {"__typename": "Query"}}


@pytest.fixture(scope="module")
def impatient(demo_url: str) -> Iterator[int]:
    """The port of a server that gives requests a second to arrive."""
    protocol = partial(BoundedHttpProtocol, arrival_seconds=1)
    with serving(create_app(settings_for(demo_url)), http=protocol) as address:
        yield httpx.URL(address).port or 0


async def told(port: int, sent: bytes) -> bytes:
    """Everything that the server says to somebody who sends that and waits."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(PATIENCE_SECONDS):
        received = await reader.read()
    writer.close()
    return received


def refusal_in(received: bytes) -> tuple[int, str]:
    """The status and the code of the only answer, after which the connection was closed."""
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head
    assert b"connection: close" in head
    (error,) = json.loads(body)["errors"]
    assert_sentence(error["message"])
    return int(head.split()[1]), error["extensions"]["code"]


@pytest.mark.parametrize(
    "half",
    [
        pytest.param(b"P", id="method"),
        pytest.param(b"POST /graph", id="address"),
        pytest.param(HEAD, id="headers"),
        pytest.param(HEAD + b"Cookie: a", id="header"),
        pytest.param(HEAD + b"Content-Length: 1000\r\n\r\n", id="no-body"),
        pytest.param(HEAD + b"Content-Length: 1000\r\n\r\n{", id="body"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", id="chunk"),
    ],
)
async def test_half_a_request_is_answered_in_the_end(impatient: int, half: bytes) -> None:
    assert refusal_in(await told(impatient, half)) == (408, "REQUEST_TIMEOUT")


async def test_connection_on_which_nothing_comes_is_closed(impatient: int) -> None:
    assert await told(impatient, b"") == b""


async def test_half_a_request_behind_a_whole_one_leaves_its_answer_alone(impatient: int) -> None:
    received = await told(impatient, WHOLE + HEAD)
    first, _, second = received.partition(b'{"data":{"__typename":"Query"}}')
    assert first.startswith(b"HTTP/1.1 200 ")
    assert refusal_in(second) == (408, "REQUEST_TIMEOUT")


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(HEAD + b"Host: another\r\n", id="two"),
        pytest.param(HEAD + b"hOST: api\r\n", id="twice"),
        pytest.param(HEAD.replace(b"Host: api\r\n", b""), id="none"),
    ],
)
async def test_request_names_one_host(live_server: str, head: bytes) -> None:
    """Two who each take another of two hosts for the right one see two requests in one."""
    received = await told(httpx.URL(live_server).port or 0, WHOLE.replace(HEAD, head) + WHOLE)
    assert refusal_in(received) == (400, "BAD_REQUEST")


async def test_request_of_old_names_no_host(live_server: str) -> None:
    request = WHOLE.replace(b"HTTP/1.1\r\nHost: api\r\n", b"HTTP/1.0\r\n")
    received = await told(httpx.URL(live_server).port or 0, request)
    assert json.loads(received.partition(b"\r\n\r\n")[2]) == TYPENAME


async def test_body_of_an_answered_request_is_not_waited_for(impatient: int) -> None:
    """Who refuses a request by its headers does not read its body, which must not hold the connection."""
    head = b"POST /nowhere HTTP/1.1\r\nHost: api\r\nContent-Length: 1000\r\n\r\n{"
    received = await told(impatient, head)
    assert received.startswith(b"HTTP/1.1 404 ")
    assert received.count(b"HTTP/1.1") == 1


async def test_request_that_comes_letter_by_letter_is_answered(live_server: str) -> None:
    """And the next one on its connection, as often as it likes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(live_server).port)
    for _ in range(3):
        for place in range(len(WHOLE)):
            writer.write(WHOLE[place : place + 1])
            await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert json.loads(await reader.readexactly(len(json.dumps(TYPENAME, separators=(",", ":"))))) == TYPENAME
    writer.close()


def asking(query: bytes, more: bytes = b"") -> bytes:
    """A request for that."""
    body = b'{"query":"%b"}' % query
    return HEAD + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def test_requests_sent_at_once_are_answered_in_their_order(live_server: str) -> None:
    names = [f"a{number}".encode() for number in range(20)]
    requests = [asking(b"{ %b: __typename }" % name) for name in names]
    last = asking(b"{ last: __typename }", b"Connection: close\r\n")
    for _ in range(2):  # the second time every body is known
        received = await told(httpx.URL(live_server).port or 0, b"".join([*requests, last]))
        assert re.findall(rb'{"data":{"(\w+)":"Query"}}', received) == [*names, b"last"]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(b"{ products(first: 3) { nodes { name } } }", id="compiled"),
        pytest.param(b"mutation { clearCart { __typename } }", id="mutation"),
        pytest.param(b"{ nobody }", id="error"),
    ],
)
async def test_answer_written_at_once_is_the_one_that_is_sent(live_server: str, query: bytes) -> None:
    """A connection that ends with the answer is left to uvicorn, as whatever is not simple is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(live_server).port)
    answers = []
    for more in (b"", b"Connection: close\r\n"):
        writer.write(asking(query, more))
        head = await reader.readuntil(b"\r\n\r\n")
        headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
        body = await reader.readexactly(int(headers[b"content-length"]))
        assert len(headers.pop(b"x-request-id")) == len(headers.pop(b"date")) + 3
        answers.append((head.split(b"\r\n")[0], headers, body))
    writer.close()
    written, sent = answers
    assert sent[1].pop(b"connection") == b"close"
    assert written == sent


@pytest.mark.parametrize(
    ("head", "refused"),
    [
        pytest.param(b"GET /graphql?query=%s HTTP/1.1\r\n\r\n" % (b"a" * 2**16), (414, "URI_TOO_LONG"), id="address"),
        pytest.param(b"GET /graphql?query=".ljust(ENDLESS, b"a"), (414, "URI_TOO_LONG"), id="address-without-an-end"),
        pytest.param(HEAD + b"Cookie: %s\r\n\r\n" % (b"a" * LONGEST_HEADERS), (431, "HEADERS_TOO_LARGE"), id="header"),
        pytest.param(HEAD + b"A: b\r\n" * 20_000 + b"\r\n", (431, "HEADERS_TOO_LARGE"), id="headers"),
        pytest.param((HEAD + b"Cookie: ").ljust(ENDLESS, b"a"), (431, "HEADERS_TOO_LARGE"), id="header-without-an-end"),
        pytest.param(b"{ __typename }\r\n\r\n", (400, "BAD_REQUEST"), id="no-HTTP"),
        pytest.param(HEAD + b"Content-Length: x\r\n\r\n", (400, "BAD_REQUEST"), id="length"),
        pytest.param(
            HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", (400, "BAD_REQUEST"), id="two-lengths"
        ),
    ],
)
async def test_heads_that_cannot_be_read_are_refused(live_server: str, head: bytes, refused: tuple[int, str]) -> None:
    assert refusal_in(await told(httpx.URL(live_server).port or 0, head)) == refused


async def test_longest_address_and_headers_are_read(live_server: str) -> None:
    query = b"/graphql?query=%7B__typename%7D&variables=%7B%7D&nothing="
    address = query + b"a" * (LONGEST_ADDRESS - len(query))
    head = b"GET %s HTTP/1.1\r\nHost: api\r\nConnection: close\r\nCookie: %s\r\n\r\n"
    received = await told(httpx.URL(live_server).port or 0, head % (address, b"a" * (LONGEST_HEADERS - 100)))
    assert received.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("method", "path", "headers", "refused"),
    [
        pytest.param("GET", "/nowhere", {}, (404, "NOT_FOUND"), id="address"),
        pytest.param("GET", "/demo/images/nothing.webp", {}, (404, "NOT_FOUND"), id="file"),
        pytest.param("POST", "/health", {}, (405, "METHOD_NOT_ALLOWED"), id="method"),
        pytest.param(
            "OPTIONS",
            "/graphql",
            {"origin": "https://elsewhere.example", "access-control-request-method": "POST"},
            (400, "FORBIDDEN_ORIGIN"),
            id="origin",
        ),
    ],
)
def test_refusals_are_json_wherever_they_come_from(
    live_server: str, method: str, path: str, headers: dict[str, str], refused: tuple[int, str]
) -> None:
    response = httpx.request(
        method, live_server + path, headers=headers, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS
    )
    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == refused
    assert_sentence(error["message"])
    assert "access-control-allow-origin" not in response.headers
