"""What clients should not send, and what they are told: the right status, a code, a sentence, and never our fault.

Source: protections.md, sections 2.2 and 6.
"""

import asyncio
import gzip
import json
import logging
import re
import socket
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import asyncpg
import httpx
import pytest
import strawberry
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR
from resolvers.context import Context
from server import graphql_request
from server.app import create_app
from server.embedded import EmbeddedPostgres
from server.graphql_execution import Answer, Executor
from server.graphql_request import GraphQLRequest
from server.migrating import migrate
from tests.databases import opened, settings_for
from tests.serving import running

GRAPHQL_RESPONSE = "application/graphql-response+json"
HEADERS = {"content-type": "application/json", "accept": GRAPHQL_RESPONSE}

LEAKS = re.compile(
    r"\b(None|True|False|NoneType|Traceback|Exception|\w+Error|asyncpg|sqlalchemy|postgres|SELECT|FROM|tsquery|codec"
    r"|surrogateescape|int(16|32|64)|base 10|string conversion|sys|not enough values|object at 0x)\b|<class"
)
"""Words of Python and SQL that no client should read."""

PRODUCTS = """
query Products(
  $first: Int, $after: String, $last: Int, $before: String,
  $filter: ProductFilter, $search: String, $sort: ProductSort
) {
  products(
    first: $first, after: $after, last: $last, before: $before, filter: $filter, search: $search, sort: $sort
  ) {
    totalCount
    nodes { id name }
    pageInfo { endCursor }
  }
}
"""
PRODUCT = "query Product($id: ID, $slug: String) { product(id: $id, slug: $slug) { id name } }"
NODE = "query Node($id: ID!) { node(id: $id) { id } }"
NODES = "query Nodes($ids: [ID!]!) { nodes(ids: $ids) { id } }"
REVIEWS = """
query Reviews($first: Int, $after: String, $last: Int, $before: String, $filter: ReviewFilter, $sort: ReviewSort) {
  reviews(first: $first, after: $after, last: $last, before: $before, filter: $filter, sort: $sort) {
    totalCount
    nodes { id }
    pageInfo { endCursor }
  }
}
"""
SEARCH = """
query Search($query: String!, $types: [SearchType!], $first: Int, $after: String, $last: Int, $before: String) {
  search(query: $query, types: $types, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    nodes { __typename }
    edges { highlight }
    pageInfo { endCursor }
  }
}
"""

UNKNOWN_KEY = "00000000-0000-4000-8000-000000000000"


class Recorder(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)


@contextmanager
def recorded() -> Iterator[list[logging.LogRecord]]:
    """The errors that are logged meanwhile, uvicorn's own included."""
    recorder = Recorder()
    loggers = [logging.getLogger(), logging.getLogger("uvicorn")]
    for logger in loggers:
        logger.addHandler(recorder)
    try:
        yield recorder.records
    finally:
        for logger in loggers:
            logger.removeHandler(recorder)


@pytest.fixture
def no_errors_logged() -> Iterator[None]:
    """Prove that nothing was logged as an error."""
    with recorded() as records:
        yield
    assert [record.getMessage() for record in records] == []


@pytest.fixture
def http(visitor: httpx.Client, no_errors_logged: None) -> httpx.Client:  # noqa: ARG001 - a fixture for its effect
    """A client of the running servers, which must log no error."""
    return visitor


def global_id(type_name: str, key: str = UNKNOWN_KEY) -> str:
    """A global id as the API makes them."""
    return b64encode(f"{type_name}:{key}".encode()).decode()


def cursor(tag: str, key: str, row: str = UNKNOWN_KEY) -> str:
    """A cursor as the API makes them."""
    return b64encode(f"{tag}\x1f{key}\x1f{row}".encode()).decode()


def send(http: httpx.Client, body: str | bytes, **headers: str) -> httpx.Response:
    """Send a body as JSON, whatever it is."""
    return http.post("/graphql", content=body, headers=HEADERS | headers)


def ask(http: httpx.Client, query: str, variables: dict[str, Any] | None = None, **fields: object) -> httpx.Response:
    """Send an operation."""
    return send(http, json.dumps({"query": query, "variables": variables} | fields))


def data_of(response: httpx.Response) -> Any:
    """The data of an answer without errors."""
    assert response.status_code == 200, response.text
    assert "errors" not in response.json(), response.text
    return response.json()["data"]


def assert_refused(response: httpx.Response, status: int, code: str, says: str) -> dict[str, Any]:
    """The answer holds errors of that kind alone, each a clear sentence. Gives the first."""
    errors: list[dict[str, Any]] = response.json()["errors"]
    assert (response.status_code, {error["extensions"]["code"] for error in errors}) == (status, {code}), response.text
    for error in errors:
        assert_sentence(error["message"])
    assert says in errors[0]["message"]
    return errors[0]


def assert_sentence(message: str) -> None:
    """It begins and ends as a sentence does, is not endless, and tells nothing of our insides."""
    assert re.fullmatch(r"[^a-z\s].* .*[.?]", message, re.DOTALL)
    assert len(message) < 500
    assert not LEAKS.search(message)


def assert_request_refused(response: httpx.Response, code: str, says: str) -> dict[str, Any]:
    """Nothing was executed."""
    error = assert_refused(response, 400, code, says)
    assert "data" not in response.json()
    assert "path" not in error
    return error


def assert_field_refused(response: httpx.Response, field: str, says: str) -> None:
    """A root field is to blame."""
    error = assert_refused(response, 200, "BAD_USER_INPUT", says)
    assert error["path"][0] == field
    assert error["locations"]


# Bodies and addresses.


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
    with socket.create_connection((http.base_url.host, http.base_url.port or 80), timeout=10) as connection:
        connection.sendall(head + half)
        yield connection


@HALVES
def test_body_that_breaks_off_harms_nobody(http: httpx.Client, half: bytes) -> None:
    with half_sent(http, half):
        data_of(ask(http, "{ __typename }"))
    data_of(ask(http, "{ __typename }"))


@HALVES
def test_body_that_never_ends_is_refused(http: httpx.Client, half: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphql_request, "BODY_TIMEOUT_SECONDS", 0.2)
    with half_sent(http, half) as connection:
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head.lower()
    (error,) = json.loads(body)["errors"]
    assert error["extensions"] == {"code": "REQUEST_TIMEOUT"}
    assert_sentence(error["message"])


# Documents.


