"""Apollo's automatic persisted queries: known by their hash, told once, bounded, and no way to break in."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import httpx
import pytest

from server.app import create_app
from server.document_cache import LONGEST_TEXT
from server.persisted_queries import MAXIMUM_TEXTS, PersistedQueries, hash_of
from tests.databases import settings_for
from tests.live import serving
from tests.loopback import NO_AUTHORITIES
from tests.patience import PATIENCE_SECONDS

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"

UNKNOWN_HASH = "0" * 64


@pytest.fixture
def http(live_server: str) -> Iterator[httpx.Client]:
    """A client of the running server."""
    with httpx.Client(base_url=live_server, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS) as client:
        yield client


def extension(text_hash: object, version: object = 1) -> dict[str, Any]:
    """The extension that names a text."""
    return {"persistedQuery": {"version": version, "sha256Hash": text_hash}}


def hashed(text: str) -> str:
    """The hash of a text as any client computes it."""
    return sha256(text.encode()).hexdigest()


def post(http: httpx.Client, accept: str = JSON, **fields: object) -> httpx.Response:
    """Send JSON."""
    return http.post("/graphql", json=fields, headers={"accept": accept})


def get(http: httpx.Client, accept: str = JSON, **fields: object) -> httpx.Response:
    """Ask by GET."""
    parameters = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    return http.get("/graphql", params=parameters, headers={"accept": accept})


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The one error of a response without data."""
    body = response.json()
    assert set(body) == {"errors"}
    (error,) = body["errors"]
    return {"message": error["message"], "code": error["extensions"]["code"]}


NOT_FOUND = {"message": "PersistedQueryNotFound", "code": "PERSISTED_QUERY_NOT_FOUND"}
NOT_SUPPORTED = {"message": "PersistedQueryNotSupported", "code": "PERSISTED_QUERY_NOT_SUPPORTED"}
MISMATCH = {"message": "provided sha does not match query", "code": "PERSISTED_QUERY_HASH_MISMATCH"}


@pytest.mark.parametrize("send", [post, get])
def test_text_is_told_once_and_then_named(http: httpx.Client, send: Any) -> None:
    query = f"query {send.__name__}($first: Int!) {{ products(first: $first, sort: NAME_ASC) {{ nodes {{ name }} }} }}"
    named = extension(hashed(query))

    unknown = send(http, extensions=named, variables={"first": 1})
    told = send(http, query=query, extensions=named, variables={"first": 1})
    known = send(http, extensions=named, variables={"first": 2})

    assert (unknown.status_code, error_of(unknown)) == (200, NOT_FOUND)
    assert len(told.json()["data"]["products"]["nodes"]) == 1
    assert len(known.json()["data"]["products"]["nodes"]) == 2


def test_text_told_by_post_is_known_by_get(http: httpx.Client) -> None:
    query = "query ToldByPost { shop { name } }"
    told = post(http, query=query, extensions=extension(hashed(query)))

    known = get(http, extensions=extension(hashed(query)))

    assert known.json() == told.json()
    assert known.json()["data"]["shop"]["name"]


def test_unknown_hash_is_4xx_where_an_answer_without_data_has_to_be(http: httpx.Client) -> None:
    response = post(http, GRAPHQL_RESPONSE, extensions=extension(UNKNOWN_HASH))
    assert (response.status_code, error_of(response)) == (400, NOT_FOUND)
    assert response.headers["content-type"] == f"{GRAPHQL_RESPONSE}; charset=utf-8"


@pytest.mark.parametrize("send", [post, get])
def test_unknown_hash_is_never_kept_by_a_cache(http: httpx.Client, send: Any) -> None:
    response = send(http, extensions=extension(UNKNOWN_HASH))
    assert "no-store" in response.headers["cache-control"]
    assert "etag" not in response.headers


def test_hash_of_another_text_is_refused_and_nothing_is_kept(http: httpx.Client) -> None:
    named = extension(hashed("query Mine { shop { name } }"))
    response = post(http, query="query Theirs { shop { name } }", extensions=named)

    assert (response.status_code, error_of(response)) == (200, MISMATCH)
    assert error_of(post(http, extensions=named)) == NOT_FOUND


@pytest.mark.parametrize("version", [0, 2, -1, 10**18])
def test_other_versions_are_not_supported(http: httpx.Client, version: int) -> None:
    query = "query Version { shop { name } }"
    for fields in ({}, {"query": query}):
        response = post(http, extensions=extension(hashed(query), version), **fields)
        assert (response.status_code, error_of(response)) == (200, NOT_SUPPORTED)


