"""What a request may ask for: the size of its document, and what its operation costs."""

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import httpx
import pytest
from graphql import get_introspection_query

from server.app import create_app
from server.document_preparation import INTROSPECTABLE, prepare
from tests.databases import settings_for
from tests.live import serving
from tests.patience import PATIENCE_SECONDS
from tests.schema.walk import CORE

ASKING = {"merkato": {"explain": True}}
LEVELS = 28
"""Of fragments that each spread the next one twice: whoever expands them counts to 268 million."""

SIGN_IN = 'signIn(input: {email: "hana@example.com", password: "guess"}) { __typename }'
RESET = 'resetPassword(input: {token: "guess", newPassword: "a long and quiet evening"}) { __typename }'
SIGN_OUT = 'signOut(input: {refreshToken: "x"}) { __typename }'


def spreading(levels: int, *, field: str) -> str:
    """An operation whose fragments double at each level."""
    spread = [f"fragment F{n} on Query {{ ...F{n + 1} {field.format(n)} ...F{n + 1} }}" for n in range(levels)]
    return " ".join(["query { ...F0 }", *spread, f"fragment F{levels} on Query {{ __typename }}"])


def doubling(levels: int) -> str:
    """A short query whose answer has twice as many objects at each level."""
    below = "a: parent {{ ...F{0} }} parent {{ ...F{0} }}"
    fragments = [f"fragment F{n} on Category {{ {below.format(n + 1)} }}" for n in range(levels)]
    last = f"fragment F{levels} on Category {{ id }}"
    return " ".join(["{ categories(first: 1) { nodes { ...F0 } } }", *fragments, last])


def nested(levels: int) -> str:
    """A query of that many fields in one another."""
    return "{ categories { nodes { " + "parent { " * (levels - 3) + "id" + " }" * levels


def ask(http: httpx.Client, query: str, variables: dict[str, Any] | None = None) -> httpx.Response:
    """The answer to a client that reads HTTP statuses."""
    headers = {"accept": "application/graphql-response+json"}
    return http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


OVER: dict[str, tuple[str, int, int | None]] = {
    "characters": ("{ __typename } #" + " " * 100_000, 100_000, 100_016),
    "tokens": ("{ " + "__typename " * 1_999 + "}", 2_000, None),
    "operations": (" ".join(f"query Q{n} {{ __typename }}" for n in range(11)), 10, 11),
    "variables": (
        "query("
        + " ".join(f"$v{n}: ID!" for n in range(101))
        + ") { nodes(ids: ["
        + " ".join(f"$v{n}" for n in range(101))
        + "]) { id } }",
        100,
        101,
    ),
    "depth": (nested(16), 15, 16),
    "aliases": ("{ " + " ".join(f"a{n}: __typename" for n in range(31)) + " }", 30, 31),
    "directives": ("{ " + "__typename @skip(if: false) " * 51 + " }", 50, 51),
    "mutations": (
        "mutation { " + " ".join(f"a{n}: {SIGN_OUT}" for n in range(5)) + " }",
        4,
        5,
    ),
    "attempts": (
        f"mutation {{ ...A ... {{ b: {SIGN_IN} }} }} fragment A on Mutation {{ a: {RESET} }}",
        1,
        2,
    ),
    "fields": (doubling(8), 500, None),
}

WITHIN = {
    "characters": "{ __typename } #" + " " * 99_984,
    "tokens": '{ search(query: "x", types: [' + "PRODUCT " * 1_984 + "]) { totalCount } }",
    "depth": nested(15),
    "aliases": "{ " + " ".join(f"a{n}: __typename" for n in range(30)) + " }",
    "directives": "{ " + "__typename @skip(if: false) " * 50 + " }",
    "fields": doubling(7),
}


@pytest.mark.parametrize("limit", OVER)
def test_document_beyond_a_limit_is_refused(visitor: httpx.Client, limit: str) -> None:
    text, maximum, found = OVER[limit]
    response = ask(visitor, text)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    counted = {} if found is None else {"found": found}
    assert error["extensions"] == {"code": "DOCUMENT_LIMIT_EXCEEDED", "limit": limit, "maximum": maximum} | counted
    assert error["message"].startswith("The document is too large. It ")