@pytest.mark.parametrize(
    ("document", "says"),
    [
        pytest.param("{", "Expected Name, found <EOF>", id="unclosed"),
        pytest.param("# nothing", "Unexpected <EOF>", id="only-a-comment"),
        pytest.param("{ a(b: 'c') }", "Unexpected single quote", id="single-quotes"),
        pytest.param('{ product(slug: "a\\ud800b") { id } }', "Invalid Unicode escape", id="lone-surrogate"),
        pytest.param(
            '{ product(slug: "a\\u{d800}b") { id } }', "Invalid Unicode escape", id="lone-surrogate-in-braces"
        ),
        pytest.param("\x00{ shop { name } }", "Unexpected character: U+0000", id="NUL"),
        pytest.param("{ " + "a { " * 3000 + "b" + " }" * 3001, "nested too deeply", id="3000-levels"),
        pytest.param(f"{{ products(filter: {'[' * 3000}", "nested too deeply", id="3000-lists"),
    ],
)
def test_documents_that_cannot_be_parsed_are_refused(http: httpx.Client, document: str, says: str) -> None:
    assert assert_request_refused(ask(http, document), "GRAPHQL_PARSE_FAILED", says)["locations"]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        pytest.param("{ products { nodes { unknown } } }", "'unknown' on type 'Product'", id="unknown-field"),
        pytest.param("{ products(unknown: 1) { totalCount } }", "Unknown argument 'unknown'", id="unknown-argument"),
        pytest.param("{ node { id } }", "of type 'ID!' is required", id="missing-argument"),
        pytest.param("{ products }", "must have a selection of subfields", id="no-selection"),
        pytest.param("{ __typename { name } }", "must not have a selection", id="selection-of-a-leaf"),
        pytest.param("{ __typename @unknown }", "Unknown directive '@unknown'", id="unknown-directive"),
        pytest.param("{ __typename @skip }", "'@skip(if:)' of type 'Boolean!' is required", id="directive-argument"),
        pytest.param("{ __typename @skip(if: true) @skip(if: true) }", "only be used once", id="directive-twice"),
        pytest.param("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "itself", id="cycle"),
        pytest.param("{ ...A } fragment A on Query { ...A }", "Cannot spread fragment 'A' within itself", id="itself"),
        pytest.param("{ ...A }", "Unknown fragment 'A'", id="unknown-fragment"),
        pytest.param("fragment A on Query { __typename }", "Fragment 'A' is never used", id="only-a-fragment"),
        pytest.param("{ ... on Unknown { id } }", "Unknown type 'Unknown'", id="unknown-type"),
        pytest.param("{ shop { ... on Product { id } } }", "can never be of type 'Product'", id="impossible-type"),
        pytest.param("type A { b: Int }", "definition is not executable", id="type-definition"),
        pytest.param("{ __typename } query B { __typename }", "must be the only defined operation", id="anonymous"),
        pytest.param("query A { __typename } query A { __typename }", "only one operation named 'A'", id="same-name"),
        pytest.param("subscription { __typename }", "subscription operation is not supported", id="subscription"),
        pytest.param("query A($a: Int) { __typename }", "Variable '$a' is never used", id="unused-variable"),
        pytest.param("{ products(first: $a) { totalCount } }", "'$a' is not defined", id="undefined-variable"),
        pytest.param("query A($a: Unknown) { a(a: $a) }", "Unknown type 'Unknown'", id="unknown-variable-type"),
        pytest.param("query A($a: String) { products(first: $a) { totalCount } }", "'Int'", id="type-of-variable"),
        pytest.param(
            "{ a: shop { name } a: shop { currency } b: __typename a: __typename }", "conflict", id="conflict"
        ),
        pytest.param(
            "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
            "Maximum introspection depth",
            id="deep-introspection",
        ),
    ],
)
def test_documents_that_are_not_valid_are_refused(http: httpx.Client, document: str, says: str) -> None:
    assert assert_request_refused(ask(http, document), "GRAPHQL_VALIDATION_FAILED", says)["locations"]


@pytest.mark.parametrize(
    ("document", "name", "says"),
    [
        pytest.param("query A { __typename }", "B", "no operation 'B'", id="unknown"),
        pytest.param("query A { __typename }", "a\x00", "The document has A", id="NUL"),
        pytest.param("query A { __typename }", "b" * 100_000, "The document has A", id="long"),
        pytest.param("query A { __typename } query B { __typename }", None, "Name one in `operationName`", id="none"),
        pytest.param("query A { __typename } query B { __typename }", "", "Name one in `operationName`", id="empty"),
    ],
)
def test_operations_that_are_not_there_are_refused(
    http: httpx.Client, document: str, name: str | None, says: str
) -> None:
    response = ask(http, document, operationName=name)
    assert_request_refused(response, "OPERATION_RESOLUTION_FAILURE", says)


# Values of wrong types.

PLACES = {
    "Int": ("Int", "products(first: %s) { totalCount }"),
    "String": ("String", "products(search: %s) { totalCount }"),
    "ID": ("ID", "product(id: %s) { id }"),
    "IDs": ("[ID!]!", "nodes(ids: %s) { id }"),
    "Boolean": ("Boolean", "products(filter: {inStock: %s}) { totalCount }"),
    "Decimal": ("Decimal", "products(filter: {price: {min: %s}}) { totalCount }"),
    "DateTime": ("DateTime", "products(filter: {createdAt: {from: %s}}) { totalCount }"),
    "Enum": ("ProductSort", "products(sort: %s) { totalCount }"),
    "Enums": ("[Badge!]", "products(filter: {badges: %s}) { totalCount }"),
    "Filter": ("ProductFilter", "products(filter: %s) { totalCount }"),
    "Options": ("[OptionFilter!]", "products(filter: {options: %s}) { totalCount }"),
    "Ratings": ("[Int!]", "reviews(filter: {ratings: %s}) { totalCount }"),
}

