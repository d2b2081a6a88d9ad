"""Random values, none of which is the server's fault."""

from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.bad_input.asking import (
    NODE,
    ODD_TEXTS,
    PRODUCT,
    PRODUCTS,
    REVIEWS,
    SEARCH,
    UNKNOWN_KEY,
    ask,
    cursor,
    global_id,
)

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