@pytest.mark.parametrize("limit", WITHIN)
def test_document_at_a_limit_is_answered(visitor: httpx.Client, limit: str) -> None:
    assert "errors" not in ask(visitor, WITHIN[limit]).json()


def test_aliases_in_fragments_count_once_however_often_they_are_spread(visitor: httpx.Client) -> None:
    text = "{ ...A ...A ...A } fragment A on Query { " + " ".join(f"a{n}: __typename" for n in range(30)) + " }"
    assert len(ask(visitor, text).json()["data"]) == 30


@pytest.mark.parametrize("field", ["a{0}: __typename", "__typename", "categories {{ totalCount }}"])
def test_fragments_that_double_at_each_level_are_measured_once(visitor: httpx.Client, field: str) -> None:
    assert ask(visitor, spreading(LEVELS, field=field)).status_code == 200


def calls_to_prepare(text: str) -> int:
    """How many functions are called to find out whether a document may run, and what it costs."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        document = prepare(CORE, INTROSPECTABLE, text)
        (cost,) = document.costs.values()
        cost.of({}, 500)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("field", ["a{0}: __typename", "__typename", "categories {{ totalCount }}"])
def test_twice_the_fragments_take_twice_the_work(field: str) -> None:
    half, whole = (calls_to_prepare(spreading(levels, field=field)) for levels in (LEVELS // 2, LEVELS))
    assert whole < 2.5 * half


def test_fragments_nested_beyond_the_stack_are_refused(visitor: httpx.Client) -> None:
    chain = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(280))
    response = ask(visitor, f"{{ ...F0 }} {chain} fragment F280 on Query {{ __typename }}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] in {
        "DOCUMENT_LIMIT_EXCEEDED",
        "GRAPHQL_VALIDATION_FAILED",
    }


def test_introspection_is_within_the_limits(visitor: httpx.Client) -> None:
    text = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    assert "errors" not in ask(visitor, text).json()


def test_operations_beside_each_other_may_have_an_attempt_each(visitor: httpx.Client) -> None:
    document = f"query A {{ __typename }} mutation B {{ a: {SIGN_IN} }} mutation C {{ a: {RESET} }}"
    body = {"query": document, "operationName": "A"}
    assert visitor.post("/graphql", json=body).json() == {"data": {"__typename": "Query"}}


PAGES = """
query($size: Int, $deep: Boolean = true) {
  products(first: $size) { nodes { id reviews(first: 100) @include(if: $deep) { nodes { title } } } }
}
"""


def test_cost_multiplies_through_the_pages_asked_for(visitor: httpx.Client) -> None:
    assert "errors" not in ask(visitor, PAGES, {"size": 90}).json()
    response = ask(visitor, PAGES, {"size": 100})
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    # products 1, nodes 1, each of 100: id 1, reviews 1, nodes 1, and 100 titles
    assert error["extensions"] == {"code": "COST_LIMIT_EXCEEDED", "cost": {"requested": 10_302, "maximum": 10_000}}
    assert error["message"].startswith("The operation may cost 10302; 10000 are the most.")
    assert "errors" not in ask(visitor, PAGES, {"size": 100, "deep": False}).json()


def test_cost_of_a_literal_is_that_of_a_variable(visitor: httpx.Client) -> None:
    for size, status in (("90", 200), ("100", 400), ("91", 200)):
        text = f"{{ products(first: {size}) {{ nodes {{ id reviews(first: 100) {{ nodes {{ title }} }} }} }} }}"
        assert ask(visitor, text).status_code == status


def test_what_was_counted_before_hides_no_cost(visitor: httpx.Client) -> None:
    """Variables that are refused, absent or null, and numbers that are equal, are not taken for each other."""
    declared = PAGES.replace("$size: Int", "$size: Int, $other: Int")
    text = declared.replace("{ id", "{ id other: reviews(first: $other) { totalCount }")
    for before in ({"size": 2.0}, {"size": 100, "other": "x"}, {"size": 1, "deep": False}, {"size": 1, "deep": None}):
        ask(visitor, text, before)
        for costly in ({"size": 100.0}, {"size": 100}):
            assert ask(visitor, text, costly).json()["errors"][0]["extensions"]["code"] == "COST_LIMIT_EXCEEDED"


def test_condition_that_is_null_is_told_as_ever_and_hides_no_cost(visitor: httpx.Client) -> None:
    """The variable is declared with a default, so that it may stand there and be null all the same."""
    declared = PAGES.replace("true", "true, $null: Boolean = true")
    text = declared.replace("products(first: $size)", "shop { name @include(if: $null) } products(first: $size)")
    refused = ask(visitor, text, {"size": 1, "null": None}).json()["errors"]
    assert {error["extensions"]["code"] for error in refused} == {"BAD_USER_INPUT"}
    costly = ask(visitor, text, {"size": 100, "null": None}).json()["errors"]
    assert {error["extensions"]["code"] for error in costly} == {"COST_LIMIT_EXCEEDED"}


def test_fields_that_are_merged_cost_once(visitor: httpx.Client) -> None:
    part = "products(first: 90) { nodes { id reviews(first: 100) { nodes { title } } } }"
    assert ask(visitor, f"{{ {part} {part} ...A }} fragment A on Query {{ {part} }}").status_code == 200


@pytest.mark.parametrize("size", ["many", -1, 10**30, None, 2.5, [1], True])
def test_size_that_is_none_is_told_as_ever(visitor: httpx.Client, size: object) -> None:
    response = ask(visitor, "query($size: Int) { products(first: $size) { nodes { id } } }", {"size": size})
    codes = [error["extensions"]["code"] for error in response.json().get("errors", ())]
    assert codes == ([] if size is None else ["BAD_USER_INPUT"])


def test_cost_is_told_to_whoever_may_know(live_server: str) -> None:
    body = {"query": "{ products(first: 3) { totalCount nodes { id } } }", "extensions": ASKING}
    told = httpx.post(f"{live_server}/graphql", json=body, trust_env=False, timeout=PATIENCE_SECONDS).json()[
        "extensions"
    ]["cost"]
    assert told == {"requested": 1 + 10 + 1 + 3, "maximum": 10_000}


@pytest.fixture(scope="module")
def strict(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server with limits of its own, that suggests nothing."""
    trusted = tmp_path_factory.mktemp("documents") / "none.json"
    trusted.write_text('{"name": "query Name { __typename }"}')
    changed = {
        "trusted_documents_file": trusted,
        "max_operation_cost": 20,
        "max_operation_depth": 3,
        "max_validation_errors": 2,
        "suggestions": False,
    }
    app = create_app(settings_for(demo_url).model_copy(update=changed))
    with serving(app) as address, httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE_SECONDS) as client:
        yield client