WRONG_VALUES: dict[str, list[Any]] = {
    "Int": [2**31, -(2**31) - 1, 10**30, 1.5, "x", "1", True, [1], {"a": 1}],
    "String": [1, 1.5, True, [], ["a"], {}],
    "ID": [1.5, True, ["a"], {}],
    "IDs": [None, [None], [1.5], [["a"]], True],
    "Boolean": ["true", 1, 0, "", [], {}],
    "Decimal": [
        *("NaN", "sNaN", "Infinity", "-Infinity", "1e200000", "-1e200000", "1e-200000", "1e9999999999999999999999"),
        *("1.005", "0.001", "1.000000000000000000000000000000000001", "1" * 11, "1" * 20, "1" * 5000, "", "x", "1_0"),
        *(
            "0e99999999",
            "1e2",
            "+1",
            " 1",
            "1.",
            ".5",
            "0x10",
            "\u0661",
            "1,5",
            "1.5 ETB",
            10**10,
            1e300,
            5.555,
            True,
            [1],
            {},
        ),
    ],
    "DateTime": [
        *("2026-01-01T00:00:00", "2026-01-01", "2016-12-31T23:59:60Z", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z"),
        *("9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "10000-01-01T00:00:00Z", "-2026-01-01T00:00:00Z"),
        *("2026-01-01T00:00:00+24:00", "2026-01-01😀00:00:00Z", "2026-W01-1T00:00:00Z", "now", "", "x" * 100_000),
        *(1767225600, 1.5, True, ["2026-01-01T00:00:00Z"], {}),
    ],
    "Enum": ["UNKNOWN", "newest", "", "__class__", 1, True, ["NEWEST"], {"a": 1}],
    "Enums": ["UNKNOWN", ["POPULAR", "UNKNOWN"], [None], [["POPULAR"]], 1],
    "Filter": ["x", 1, True, [], {"unknown": 1}, {"tags": [None]}, {"tags": {"a": 1}}, {"and": [None]}, {"not": "x"}],
    "Options": ["x", [None], [{}], [{"name": "Size"}], [{"name": None, "values": []}], [{"name": "a", "values": None}]],
    "Ratings": [[None], ["5"], [1.5], [2**31], [True], {"a": 1}],
}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(place, value, id=f"{place}-{json.dumps(value)[:40]}")
        for place, values in WRONG_VALUES.items()
        for value in values
    ],
)
def test_variables_of_wrong_types_are_refused(http: httpx.Client, place: str, value: object) -> None:
    type_name, field = PLACES[place]
    document = f"query Wrong($value: {type_name}) {{ {field % '$value'} }}"
    error = assert_request_refused(ask(http, document, {"value": value}), "BAD_USER_INPUT", "Variable '$value'")
    assert error["locations"]


@pytest.mark.parametrize(
    ("place", "literal", "says"),
    [
        pytest.param("Int", '"x"', "Int cannot represent", id="Int-string"),
        pytest.param("Int", "1.5", "Int cannot represent", id="Int-float"),
        pytest.param("Int", "2147483648", "32-bit", id="Int-2^31"),
        pytest.param("Int", "1" * 5000, "too many digits", id="Int-5000-digits"),
        pytest.param("String", "1", "String cannot represent", id="String-int"),
        pytest.param("ID", "1.5", "ID cannot represent", id="ID-float"),
        pytest.param("IDs", "null", "'[ID!]!'", id="IDs-null"),
        pytest.param("IDs", "[null]", "'ID!'", id="IDs-list-of-null"),
        pytest.param("Boolean", '"true"', "Boolean cannot represent", id="Boolean-string"),
        pytest.param("Decimal", "NaN", "decimal number", id="Decimal-NaN"),
        pytest.param("Decimal", '"Infinity"', "decimal number", id="Decimal-Infinity"),
        pytest.param("Decimal", "1.005", "2 places", id="Decimal-3-places"),
        pytest.param("Decimal", "1" * 20, "10 digits", id="Decimal-20-digits"),
        pytest.param("Decimal", "1" * 5000, "10 digits", id="Decimal-5000-digits"),
        pytest.param("Decimal", "1e400", "10 digits", id="Decimal-1e400"),
        pytest.param("Decimal", "true", "decimal number", id="Decimal-true"),
        pytest.param("Decimal", "[1]", "decimal number", id="Decimal-list"),
        pytest.param("Decimal", "{a: 1}", "decimal number", id="Decimal-object"),
        pytest.param("DateTime", "5", "date and time", id="DateTime-int"),
        pytest.param("DateTime", "NOW", "date and time", id="DateTime-enum"),
        pytest.param("DateTime", '"2026-01-01T00:00:00"', "with an offset", id="DateTime-without-offset"),
        pytest.param("Enum", '"NEWEST"', "non-enum value", id="Enum-string"),
        pytest.param("Enum", "UNKNOWN", "does not exist in 'ProductSort' enum", id="Enum-unknown"),
        pytest.param("Filter", "{unknown: 1}", "unknown field 'unknown'", id="Filter-unknown"),
        pytest.param("Filter", "[]", "to be an object", id="Filter-list"),
        pytest.param("Options", '{name: "Size"}', "required field 'values'", id="Options-incomplete"),
    ],
)
def test_literals_of_wrong_types_are_refused(http: httpx.Client, place: str, literal: str, says: str) -> None:
    response = ask(http, f"{{ {PLACES[place][1] % literal} }}")
    assert assert_request_refused(response, "GRAPHQL_VALIDATION_FAILED", says)["locations"]


def test_missing_variables_are_refused(http: httpx.Client) -> None:
    assert_request_refused(ask(http, NODE), "BAD_USER_INPUT", "'$id' has invalid value")


def test_null_in_place_of_a_default_is_refused_where_it_is_used(http: httpx.Client) -> None:
    response = ask(http, 'query A($id: ID = "x") { node(id: $id) { id } }', {"id": None})
    assert_field_refused(response, "node", "Argument 'id' has invalid value")


def test_variables_that_no_operation_declares_are_ignored(http: httpx.Client) -> None:
    assert data_of(ask(http, "{ __typename }", {"undeclared": 1})) == {"__typename": "Query"}


# Pages and cursors.

LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "products": (PRODUCTS, {}),
    "reviews": (REVIEWS, {}),
    "search": (SEARCH, {"query": "cake"}),
}


@pytest.mark.parametrize(
    ("page", "says"),
    [
        pytest.param({"first": -1}, "`first` is -1; it must lie between 0 and 100.", id="first--1"),
        pytest.param({"first": 101}, "`first` is 101; it must lie between 0 and 100.", id="first-101"),
        pytest.param({"first": 2**31 - 1}, "`first` is 2147483647", id="first-2^31-1"),
        pytest.param({"last": -1}, "`last` is -1; it must lie between 0 and 100.", id="last--1"),
        pytest.param({"last": 101}, "`last` is 101; it must lie between 0 and 100.", id="last-101"),
        pytest.param({"first": 1, "last": 1}, "Pass one of them.", id="first-and-last"),
        pytest.param({"first": 0, "last": 0}, "Pass one of them.", id="first-and-last-0"),
    ],
)
@pytest.mark.parametrize("field", LISTS)
def test_impossible_pages_are_refused(http: httpx.Client, field: str, page: dict[str, int], says: str) -> None:
    document, variables = LISTS[field]
    assert_field_refused(ask(http, document, variables | page), field, says)


