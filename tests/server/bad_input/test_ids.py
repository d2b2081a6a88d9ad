"""Ids that are none, and lookups of too much or too little."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.server.bad_input.asking import (
    NODE,
    NODES,
    PRODUCT,
    PRODUCTS,
    REVIEWS,
    UNKNOWN_KEY,
    ask,
    assert_field_refused,
    data_of,
    global_id,
)

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
