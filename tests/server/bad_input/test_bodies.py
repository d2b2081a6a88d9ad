"""Bodies and addresses that hold no request, or never end."""

import gzip
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import httpx
import pytest

from tests.patience import PATIENCE_SECONDS
from tests.server.bad_input.asking import (
    HEADERS,
    ask,
    assert_refused,
    assert_request_refused,
    data_of,
    send,
)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"null", "must be a JSON object", id="null"),
        pytest.param(b"true", "must be a JSON object", id="true"),
        pytest.param(b"1", "must be a JSON object", id="1"),
        pytest.param(b'"x"', "must be a JSON object", id="string"),
        pytest.param(b"[]", "Send one operation a request", id="empty-list"),
        pytest.param(b"[null]", "Send one operation a request", id="list"),
        pytest.param(b"{}", "Send the text of an operation", id="empty-object"),
        pytest.param(b"", "The body is empty", id="empty"),
        pytest.param(b" \n", "The body is empty", id="blank"),
        pytest.param(b"{", "not valid JSON", id="broken"),
        pytest.param(b"{'query': '{ __typename }'}", "line 1, column 2", id="single-quotes"),
        pytest.param(b'{"query":"{ __typename }"} x', "not valid JSON", id="trailing-text"),
        pytest.param(b'{"query":"{ __typename }",}', "not valid JSON", id="trailing-comma"),
        pytest.param(b'{"query":"{ __typename }","variables":{"a":NaN}}', "not valid JSON", id="NaN"),
        pytest.param(b'{"query":"{ __typename }","variables":{"a":-Infinity}}', "not valid JSON", id="Infinity"),
        pytest.param(b'{"query":"{ __typename }","variables":{"a":1e999}}', "not valid JSON", id="1e999"),
        pytest.param(b'{"query":"{ __typename }","variables":{"a":"\\ud800"}}', "not valid JSON", id="lone-surrogate"),
        pytest.param(b'{"query":"{ __typename }","variables":{"a":"\xed\xa0\x80"}}', "UTF-8", id="raw-surrogate"),
        pytest.param('{"query":"é"}'.encode("latin-1"), "The body is not UTF-8", id="latin-1"),
        pytest.param('{"query":"{ __typename }"}'.encode("utf-16"), "The body is not UTF-8", id="utf-16"),
        pytest.param(b'\xef\xbb\xbf{"query":"{ __typename }"}', "not valid JSON", id="byte-order-mark"),
        pytest.param(gzip.compress(b'{"query":"{ __typename }"}'), "The body is not UTF-8", id="gzip"),
        pytest.param(b"1" * 4301, "not valid JSON", id="4301-digits"),
        pytest.param(b'{"query":"{ __typename }","variables":{"a":' + b"1" * 5000 + b"}}", "JSON", id="5000-digits"),
        pytest.param(b"[" * 100_000, "not valid JSON", id="100000-lists"),
        pytest.param(b'{"a":' * 100_000, "not valid JSON", id="100000-objects"),
        pytest.param(
            b'{"query":"{ __typename }","variables":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
            "not valid JSON",
            id="100000-lists-in-variables",
        ),
    ],
)
def test_bodies_without_a_request_are_refused(http: httpx.Client, body: bytes, says: str) -> None:
    assert_request_refused(send(http, body), "BAD_REQUEST", says)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        pytest.param("true", "`variables` must be a JSON object", id="true"),
        pytest.param("1", "`variables` must be a JSON object", id="1"),
        pytest.param('"x"', "`variables` must be a JSON object", id="string"),
        pytest.param("[]", "`variables` is a list", id="list"),
        pytest.param("", "`variables` is empty", id="empty"),
        pytest.param("{", "`variables` is not valid JSON", id="broken"),
        pytest.param('{"a":NaN}', "`variables` is not valid JSON", id="NaN"),
        pytest.param('{"a":"\\ud800"}', "`variables` is not valid JSON", id="lone-surrogate"),
        pytest.param('{"a":' + "1" * 5000 + "}", "`variables` is not valid JSON", id="5000-digits"),
        pytest.param("[" * 20_000, "`variables` is not valid JSON", id="20000-lists"),
    ],
)
@pytest.mark.parametrize("name", ["variables", "extensions"])
def test_addresses_without_a_request_are_refused(http: httpx.Client, name: str, variables: str, says: str) -> None:
    response = http.get(f"/graphql?query=%7B__typename%7D&{name}={quote(variables)}", headers=HEADERS)
    assert_request_refused(response, "BAD_REQUEST", says.replace("variables", name))


@pytest.mark.parametrize("address", ["query=%ff", "query=%7B__typename%7D&variables=%7B%22a%22:%22%ed%a0%80%22%7D"])
def test_addresses_that_are_not_utf8_are_refused(http: httpx.Client, address: str) -> None:
    assert_request_refused(http.get(f"/graphql?{address}", headers=HEADERS), "BAD_REQUEST", "Encode it as UTF-8")


def test_body_of_ten_megabytes_is_refused(http: httpx.Client) -> None:
    response = send(http, b" " * 10_000_000)
    assert_refused(response, 413, "PAYLOAD_TOO_LARGE", "longer than 1000000 bytes")
    data_of(ask(http, "{ __typename }"))


HALVES = pytest.mark.parametrize(
    "half",
    [
        pytest.param(b"Content-Length: 1000\r\n\r\n{", id="told-length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", id="chunked"),
    ],
)


@contextmanager
def half_sent(http: httpx.Client, half: bytes) -> Iterator[socket.socket]:
    """A connection on which the first half of a request was sent."""
    head = b"POST /graphql HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n"
    with socket.create_connection(
        (http.base_url.host, http.base_url.port or 80), timeout=PATIENCE_SECONDS
    ) as connection:
        connection.sendall(head + half)
        yield connection


@HALVES
def test_body_that_breaks_off_harms_nobody(http: httpx.Client, half: bytes) -> None:
    with half_sent(http, half):
        data_of(ask(http, "{ __typename }"))
    data_of(ask(http, "{ __typename }"))