def test_order_of_relevance_needs_a_question(http: httpx.Client) -> None:
    assert_field_refused(ask(http, PRODUCTS, {"sort": "RELEVANCE"}), "products", "needs `search`")


@pytest.fixture(scope="module")
def genuine(visitor: httpx.Client) -> str:
    """The cursor of the newest product."""
    cursor = data_of(ask(visitor, PRODUCTS, {"first": 1}))["products"]["pageInfo"]["endCursor"]
    assert isinstance(cursor, str)
    return cursor


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda _: "garbage", id="garbage"),
        pytest.param(lambda _: "%%%", id="not-base64"),
        pytest.param(lambda _: "😀", id="emoji"),
        pytest.param(lambda _: "", id="empty"),
        pytest.param(lambda _: "A" * 100_000, id="long"),
        pytest.param(lambda _: "//4=", id="not-utf8"),
        pytest.param(lambda genuine: genuine[:-3], id="truncated"),
        pytest.param(lambda genuine: genuine[:8], id="cut-short"),
        pytest.param(lambda genuine: f" {genuine}", id="space-in-front"),
        pytest.param(lambda genuine: f"{genuine}\n", id="newline-behind"),
        pytest.param(lambda genuine: b64encode(b64decode(genuine).replace(b"\x1f", b"\x00")).decode(), id="NUL-inside"),
        pytest.param(lambda _: b64encode(b"product:newest").decode(), id="only-the-order"),
        pytest.param(lambda _: cursor("product:newest", "1", "x"), id="no-row"),
        pytest.param(lambda _: cursor("product:newest", "", UNKNOWN_KEY), id="no-key"),
        pytest.param(lambda _: cursor("product:newest", "NaN"), id="NaN"),
        pytest.param(lambda _: cursor("product:newest", "1.5"), id="fraction"),
        pytest.param(lambda _: cursor("product:newest", "9" * 19), id="19-digits"),
        pytest.param(lambda _: cursor("product:newest", "9" * 5000), id="5000-digits"),
        pytest.param(lambda _: cursor("product:price-asc", "1.00"), id="another-order"),
        pytest.param(lambda _: cursor("review:newest", "1790776323000000"), id="another-list"),
        pytest.param(lambda _: cursor("search", "1.0"), id="a-search"),
        pytest.param(lambda _: global_id("Product"), id="an-id"),
    ],
)
@pytest.mark.parametrize("argument", ["after", "before"])
def test_foreign_cursors_are_refused(
    http: httpx.Client, genuine: str, argument: str, forge: Callable[[str], str]
) -> None:
    response = ask(http, PRODUCTS, {argument: forge(genuine)})
    assert_field_refused(response, "products", "is not a cursor of this list in this order")


DECIMAL_KEYS = (
    "NaN",
    "sNaN",
    "Infinity",
    "1e200000",
    "1e-200000",
    "0e999999999",
    "99999999999",
    "-99999999999",
    "x",
    "",
)


@pytest.mark.parametrize(
    ("document", "variables", "tag", "key"),
    [
        *(
            pytest.param(PRODUCTS, {"sort": "PRICE_ASC"}, "product:price-asc", key, id=f"price-{key}")
            for key in DECIMAL_KEYS
        ),
        *(
            pytest.param(PRODUCTS, {"sort": "RATING_DESC"}, "product:rating-desc", key, id=f"rating-{key}")
            for key in DECIMAL_KEYS
        ),
        *(
            pytest.param(PRODUCTS, {"sort": "RELEVANCE", "search": "cake"}, "product:relevance", key, id=f"rank-{key}")
            for key in DECIMAL_KEYS
        ),
        *(pytest.param(SEARCH, {"query": "cake"}, "search", key, id=f"search-{key}") for key in DECIMAL_KEYS),
        *(
            pytest.param(REVIEWS, {"sort": "RATING_ASC"}, "review:rating-asc", key, id=f"stars-{key[:12]}")
            for key in ("2147483648", "9" * 4000, "1.5", "NaN", "x", "")
        ),
        pytest.param(PRODUCTS, {"sort": "NAME_ASC"}, "product:name-asc", "a\x00b", id="name-NUL"),
    ],
)
def test_forged_cursors_are_refused(
    http: httpx.Client, document: str, variables: dict[str, Any], tag: str, key: str
) -> None:
    response = ask(http, document, variables | {"after": cursor(tag, key)})
    assert_field_refused(
        response, response.json()["errors"][0]["path"][0], "is not a cursor of this list in this order"
    )


@pytest.mark.parametrize(
    ("document", "variables", "tag", "greatest"),
    [
        pytest.param(PRODUCTS, {"sort": "PRICE_ASC"}, "product:price-asc", "9999999999.99", id="price"),
        pytest.param(PRODUCTS, {"sort": "RATING_ASC"}, "product:rating-asc", "100", id="rating"),
        pytest.param(PRODUCTS, {"sort": "OLDEST"}, "product:oldest", "253402300799999999", id="time"),
        pytest.param(REVIEWS, {"sort": "RATING_ASC"}, "review:rating-asc", "32768", id="stars"),
    ],
)
def test_cursors_beyond_a_list_stand_at_its_ends(
    http: httpx.Client, document: str, variables: dict[str, Any], tag: str, greatest: str
) -> None:
    field = "products" if document is PRODUCTS else "reviews"
    least = "-62135596800000000" if greatest.startswith("2534") else f"-{greatest}"
    behind = data_of(ask(http, document, variables | {"after": cursor(tag, greatest)}))[field]
    in_front = data_of(ask(http, document, variables | {"after": cursor(tag, least)}))[field]
    assert behind["nodes"] == []
    assert len(in_front["nodes"]) == 20


# Ids and lookups.

