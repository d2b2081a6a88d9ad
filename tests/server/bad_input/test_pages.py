"""Impossible pages, and cursors that no such list gave."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.server.bad_input.asking import (
    PRODUCTS,
    REVIEWS,
    SEARCH,
    UNKNOWN_KEY,
    ask,
    assert_field_refused,
    cursor,
    data_of,
    global_id,
)

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
