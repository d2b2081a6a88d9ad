"""Tax classes, rates and the settings of the shop through the API."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.permissions import Permission
from auth.viewer import VISITOR, Viewer, viewer_with_role
from models import Role, Shop, TaxClass
from models.taxes import STANDARD_TAX_CLASS_ID
from resolvers.ids import encode_id
from tests.api import codes_of, data_of
from tests.factories import add_product, add_tax_class, new_id, shared_engine, writing
from tests.mutations import answer_to, changed
from tests.statements import count_rows, scalar

QUERIES = Path(__file__).parents[2] / "queries"
OWNER = viewer_with_role(Role.ADMIN, new_id())
STANDARD = encode_id("TaxClass", STANDARD_TAX_CLASS_ID)

Json = dict[str, Any]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has classes of its own."""
    async with shared_engine(postgres, migrated) as shop:
        yield shop


def document(name: str) -> str:
    """A document of `queries/`."""
    return (QUERIES / f"{name}.graphql").read_text(encoding="utf-8")


async def done(engine: AsyncEngine, document_name: str, **given: Any) -> Json:
    """What the mutation of that document gives the owner."""
    data = await changed(engine, document(document_name), {"input": given}, OWNER)
    result: Json = data[document_name[0].lower() + document_name[1:]]
    return result


async def test_way_of_a_class(shop: AsyncEngine) -> None:
    made = await done(shop, "CreateTaxClass", name=" Printed  books", code="books")
    assert made == {
        "__typename": "TaxClass",
        "id": made["id"],
        "version": 1,
        "name": "Printed books",
        "code": "books",
        "isDefault": False,
        "rates": [],
    }
    await done(shop, "SetTaxRate", taxClass=made["id"], countryCode="ke", percent="8")
    await done(shop, "SetTaxRate", taxClass=made["id"], countryCode="ET", percent="7.25")
    rated = await done(shop, "SetTaxRate", taxClass=made["id"], countryCode="KE", percent="16.00")
    assert rated["rates"] == [{"countryCode": "ET", "percent": "7.25"}, {"countryCode": "KE", "percent": "16.00"}]
    cleared = await done(shop, "SetTaxRate", taxClass=made["id"], countryCode="ET", percent=None)
    assert [each["countryCode"] for each in cleared["rates"]] == ["KE"]

    renamed = await done(shop, "UpdateTaxClass", id=made["id"], expectedVersion=1, name="Books")
    assert (renamed["name"], renamed["code"], renamed["version"]) == ("Books", "books", 2)
    stale = await done(shop, "UpdateTaxClass", id=made["id"], expectedVersion=1, name="Bücher")
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", 2)
    assert (await done(shop, "DeleteTaxClass", id=made["id"])) == {"__typename": "Done", "done": True}
    assert (await done(shop, "DeleteTaxClass", id=made["id"]))["__typename"] == "TaxClassNotFound"