ID_PLACES: dict[str, tuple[str, Callable[[object], dict[str, Any]]]] = {
    "node": (NODE, lambda text: {"id": text}),
    "nodes": (NODES, lambda text: {"ids": [text]}),
    "product": (PRODUCT, lambda text: {"id": text}),
    "products-filter": (PRODUCTS, lambda text: {"filter": {"ids": [text]}}),
    "reviews-filter": (REVIEWS, lambda text: {"filter": {"products": [text]}}),
}
NO_ID = "is not an id of this API. Pass an id exactly as a query returned it."


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("abc", NO_ID, id="malformed"),
        pytest.param("", NO_ID, id="empty"),
        pytest.param("😀", NO_ID, id="emoji"),
        pytest.param(1, NO_ID, id="number"),
        pytest.param(10**18, NO_ID, id="large-number"),
        pytest.param(UNKNOWN_KEY, NO_ID, id="bare-key"),
        pytest.param("A" * 100_000, NO_ID, id="long"),
        pytest.param(global_id("Product", "1"), NO_ID, id="no-key"),
        pytest.param(global_id("Product", f"{UNKNOWN_KEY}:1"), NO_ID, id="longer-key"),
        pytest.param(global_id("User"), "names a User", id="a-user"),
        pytest.param(global_id("Money"), "names a Money", id="no-node"),
        pytest.param(global_id("product"), "names a product", id="lower-case"),
        pytest.param(global_id(""), "names", id="no-type"),
        pytest.param(global_id("P" * 5000), "names", id="long-type"),
        pytest.param(global_id("Pro\x00duct"), "names", id="NUL-in-type"),
    ],
)
@pytest.mark.parametrize("place", ID_PLACES)
def test_malformed_ids_are_refused(http: httpx.Client, place: str, text: object, says: str) -> None:
    document, variables = ID_PLACES[place]
    response = ask(http, document, variables(text))
    assert_field_refused(response, place.partition("-")[0], says)
    assert "\x00" not in response.json()["errors"][0]["message"]


@pytest.mark.parametrize("type_name", ["Post", "Category", "ProductVariant"])
def test_ids_of_another_type_are_refused(http: httpx.Client, type_name: str) -> None:
    response = ask(http, PRODUCT, {"id": global_id(type_name)})
    assert_field_refused(response, "product", f"names a {type_name}; a Product is expected.")


@pytest.mark.parametrize(
    ("document", "variables", "data"),
    [
        pytest.param(NODE, {"id": global_id("Product")}, {"node": None}, id="node"),
        pytest.param(NODES, {"ids": [global_id("Product"), global_id("Post")]}, {"nodes": [None, None]}, id="nodes"),
        pytest.param(NODES, {"ids": []}, {"nodes": []}, id="no-nodes"),
        pytest.param(PRODUCT, {"id": global_id("Product")}, {"product": None}, id="product"),
        pytest.param(PRODUCT, {"slug": "no-such-product"}, {"product": None}, id="slug"),
        pytest.param(PRODUCT, {"slug": ""}, {"product": None}, id="empty-slug"),
        pytest.param(PRODUCT, {"slug": "a" * 100_000}, {"product": None}, id="long-slug"),
        pytest.param(PRODUCT, {"slug": "' OR 1=1 --"}, {"product": None}, id="sql-in-slug"),
        pytest.param(PRODUCT, {"slug": "%"}, {"product": None}, id="pattern-in-slug"),
    ],
)
def test_what_is_not_there_is_null(
    http: httpx.Client, document: str, variables: dict[str, Any], data: dict[str, Any]
) -> None:
    assert data_of(ask(http, document, variables)) == data


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({}, id="none"),
        pytest.param({"id": None, "slug": None}, id="nulls"),
        pytest.param({"id": global_id("Product"), "slug": "a"}, id="both"),
    ],
)
@pytest.mark.parametrize("field", ["product", "category", "service", "post", "author"])
def test_lookups_need_exactly_one_argument(http: httpx.Client, field: str, variables: dict[str, Any]) -> None:
    document = PRODUCT.replace("product(", f"{field}(").replace("{ id name }", "{ id }")
    assert_field_refused(ask(http, document, variables), field, "Pass exactly one of `id`, `slug`.")


def test_more_than_a_hundred_ids_are_refused(http: httpx.Client) -> None:
    response = ask(http, NODES, {"ids": [global_id("Product")] * 101})
    assert_field_refused(response, "nodes", "100 are the most")


# Text.


@pytest.mark.parametrize(
    ("document", "variables", "place"),
    [
        pytest.param(PRODUCT, {"slug": "a\x00b"}, "$slug", id="slug"),
        pytest.param(PRODUCT, {"id": "\x00"}, "$id", id="id"),
        pytest.param(SEARCH, {"query": "\x00"}, "$query", id="search"),
        pytest.param(PRODUCTS, {"after": "\x00"}, "$after", id="cursor"),
        pytest.param(PRODUCTS, {"filter": {"tags": ["a", "b\x00"]}}, "$filter.tags[1]", id="list"),
        pytest.param(PRODUCTS, {"filter": {"and": [{"text": "\x00"}]}}, "$filter.and[0].text", id="nested"),
        pytest.param(PRODUCTS, {"filter": {"a\x00": 1}}, "a name in $filter", id="name"),
        pytest.param("{ __typename }", {"undeclared": "\x00"}, "$undeclared", id="undeclared"),
    ],
)
def test_nul_in_variables_is_refused(http: httpx.Client, document: str, variables: dict[str, Any], place: str) -> None:
    error = assert_request_refused(ask(http, document, variables), "BAD_USER_INPUT", "NUL character (U+0000)")
    assert error["message"].endswith(f" It stands in {place}.")


@pytest.mark.parametrize(
    "literal",
    [
        pytest.param('"a\\u0000b"', id="escaped"),
        pytest.param('"a\\u{0}b"', id="escaped-in-braces"),
        pytest.param('"a\x00b"', id="raw"),
        pytest.param('"""a\x00b"""', id="block"),
    ],
)
@pytest.mark.parametrize(
    "document",
    [
        pytest.param("{ product(slug: %s) { id } }", id="argument"),
        pytest.param("{ products(filter: {and: [{tags: [%s]}]}) { totalCount } }", id="nested"),
        pytest.param("query A($slug: String = %s) { product(slug: $slug) { id } }", id="default"),
    ],
)
def test_nul_in_literals_is_refused(http: httpx.Client, document: str, literal: str) -> None:
    response = ask(http, document % literal)
    assert assert_request_refused(response, "BAD_USER_INPUT", "NUL character (U+0000)")["locations"]


def test_pairs_of_surrogates_are_characters(http: httpx.Client) -> None:
    assert data_of(ask(http, '{ product(slug: "\\ud83d\\ude00") { id } }')) == {"product": None}