@pytest.mark.parametrize(
    "persisted",
    [
        "text",
        1,
        True,
        [],
        ["version", 1],
        {},
        {"version": 1},
        {"sha256Hash": UNKNOWN_HASH},
        {"version": "1", "sha256Hash": UNKNOWN_HASH},
        {"version": True, "sha256Hash": UNKNOWN_HASH},
        {"version": 1.5, "sha256Hash": UNKNOWN_HASH},
        {"version": None, "sha256Hash": UNKNOWN_HASH},
        {"version": 1, "sha256Hash": None},
        {"version": 1, "sha256Hash": 7},
        {"version": 1, "sha256Hash": {}},
        {"version": 1, "sha256Hash": ""},
        {"version": 1, "sha256Hash": "g" * 64},
        {"version": 1, "sha256Hash": "A" * 64},
        {"version": 1, "sha256Hash": "0" * 63},
        {"version": 1, "sha256Hash": f"{UNKNOWN_HASH}\n"},
        {"version": 1, "sha256Hash": f"sha256:{UNKNOWN_HASH}"},
        {"version": 1, "sha256Hash": "\x00🏊"},
        {"version": 1, "sha256Hash": "0" * 900_000},
    ],
    ids=lambda persisted: repr(persisted)[:60],
)
@pytest.mark.parametrize("fields", [{}, {"query": "{ shop { name } }"}], ids=["alone", "with-text"])
def test_malformed_extensions_are_refused(http: httpx.Client, persisted: object, fields: dict[str, str]) -> None:
    response = post(http, extensions={"persistedQuery": persisted}, **fields)

    assert response.status_code == 400
    assert error_of(response)["code"] == "BAD_REQUEST"
    assert error_of(response)["message"].startswith(("`persistedQuery` must be", "`sha256Hash` must be"))
    assert len(response.content) < 1000


def test_null_names_nothing(http: httpx.Client) -> None:
    response = post(http, query="{ shop { __typename } }", extensions={"persistedQuery": None})
    assert response.json() == {"data": {"shop": {"__typename": "Shop"}}}
    assert error_of(post(http, extensions={"persistedQuery": None}))["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("query", "code"),
    [("{ shop { ", "GRAPHQL_PARSE_FAILED"), ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"), ("fragment", None)],
)
def test_only_valid_documents_are_kept(http: httpx.Client, query: str, code: str | None) -> None:
    named = extension(hashed(query))

    told = error_of(post(http, query=query, extensions=named))

    assert code is None or told["code"] == code
    assert error_of(post(http, extensions=named)) == NOT_FOUND


def test_valid_document_is_kept_although_its_variables_were_wrong(http: httpx.Client) -> None:
    query = "query KeptAnyway($slug: String!) { product(slug: $slug) { name } }"
    named = extension(hashed(query))

    assert error_of(post(http, query=query, extensions=named))["code"] == "BAD_USER_INPUT"
    assert post(http, extensions=named, variables={"slug": "none"}).json() == {"data": {"product": None}}


def test_longest_texts_run_without_being_kept(http: httpx.Client) -> None:
    query = f"query Long {{ shop {{ __typename }} }} #{'x' * LONGEST_TEXT}"
    named = extension(hashed(query))

    assert post(http, query=query, extensions=named).json() == {"data": {"shop": {"__typename": "Shop"}}}
    assert error_of(post(http, extensions=named)) == NOT_FOUND


@pytest.mark.parametrize("other", ["documentId", "query"])
def test_document_is_named_once(http: httpx.Client, other: str) -> None:
    fields = {"documentId": UNKNOWN_HASH, other: UNKNOWN_HASH}
    response = post(http, JSON, extensions=extension(UNKNOWN_HASH), **fields)
    assert (response.status_code, error_of(response)["code"]) == (400, "BAD_REQUEST")


def test_persisted_queries_can_be_turned_off(demo_url: str) -> None:
    query = "query Off { shop { name } }"
    settings = settings_for(demo_url).model_copy(update={"persisted_query_bytes": 0})

    with (
        serving(create_app(settings)) as address,
        httpx.Client(base_url=address, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS) as http,
    ):
        for fields in ({}, {"query": query}):
            response = post(http, extensions=extension(hashed(query)), **fields)
            assert (response.status_code, error_of(response)) == (200, NOT_SUPPORTED)
        assert post(http, query=query).json()["data"]["shop"]["name"]


def test_texts_used_longest_ago_go_when_bytes_run_out() -> None:
    first, second, third = "a" * 1000, "b" * 1000, "c" * 1000
    queries = PersistedQueries(3000)
    queries.put(first)
    queries.put(second)
    assert queries.get(hash_of(first)) == first

    queries.put(third)

    assert queries.get(hash_of(first)) == first
    assert queries.get(hash_of(second)) is None
    assert queries.get(hash_of(third)) == third


def test_text_too_long_for_the_store_pushes_nothing_out() -> None:
    queries = PersistedQueries(3000)
    queries.put("a")
    queries.put("b" * 3000)
    assert queries.get(hash_of("a")) == "a"
    assert queries.get(hash_of("b" * 3000)) is None


def test_text_told_again_takes_no_more_room() -> None:
    queries = PersistedQueries(3000)
    queries.put("other")
    for _ in range(100):
        queries.put("a" * 1000)
    assert queries.get(hash_of("other")) == "other"


def test_number_of_texts_is_bounded() -> None:
    queries = PersistedQueries(10**9)
    for number in range(MAXIMUM_TEXTS + 1):
        queries.put(str(number))
    assert queries.get(hash_of("0")) is None
    assert queries.get(hash_of("1")) == "1"