async def test_class_that_something_is_of_stays(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        product, tax_class = await add_product(session), await add_tax_class(session)
    product_id, class_id = encode_id("Product", product.id), encode_id("TaxClass", tax_class.id)

    moved = await done(shop, "SetProductTaxClass", product=product_id, taxClass=class_id)
    assert moved["taxClass"] == {"code": tax_class.code}
    assert (await done(shop, "DeleteTaxClass", id=class_id))["__typename"] == "TaxClassInUse"
    back = await done(shop, "SetProductTaxClass", product=product_id, taxClass=None)
    assert back["taxClass"] is None
    assert (await done(shop, "DeleteTaxClass", id=class_id))["__typename"] == "Done"
    gone = await done(shop, "SetProductTaxClass", product=product_id, taxClass=class_id)
    assert gone["__typename"] == "TaxClassNotFound"
    missing = await done(shop, "SetProductTaxClass", product=encode_id("Product", new_id()), taxClass=None)
    assert missing["__typename"] == "ProductNotFound"


async def test_there_is_one_default_whoever_moves_it(engine: AsyncEngine) -> None:
    """Ten at once, each of whom makes a default class."""
    first = await done(engine, "UpdateTaxClass", id=STANDARD, expectedVersion=1, isDefault=False)
    assert first["__typename"] == "TaxClassIsDefault"
    assert (await done(engine, "DeleteTaxClass", id=STANDARD))["__typename"] == "TaxClassIsDefault"

    made = await asyncio.gather(
        *(done(engine, "CreateTaxClass", name="One", code=f"one-{n}", isDefault=True) for n in range(10))
    )
    assert [each["__typename"] for each in made] == ["TaxClass"] * 10
    defaults = select(func.count()).select_from(TaxClass).where(TaxClass.is_default)
    assert (await scalar(engine, defaults), await count_rows(engine, TaxClass)) == (1, 11)

    back = await done(engine, "UpdateTaxClass", id=STANDARD, expectedVersion=1, isDefault=True)
    assert back["isDefault"] is True
    assert await scalar(engine, defaults) == 1


@pytest.mark.parametrize(
    ("name", "given", "path"),
    [
        ("CreateTaxClass", {"name": "  ", "code": "fine"}, "name"),
        ("CreateTaxClass", {"name": "Fine", "code": "Not-Fine"}, "code"),
        ("CreateTaxClass", {"name": "a\x00b", "code": "fine"}, "name"),
        ("SetTaxRate", {"taxClass": STANDARD, "countryCode": "E1", "percent": "1"}, "countryCode"),
        ("SetTaxRate", {"taxClass": STANDARD, "countryCode": "ET", "percent": "100.01"}, "percent"),
        ("SetTaxRate", {"taxClass": STANDARD, "countryCode": "ET", "percent": "-1"}, "percent"),
        ("UpdateShop", {"expectedVersion": 1, "countries": ["ET", "??"]}, "countries"),
        ("UpdateShop", {"expectedVersion": 1, "countries": []}, "countries"),
        ("UpdateShop", {"expectedVersion": 1, "contactEmail": "nobody"}, "contactEmail"),
        ("UpdateShop", {"expectedVersion": 1, "defaultTaxPercent": "101"}, "defaultTaxPercent"),
    ],
)
async def test_what_makes_no_sense_is_refused(shop: AsyncEngine, name: str, given: Json, path: str) -> None:
    refused = await done(shop, name, **given)
    assert [field["path"] for field in refused["fields"]] == [["input", path]]


async def test_code_of_a_class_is_there_once(shop: AsyncEngine) -> None:
    assert (await done(shop, "CreateTaxClass", name="Again", code="standard"))["taken"] == "standard"
    made = await done(shop, "CreateTaxClass", name="Other", code="other")
    taken = await done(shop, "UpdateTaxClass", id=made["id"], expectedVersion=1, code="standard")
    assert (taken["__typename"], taken["taken"]) == ("TaxCodeTaken", "standard")


async def test_owner_changes_the_settings_of_the_shop(engine: AsyncEngine) -> None:
    given = {
        "name": "Nano",
        "countries": ["KE", "et", "KE"],
        "contactEmail": "Hello@Nano.example.com",
        "pricesIncludeTax": False,
        "defaultTaxPercent": "7.5",
    }
    told = await done(engine, "UpdateShop", expectedVersion=1, **given)
    assert told == {
        "__typename": "Shop",
        "version": 2,
        "name": "Nano",
        "description": "",
        "countries": ["KE", "ET"],
        "contactEmail": "hello@nano.example.com",
        "pricesIncludeTax": False,
        "showsPricesWithTax": True,
        "defaultTaxPercent": "7.50",
    }
    assert await scalar(engine, select(Shop.default_tax_rate)) == Decimal("0.0750")
    assert (await done(engine, "UpdateShop", expectedVersion=1, name="Late"))["__typename"] == "Conflict"
    cleared = await done(engine, "UpdateShop", expectedVersion=2, contactEmail=None)
    assert (cleared["contactEmail"], cleared["countries"]) == (None, ["KE", "ET"])


async def test_classes_are_for_those_who_keep_the_catalogue_and_the_shop(shop: AsyncEngine) -> None:
    node = "query($id: ID!) { node(id: $id) { id } }"
    listed = "{ taxClasses { nodes { code } } }"
    for viewer in (VISITOR, viewer_with_role(Role.CUSTOMER, new_id())):
        assert await codes_of(shop, listed, viewer=viewer) == ["FORBIDDEN"]
        assert await data_of(shop, node, {"id": STANDARD}, viewer) == {"node": None}
    for viewer in (Viewer(grants=frozenset({each})) for each in (Permission.CATALOG_READ, Permission.SHOP_READ)):
        assert await data_of(shop, node, {"id": STANDARD}, viewer) == {"node": {"id": STANDARD}}
    data = await data_of(shop, listed, viewer=viewer_with_role(Role.EDITOR, new_id()))
    assert "standard" in {each["code"] for each in data["taxClasses"]["nodes"]}
    given = {"input": {"name": "Mine", "code": "mine"}}
    staff = viewer_with_role(Role.STAFF, new_id())
    answer = (await answer_to(shop, document("CreateTaxClass"), given, staff)).body()
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
