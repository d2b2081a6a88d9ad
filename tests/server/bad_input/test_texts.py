"""Texts that cannot be stored, or mean something to a database."""

from typing import Any

import asyncpg
import httpx
import pytest

from tests.server.bad_input.asking import ODD_TEXTS, PRODUCT, PRODUCTS, SEARCH, ask, assert_request_refused, data_of


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
def test_endless_texts_are_searched_for_within_the_time_of_a_statement(http: httpx.Client, text: str) -> None:
    assert data_of(ask(http, SEARCH, {"query": text}))["search"]["totalCount"] >= 0
    assert data_of(ask(http, PRODUCTS, {"search": text}))["products"]["totalCount"] >= 0
    assert data_of(ask(http, PRODUCTS, {"filter": {"text": text}}))["products"]["totalCount"] >= 0