ODD_TEXTS = [
    *("a & | b", "a:*:", "a & ", "!", "!(", "()", "<->", "a <-> b", "a<2>b", ":*", "'", "''", '"', '"a', "\\", "\\'"),
    *("-", "- -", "-" * 33, "- " * 40, "-" * 200, '-"' * 60, "!" * 200, "(" * 200, '"' * 200, "or", "and or", "or or"),
    *(
        "",
        " ",
        "\t\n",
        "\x01",
        "\x1f",
        "\x7f",
        "\x85",
        "\xa0",
        "\xad",
        "\u2028",
        "\u3000",
        "\u200b",
        "\ufeff",
        "\uffff",
    ),
    *("%", "_", "%%", "\\%", "😀", "👩‍👩‍👧", "مرحبا", "\u202eabc", "\u200f", "İ", "ß", "ᚠ", "\U0010ffff", "a\u0301"),
    *("<b>", "&amp;", "NULL", "' OR 1=1 --", "$1", ":name", "%s", "{0}", "http://a.b/c?d=e", "a@b.c", "1e999"),
]


@pytest.mark.parametrize("text", ODD_TEXTS, ids=[ascii(text)[:24] for text in ODD_TEXTS])
def test_any_short_text_may_be_searched_for(http: httpx.Client, text: str) -> None:
    assert data_of(ask(http, SEARCH, {"query": text}))["search"]["totalCount"] >= 0
    assert data_of(ask(http, PRODUCTS, {"search": text}))["products"]["totalCount"] >= 0
    assert data_of(ask(http, PRODUCTS, {"filter": {"text": text}}))["products"]["totalCount"] >= 0


async def test_any_short_text_may_be_searched_for_on_a_new_connection(demo_url: str) -> None:
    """PostgreSQL plans the first executions with the values at hand, and computes what the plan then leaves out."""
    for text in ODD_TEXTS:
        connection: asyncpg.Connection = await asyncpg.connect(demo_url)
        try:
            await connection.fetchval("SELECT search_query($1)::text", text)
        finally:
            await connection.close()


@pytest.mark.parametrize("text", ["%", "_", "%%", "\\%", "*", ":*", "😀", "", " ", "'", '"', "-"])
def test_patterns_find_nothing(http: httpx.Client, text: str) -> None:
    assert data_of(ask(http, SEARCH, {"query": text}))["search"]["totalCount"] == 0
    assert data_of(ask(http, PRODUCTS, {"search": text}))["products"]["totalCount"] == 0


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("word " * 20_000, id="words"),
        pytest.param("a " * 50_000, id="letters"),
        pytest.param("a" * 100_000, id="word"),
        pytest.param("-" * 100_000, id="dashes"),
        pytest.param("😀" * 25_000, id="emoji"),
    ],
)
def test_endless_texts_are_searched_for_in_no_time(http: httpx.Client, text: str) -> None:
    begun = time.monotonic()
    assert data_of(ask(http, SEARCH, {"query": text}))["search"]["totalCount"] >= 0
    assert data_of(ask(http, PRODUCTS, {"search": text}))["products"]["totalCount"] >= 0
    assert data_of(ask(http, PRODUCTS, {"filter": {"text": text}}))["products"]["totalCount"] >= 0
    assert time.monotonic() - begun < 5


# Filters.


@pytest.fixture(scope="module")
def total(visitor: httpx.Client) -> int:
    """How many products a visitor sees."""
    count = data_of(ask(visitor, "{ products { totalCount } }"))["products"]["totalCount"]
    assert isinstance(count, int)
    return count


@pytest.mark.parametrize(
    "filter_",
    [
        pytest.param(None, id="null"),
        pytest.param({}, id="empty"),
        *(
            pytest.param({name: None}, id=f"{name}-null")
            for name in (
                "ids",
                "categories",
                "tags",
                "vendors",
                "price",
                "rating",
                "inStock",
                "badges",
                "options",
                "isCustomizable",
                "createdAt",
                "text",
                "and",
                "or",
                "not",
            )
        ),
        *(pytest.param({name: []}, id=f"{name}-empty") for name in ("options", "and", "or")),
        *(pytest.param({name: {}}, id=f"{name}-empty") for name in ("price", "rating", "createdAt")),
        *(pytest.param({name: {"min": None, "max": None}}, id=f"{name}-nulls") for name in ("price", "rating")),
        *(pytest.param({"price": {"min": zero}}, id=f"price-{zero}") for zero in ("0", "-0", "0.00", "0.000", 0, 0.0)),
        pytest.param({"price": {"max": "9999999999.99"}}, id="price-greatest"),
        pytest.param({"rating": {"max": "9999999999.99"}}, id="rating-greatest"),
        pytest.param({"createdAt": {"from": "0001-01-01T00:00:00Z"}}, id="from-year-1"),
        pytest.param({"createdAt": {"to": "9999-12-31T23:59:59.999999Z"}}, id="to-year-9999"),
        pytest.param({"and": [{}, {}], "or": [{}]}, id="nothing-but-empty-filters"),
    ],
)
def test_filters_that_say_nothing_keep_everything(http: httpx.Client, total: int, filter_: Any) -> None:
    assert data_of(ask(http, PRODUCTS, {"filter": filter_}))["products"]["totalCount"] == total


@pytest.mark.parametrize(
    "filter_",
    [
        *(pytest.param({name: []}, id=f"{name}-empty") for name in ("ids", "categories", "tags", "vendors", "badges")),
        pytest.param({"options": [{"name": "Size", "values": []}]}, id="values-empty"),
        pytest.param({"options": [{"name": "", "values": [""]}]}, id="option-of-no-name"),
        pytest.param({"not": {}}, id="not-empty"),
        pytest.param({"price": {"min": "10", "max": "1"}}, id="price-turned-round"),
        pytest.param({"price": {"min": "9999999999.99"}}, id="price-greatest"),
        pytest.param({"createdAt": {"from": "9999-12-31T23:59:59.999999Z"}}, id="from-year-9999"),
        pytest.param({"tags": ["no-such-tag"] * 10_000}, id="many-tags"),
        pytest.param({"tags": ["%", "' OR 1=1 --", "😀", "a" * 10_000]}, id="odd-tags"),
    ],
)
def test_filters_that_nothing_meets_give_nothing(http: httpx.Client, filter_: Any) -> None:
    assert data_of(ask(http, PRODUCTS, {"filter": filter_}))["products"] == {
        "totalCount": 0,
        "nodes": [],
        "pageInfo": {"endCursor": None},
    }


