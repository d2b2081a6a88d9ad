"""Filters that say nothing, and those that say too much."""

import json
from typing import Any

import httpx
import pytest

from tests.server.bad_input.asking import PRODUCTS, ask, assert_field_refused, assert_request_refused, data_of, send


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
