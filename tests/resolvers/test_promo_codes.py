"""Promotion codes through the API: made, changed and ended by the staff, and seen by nobody else."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.permissions import Permission
from auth.viewer import VISITOR, Viewer, viewer_with_role
from models import DiscountType, Product, PromoCode, Role
from resolvers.ids import decode_id_of, encode_id
from tests.api import codes_of, data_of
from tests.factories import (
    EARLIER,
    LATER,
    PUBLISHED_AT,
    add_category,
    add_product,
    add_promo_code,
    new_id,
    shared_engine,
    writing,
)
from tests.mutations import answer_to, changed
from tests.statements import count_rows, execute, scalar

QUERIES = Path(__file__).parents[2] / "queries"
STAFF = viewer_with_role(Role.STAFF, new_id())

Json = dict[str, Any]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has codes of its own."""
    async with shared_engine(postgres, migrated) as shop:
        yield shop


def document(name: str) -> str:
    """A document of `queries/`."""
    return (QUERIES / f"{name}.graphql").read_text(encoding="utf-8")


async def done(engine: AsyncEngine, name: str, **given: Any) -> Json:
    """What the mutation of that document gives the staff."""
    data = await changed(engine, document(name), {"input": given}, STAFF)
    result: Json = data[name[0].lower() + name[1:]]
    return result


async def created(engine: AsyncEngine, code: str, **terms: Any) -> Json:
    """A code of ten percent."""
    return await done(engine, "CreatePromoCode", **{"code": code, "discountType": "PERCENT", "amount": "10", **terms})