def test_limits_are_settings(strict: httpx.Client) -> None:
    assert ask(strict, "{ products(first: 9) { nodes { id } } }").status_code == 200
    costly = ask(strict, "{ products(first: 19) { nodes { id } } }").json()["errors"][0]["extensions"]
    assert costly["cost"] == {"requested": 21, "maximum": 20}
    deep = ask(strict, "{ products(first: 1) { nodes { category { id } } } }").json()["errors"][0]["extensions"]
    assert (deep["limit"], deep["maximum"]) == ("depth", 3)
    many = ask(strict, "{ a b c d }").json()["errors"]
    assert [error["message"].partition(" ")[0] for error in many] == ["Cannot", "Cannot", "Too"]


def test_values_are_suggested_only_where_a_setting_says_so(visitor: httpx.Client, strict: httpx.Client) -> None:
    text, variables = "query($sort: ProductSort) { products(sort: $sort, first: 1) { totalCount } }", {"sort": "NEWES"}
    assert "Did you mean" in ask(visitor, text, variables).json()["errors"][0]["message"]
    assert "Did you mean" not in ask(strict, text, variables).json()["errors"][0]["message"]


def test_names_are_suggested_only_where_a_setting_says_so(visitor: httpx.Client, strict: httpx.Client) -> None:
    assert "Did you mean" in ask(visitor, "{ product_s { id } }").json()["errors"][0]["message"]
    assert "Did you mean" not in ask(strict, "{ product_s { id } }").json()["errors"][0]["message"]