def test_repeated_values_count_once(http: httpx.Client, total: int) -> None:
    badges = data_of(ask(http, PRODUCTS, {"filter": {"badges": ["POPULAR"]}}))["products"]["totalCount"]
    assert 0 < badges < total
    assert (
        data_of(ask(http, PRODUCTS, {"filter": {"badges": ["POPULAR"] * 40_000}}))["products"]["totalCount"] == badges
    )


def test_shallow_nesting_is_allowed(http: httpx.Client, total: int) -> None:
    nested = data_of(send(http, deep_request("not", 10)))["products"]["totalCount"]
    assert nested == data_of(ask(http, PRODUCTS, {"filter": {"badges": ["POPULAR"]}}))["products"]["totalCount"]
    assert 0 < nested < total


def deep_request(name: str, levels: int) -> str:
    """A request whose filter is nested so often in `name`, in a variable."""
    before, after = (f'{{"{name}":', "}") if name == "not" else (f'{{"{name}":[', "]}")
    filter_ = before * levels + '{"badges":["POPULAR"]}' + after * levels
    return f'{{"query": {json.dumps(PRODUCTS)}, "variables": {{"filter": {filter_}}}}}'


def deep_document(name: str, levels: int) -> str:
    """The same in a literal."""
    before, after = (f"{{{name}: ", "}") if name == "not" else (f"{{{name}: [", "]}")
    return f"{{ products(filter: {before * levels}{{inStock: true}}{after * levels}) {{ totalCount }} }}"


@pytest.mark.parametrize("name", ["and", "or", "not"])
@pytest.mark.parametrize("levels", [50, 90, 190])
def test_deep_filters_are_refused(http: httpx.Client, name: str, levels: int) -> None:
    error = assert_request_refused(send(http, deep_request(name, levels)), "BAD_USER_INPUT", "32 levels deep")
    assert "It stands in $filter." in error["message"]


@pytest.mark.parametrize("name", ["and", "or", "not"])
def test_deep_filters_in_literals_are_refused(http: httpx.Client, name: str) -> None:
    response = ask(http, deep_document(name, 50))
    assert assert_request_refused(response, "BAD_USER_INPUT", "32 levels deep")["locations"]
    response = ask(http, deep_document(name, 500))
    assert_request_refused(response, "GRAPHQL_PARSE_FAILED", "nested too deeply")


@pytest.mark.parametrize("name", ["and", "or", "not"])
def test_filters_of_500_levels_are_refused(http: httpx.Client, name: str) -> None:
    response = send(http, deep_request(name, 500))
    code = response.json()["errors"][0]["extensions"]["code"]
    assert_request_refused(response, code, "")
    assert code in {"BAD_REQUEST", "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    "filter_",
    [
        pytest.param({"or": [{"tags": ["a"]}] * 1000}, id="or"),
        pytest.param({"and": [{"categories": ["a"]}] * 1000}, id="and"),
        pytest.param({"options": [{"name": "a", "values": ["b"]}] * 1000}, id="options"),
        pytest.param({"and": [{"or": [{"inStock": True}] * 40}] * 40}, id="tree"),
    ],
)
def test_filters_of_a_thousand_conditions_are_refused(http: httpx.Client, filter_: Any) -> None:
    assert_field_refused(ask(http, PRODUCTS, {"filter": filter_}), "products", "conditions")


# Random values.

TAGS = ["product:newest", "product:price-asc", "product:rating-desc", "product:relevance", "product:name-asc",
        "review:newest", "review:rating-asc", "search", "x"]  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=()), max_size=40) | st.sampled_from(ODD_TEXTS)