async def test_way_of_a_code(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        product = encode_id("Product", (await add_product(session, name="Lamp")).id)
        category = encode_id("Category", (await add_category(session, name="Lights")).id)

    made = await created(shop, " spring-26", usageLimit=5, minimumSubtotal="99.90", categories=[category, category])
    assert made == {
        **made,
        "code": "SPRING-26",
        "discountType": "PERCENT",
        "amount": "10.00",
        "minimumSubtotal": {"amount": "99.90", "currencyCode": "ETB"},
        "usageLimit": 5,
        "usedCount": 0,
        "isUsable": True,
        "isRestricted": True,
        "version": 1,
    }
    terms = {"products": [product], "categories": [], "usageLimit": None, "validTo": "2100-01-01T00:00:00Z"}
    other = await done(shop, "UpdatePromoCode", id=made["id"], expectedVersion=1, **terms)
    assert (other["usageLimit"], other["isRestricted"], other["amount"], other["version"]) == (None, True, "10.00", 2)

    query = """query($code: String!) { promoCode(code: $code) {
        id isUsable products { name } categories { name } } }"""
    stored = (await data_of(shop, query, {"code": "SPRING-26"}, STAFF))["promoCode"]
    assert (stored["products"], stored["categories"]) == ([{"name": "Lamp"}], [])

    stale = await done(shop, "UpdatePromoCode", id=made["id"], expectedVersion=1, amount="20")
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", 2)
    ended = await done(shop, "EndPromoCode", id=made["id"])
    assert (ended["isUsable"], ended["version"]) == (False, 3)
    assert (await done(shop, "EndPromoCode", id=made["id"]))["endedAt"] == ended["endedAt"]
    late = await done(shop, "UpdatePromoCode", id=made["id"], expectedVersion=3, amount="20")
    assert late["__typename"] == "PromoCodeEnded"


async def test_code_whose_products_are_gone_is_for_nothing_rather_than_everything(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        product = await add_product(session)
    made = await created(shop, "LAST-ONE", products=[encode_id("Product", product.id)])
    await execute(shop, delete(Product).where(Product.id == product.id))
    key = decode_id_of("PromoCode", made["id"])
    assert await scalar(shop, select(PromoCode.is_restricted).where(PromoCode.id == key))
    opened = await done(shop, "UpdatePromoCode", id=made["id"], expectedVersion=1, products=[])
    assert opened["isRestricted"] is False


@pytest.mark.parametrize(
    ("terms", "path"),
    [
        ({"code": "CAKE 🎂"}, "code"),
        ({"code": "-X"}, "code"),
        ({"code": "a\x00b"}, "code"),
        ({"amount": "0"}, "amount"),
        ({"amount": "100.01"}, "amount"),
        ({"validFrom": "2026-01-02T00:00:00Z", "validTo": "2026-01-02T00:00:00Z"}, "validTo"),
        ({"usageLimit": 0}, "usageLimit"),
        ({"limitPerCustomer": -1}, "limitPerCustomer"),
        ({"minimumSubtotal": "-1"}, "minimumSubtotal"),
        ({"products": [encode_id("Product", new_id())]}, "products"),
        ({"categories": [encode_id("Category", new_id())]}, "categories"),
    ],
)
async def test_terms_without_sense_are_refused(shop: AsyncEngine, terms: Json, path: str) -> None:
    before = await count_rows(shop, PromoCode)
    refused = await created(shop, **{"code": "SENSELESS", **terms})
    assert [field["path"] for field in refused["fields"]] == [["input", path]]
    assert await count_rows(shop, PromoCode) == before


async def test_limit_below_what_was_used_is_refused(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        row = await add_promo_code(session, usage_limit=9, used_count=5)
    given = {"id": encode_id("PromoCode", row.id), "expectedVersion": 1, "usageLimit": 4}
    refused = await done(shop, "UpdatePromoCode", **given)
    assert refused["fields"][0]["message"] == "It has been used 5 times already; it cannot be less."
    assert (await done(shop, "UpdatePromoCode", **{**given, "usageLimit": 5}))["isUsable"] is False


async def test_code_is_there_once_in_any_case_of_letters(shop: AsyncEngine) -> None:
    await created(shop, "Once")
    assert (await created(shop, "oNCE"))[
        "message"
    ] == "There is a promotion with the code ONCE already. Choose another."


async def test_every_filter_chooses_what_it_says(engine: AsyncEngine) -> None:
    """A database of its own, in which there is nothing else to find."""
    fixed = DiscountType.FIXED
    async with writing(engine) as session:
        await add_promo_code(session, code="USABLE", usage_limit=2, used_count=1, valid_to=LATER)
        await add_promo_code(session, code="USED-UP", usage_limit=2, used_count=2, discount_type=fixed)
        await add_promo_code(session, code="OVER", valid_to=PUBLISHED_AT, created_at=EARLIER)
        await add_promo_code(session, code="ENDED", ended_at=PUBLISHED_AT)
        session.add(PromoCode(code="NOT-YET", discount_type=fixed, amount=Decimal(1), valid_from=LATER))

    async def found(**conditions: Any) -> list[str]:
        query = "query($filter: PromoCodeFilter) { promoCodes(filter: $filter, sort: CODE_ASC) { nodes { code } } }"
        codes = (await data_of(engine, query, {"filter": conditions}, STAFF))["promoCodes"]["nodes"]
        return [each["code"] for each in codes]

    assert await found() == ["ENDED", "NOT-YET", "OVER", "USABLE", "USED-UP"]
    assert await found(isUsable=True) == ["USABLE"]
    assert await found(isUsable=False) == ["ENDED", "NOT-YET", "OVER", "USED-UP"]
    assert await found(discountType=["FIXED"]) == ["NOT-YET", "USED-UP"]
    assert await found(createdAt={"to": "2025-06-01T00:00:00Z"}) == ["OVER"]
    assert await found(**{"not": {"isUsable": False}}) == ["USABLE"]


async def test_codes_leak_to_nobody(shop: AsyncEngine) -> None:
    """By no lookup, list, node or search, nor by what a mutation refuses."""
    async with writing(shop) as session:
        row = await add_promo_code(session, code="SECRET-CODE")
    key = encode_id("PromoCode", row.id)
    others = Viewer(grants=frozenset(Permission) - {Permission.PROMOTIONS_READ, Permission.PROMOTIONS_WRITE})
    for viewer in (VISITOR, viewer_with_role(Role.CUSTOMER, new_id()), others):
        for query in ('{ promoCode(code: "SECRET-CODE") { id } }', "{ promoCodes { totalCount nodes { code } } }"):
            assert await codes_of(shop, query, viewer=viewer) == ["FORBIDDEN"]
        found = await data_of(shop, "query($id: ID!) { node(id: $id) { id } }", {"id": key}, viewer)
        assert found == {"node": None}
        taken = {"input": {"code": "SECRET-CODE", "discountType": "FIXED", "amount": "1"}}
        answer = (await answer_to(shop, document("CreatePromoCode"), taken, viewer)).body()
        assert (answer["data"], answer["errors"][0]["extensions"]["code"]) == ({"createPromoCode": None}, "FORBIDDEN")
    assert (await data_of(shop, "query($id: ID!) { node(id: $id) { id } }", {"id": key}, STAFF))["node"] == {"id": key}
