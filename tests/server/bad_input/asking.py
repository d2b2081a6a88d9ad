"""Asks for what should not be asked for, and says what the answer must be like."""

import json
import logging
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

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
    recorder, logger = Recorder(), logging.getLogger()
    logger.addHandler(recorder)
    try:
        yield recorder.records
    finally:
        logger.removeHandler(recorder)


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