INTEGER = st.integers(-200, 200) | st.integers() | st.sampled_from([2**31 - 1, 2**31, -(2**31), 2**63, 10**400])
DECIMAL = (st.decimals() | st.decimals(-100, 10**9, places=2)).map(str)
DATE = st.datetimes().map(lambda moment: moment.isoformat() + "Z") | st.datetimes().map(str)
KEY = DECIMAL | st.integers().map(str) | st.text(max_size=20)
CURSOR = st.builds(cursor, st.sampled_from(TAGS), KEY, st.just(UNKNOWN_KEY) | st.uuids().map(str)) | TEXT
ID = st.builds(global_id, st.sampled_from(["Product", "Post", "Review", "User"]), st.uuids().map(str)) | TEXT
ANYTHING = st.recursive(
    st.none() | st.booleans() | INTEGER | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


def mostly(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of the right type, now and then of a wrong one."""
    return st.integers(0, 9).flatmap(lambda number: ANYTHING if number == 0 else values)


def some(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of the fields."""
    return st.fixed_dictionaries({}, optional={name: mostly(values) for name, values in fields.items()})


SPAN = some({"from": DATE, "to": DATE})
RANGE = some({"min": DECIMAL, "max": DECIMAL})
CONDITIONS = {
    "ids": st.lists(ID, max_size=3),
    "categories": st.lists(TEXT, max_size=3),
    "tags": st.lists(TEXT, max_size=3),
    "vendors": st.lists(TEXT, max_size=3),
    "price": RANGE,
    "rating": RANGE,
    "inStock": st.booleans(),
    "badges": st.lists(st.sampled_from(["POPULAR", "ENTERPRISE"]), max_size=3),
    "options": st.lists(some({"name": TEXT, "values": st.lists(TEXT, max_size=2)}), max_size=2),
    "createdAt": SPAN,
    "text": TEXT,
}
PRODUCT_FILTER = st.recursive(
    some(CONDITIONS),
    lambda inner: some({"and": st.lists(inner, max_size=2), "or": st.lists(inner, max_size=2), "not": inner}),
    max_leaves=4,
)
REVIEW_FILTER = some(
    {"ratings": st.lists(INTEGER, max_size=3), "products": st.lists(ID, max_size=2), "createdAt": SPAN}
)
PAGE = {"first": INTEGER, "after": CURSOR, "last": INTEGER, "before": CURSOR}
PRODUCT_SORTS = st.sampled_from(["NEWEST", "PRICE_ASC", "RATING_DESC", "NAME_ASC", "RELEVANCE"])
REVIEW_SORTS = st.sampled_from(["NEWEST", "RATING_ASC"])
OPERATIONS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    PRODUCTS: some(PAGE | {"filter": PRODUCT_FILTER, "search": TEXT, "sort": PRODUCT_SORTS}),
    PRODUCT: some({"id": ID}) | some({"slug": TEXT}),
    NODE: some({"id": ID}),
    SEARCH: some(PAGE | {"query": TEXT, "types": st.lists(st.sampled_from(["PRODUCT", "POST"]), max_size=2)}),
    REVIEWS: some(PAGE | {"filter": REVIEW_FILTER, "sort": REVIEW_SORTS}),
}


@settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(asked=st.sampled_from(sorted(OPERATIONS)).flatmap(lambda text: st.tuples(st.just(text), OPERATIONS[text])))
def test_no_value_is_the_server_s_fault(http: httpx.Client, asked: tuple[str, dict[str, Any]]) -> None:
    response = ask(http, *asked)
    assert response.status_code in {200, 400}
    codes = [error["extensions"]["code"] for error in response.json().get("errors", ())]
    assert set(codes) <= {"BAD_REQUEST", "BAD_USER_INPUT"}


# The database away.


@pytest.fixture
async def own_postgres(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A PostgreSQL of the test's own, with all tables."""
    with EmbeddedPostgres(tmp_path / "database", {"fsync": "off"}) as postgres:
        async with opened(postgres.url) as engine:
            await migrate(engine)
        yield postgres


COUNT = "{ products { totalCount } }"
EMPTY = {"products": {"totalCount": 0}}


def ask_at_once(http: httpx.Client, times: int) -> list[int]:
    """The statuses of simultaneous requests, none of which may blame the server."""
    with ThreadPoolExecutor(times) as pool:
        responses = list(pool.map(lambda _: ask(http, COUNT), range(times)))
    assert [response.text for response in responses if "INTERNAL" in response.text] == []
    return [response.status_code for response in responses]


@pytest.mark.usefixtures("no_errors_logged")
def test_database_may_go_away_and_come_back(own_postgres: EmbeddedPostgres) -> None:
    with running(create_app(settings_for(own_postgres.url)), HEADERS) as http:
        assert data_of(ask(http, COUNT)) == EMPTY
        assert ask_at_once(http, 8) == [200] * 8
        assert http.get("/health").status_code == 200

        own_postgres.stop()

        for accept in (GRAPHQL_RESPONSE, "application/json"):
            response = send(http, json.dumps({"query": COUNT}), accept=accept)
            assert_refused(response, 503, "SERVICE_UNAVAILABLE", "The database is not available. Try again.")
        assert ask_at_once(http, 8) == [503] * 8
        health = http.get("/health")
        assert (health.status_code, health.json()["status"]) == (503, "unavailable")
        assert data_of(ask(http, "{ __typename }")) == {"__typename": "Query"}

        own_postgres.start()

        assert data_of(ask(http, COUNT)) == EMPTY
        assert ask_at_once(http, 8) == [200] * 8
        assert http.get("/health").status_code == 200


async def end_connections(url: str) -> None:
    """End every connection of the application."""
    connection: asyncpg.Connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'merkato'"
        )
    finally:
        await connection.close()


@pytest.mark.usefixtures("no_errors_logged")
def test_connections_may_be_ended(own_postgres: EmbeddedPostgres) -> None:
    with running(create_app(settings_for(own_postgres.url)), HEADERS) as http:
        assert ask_at_once(http, 8) == [200] * 8

        asyncio.run(end_connections(own_postgres.url))

        assert ask_at_once(http, 8) == [200] * 8
        assert data_of(ask(http, COUNT)) == EMPTY


@pytest.mark.usefixtures("no_errors_logged")
def test_connections_may_be_ended_while_they_are_used(own_postgres: EmbeddedPostgres) -> None:
    with running(create_app(settings_for(own_postgres.url)), HEADERS) as http:
        with ThreadPoolExecutor(1) as pool:
            ending = pool.submit(lambda: [asyncio.run(end_connections(own_postgres.url)) for _ in range(20)])
            statuses: set[int] = set()
            while not ending.done():
                statuses |= set(ask_at_once(http, 4))
            ending.result()
        assert statuses <= {200, 503}
        assert ask_at_once(http, 8) == [200] * 8


# Our own mistakes.


@strawberry.type
class Faulty:
    """A schema whose fields go wrong."""

    @strawberry.field
    def raising(self) -> str | None:
        """A field with a mistake in it."""
        raise RuntimeError("postgres://app:hunter2@db")

    @strawberry.field
    def overflowing(self) -> int | None:
        """A value that its type cannot hold."""
        return 2**40

    @strawberry.field
    def missing(self) -> str:
        """A value that should be there."""
        return None  # type: ignore[return-value]  # the mistake

    @strawberry.field
    def sound(self) -> str:
        """A field without a mistake."""
        return "sound"


FAULTY = Executor(strawberry.Schema(Faulty), introspection=True)


async def run_faulty(engine: AsyncEngine, query: str) -> Answer:
    """The answer of the schema whose fields go wrong."""
    async with Context(engine, VISITOR) as context:
        return await FAULTY.run(GraphQLRequest(query), context)


@pytest.mark.parametrize("field", ["raising", "overflowing", "missing"])
async def test_unexpected_errors_are_masked_and_logged_once(demo_engine: AsyncEngine, field: str) -> None:
    with recorded() as records:
        body = (await run_faulty(demo_engine, f"{{ {field} }}")).body()

    (record,) = records
    (error,) = body["errors"]
    reference = error["extensions"]["reference"]
    assert re.fullmatch("[0-9a-f]{32}", reference)
    assert error["message"] == f"Something went wrong on the server. Reference: {reference}."
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "reference": reference}
    assert error["path"] == [field]
    assert record.levelno == logging.ERROR
    assert reference in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[1] is not None
    assert record.exc_info[1].__traceback__ is not None


async def test_unexpected_errors_leave_the_other_fields(demo_engine: AsyncEngine) -> None:
    with recorded() as records:
        answer = await run_faulty(demo_engine, "{ raising sound }")

    assert len(records) == 1
    assert answer.status() == 200
    assert answer.body()["data"] == {"raising": None, "sound": "sound"}
    assert "hunter2" not in json.dumps(answer.body())


async def test_unexpected_errors_outside_fields_are_masked_and_logged_once(demo_url: str) -> None:
    unstarted = httpx.ASGITransport(create_app(settings_for(demo_url)))
    with recorded() as records:
        async with httpx.AsyncClient(transport=unstarted, base_url="http://api", headers=HEADERS) as client:
            response = await client.post("/graphql", json={"query": "{ __typename }"})

    (record,) = records
    assert record.exc_info is not None
    error = assert_refused(response, 500, "INTERNAL_SERVER_ERROR", "Something went wrong on the server.")
    assert UUID(error["extensions"]["reference"]).hex in record.getMessage()
