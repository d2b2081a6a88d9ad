"""What a guest sends to buy: three mutations, the texts of which are those of storefronts."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from benchmarks.checkout_shop import LINES, PRICE, SHIPPING, CheckoutShop, Shelf
from resolvers.ids import encode_id

QUERIES = Path(__file__).parent.parent / "queries"
SENT_TO = {"name": "Hana Bekele", "line1": "Bole Road 1", "city": "Addis Ababa", "countryCode": "ET"}
ANY_KEY = "IDEMPOTENCY_KEY"
"""In its place `purchases.lua` puts a key of its own for each purchase."""


def adding(variants: Sequence[str]) -> bytes:
    """The body that puts one of each into a cart."""
    return _body("AddToCart", {"lines": [{"variantId": variant, "quantity": 1} for variant in variants]})


def detailing(shop: CheckoutShop) -> bytes:
    """The body that says where it goes."""
    method = encode_id("ShippingMethod", shop.shipping_method_id)
    where = {"shippingAddress": SENT_TO, "shippingMethodId": method}
    return _body("SetCartDetails", {"email": "hana@shop.example", "countryCode": "ET", **where})


def checking_out(idempotency_key: str) -> bytes:
    """The body that agrees to the price, to be paid on delivery."""
    total = str(LINES * PRICE + SHIPPING)
    payment = {"kind": "CASH_ON_DELIVERY"}
    return _body("Checkout", {"idempotencyKey": idempotency_key, "expectedTotal": total, "payment": payment})


def every_purchase(shop: CheckoutShop, shelf: Shelf) -> list[bytes]:
    """The bodies of each purchase that can be made from the shelf, three after three, the last with ANY_KEY in it."""
    rest = detailing(shop), checking_out(ANY_KEY)
    return [body for number in range(shelf.third) for body in (adding(shop.variants(shelf, number)), *rest)]


def _body(name: str, given: dict[str, Any]) -> bytes:
    return orjson.dumps({"operationName": name, "query": _document(name), "variables": {"input": given}})


@cache
def _document(name: str) -> str:
    return (QUERIES / f"{name}.graphql").read_text()
