"""Shipping methods through the API: kept by the owner, and shown to buyers by country."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer, viewer_with_role
from models import Role, ShippingMethod, Shop
from resolvers.ids import encode_id
from tests.api import data_of
from tests.factories import add_shipping_method, add_tax_class, new_id, shared_engine, writing
from tests.mutations import changed
from tests.statements import count_rows, execute

QUERIES = Path(__file__).parents[2] / "queries"
OWNER = viewer_with_role(Role.ADMIN, new_id())

Json = dict[str, Any]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A shop that sells to Ethiopia and Kenya."""
    async with shared_engine(postgres, migrated) as shop:
        await execute(shop, update(Shop).values(countries=["ET", "KE"]))
        yield shop


def document(name: str) -> str:
    """A document of `queries/`."""
    return (QUERIES / f"{name}.graphql").read_text(encoding="utf-8")


async def done(engine: AsyncEngine, document_name: str, **given: Any) -> Json:
    """What the mutation of that document gives the owner."""
    data = await changed(engine, document(document_name), {"input": given}, OWNER)
    result: Json = data[document_name[0].lower() + document_name[1:]]
    return result


async def offered(engine: AsyncEngine, country_code: str, viewer: Viewer = VISITOR) -> list[str]:
    """The names of the methods that go to the country."""
    data = await data_of(engine, document("ShippingMethods"), {"countryCode": country_code}, viewer)
    return [each["name"] for each in data["shippingMethods"]["nodes"]]


async def test_way_of_a_method(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        tax_class = await add_tax_class(session)
    given = {"rateKind": "WEIGHT", "price": "120", "pricePerKg": "30.5", "daysMin": 1, "daysMax": 3}
    made = await done(
        shop, "CreateShippingMethod", name=" Rider ", countries=["ke", "ET", "KE"], **given, position=-1,
        taxClass=encode_id("TaxClass", tax_class.id),
    )  # fmt: skip
    assert made == {
        "__typename": "ShippingMethod",
        "id": made["id"],
        "version": 1,
        "name": "Rider",
        "description": "",
        "countries": ["KE", "ET"],
        "rateKind": "WEIGHT",
        "price": {"amount": "120.00", "currencyCode": "ETB"},
        "freeOver": None,
        "pricePerKg": {"amount": "30.50"},
        "taxClass": {"code": tax_class.code},
        "daysMin": 1,
        "daysMax": 3,
        "isActive": True,
        "position": -1,
    }
    kind = {"rateKind": "FREE_OVER", "freeOver": "900", "pricePerKg": None, "taxClass": None, "daysMin": None}
    refused = await done(shop, "UpdateShippingMethod", id=made["id"], expectedVersion=1, **kind)
    assert [field["path"] for field in refused["fields"]] == [["input", "daysMax"]]
    other = await done(shop, "UpdateShippingMethod", id=made["id"], expectedVersion=1, **kind, daysMax=None)
    assert (other["freeOver"], other["pricePerKg"], other["taxClass"], other["version"]) == (
        {"amount": "900.00"},
        None,
        None,
        2,
    )
    stale = await done(shop, "UpdateShippingMethod", id=made["id"], expectedVersion=1, price="1")
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", 2)
    missing = await done(
        shop, "UpdateShippingMethod", id=encode_id("ShippingMethod", new_id()), expectedVersion=1, price="1"
    )
    assert missing["__typename"] == "ShippingMethodNotFound"


async def test_buyers_are_shown_what_goes_to_their_country(engine: AsyncEngine) -> None:
    await execute(engine, update(Shop).values(countries=["ET", "KE"]))
    async with writing(engine) as session:
        await add_shipping_method(session, name="Everywhere", position=2)
        await add_shipping_method(session, name="To Kenya", countries=["KE"], position=1)
        await add_shipping_method(session, name="To Kenya and the United States", countries=["US", "KE"], position=3)
        await add_shipping_method(session, name="Retired", is_active=False, position=4)

    assert await offered(engine, "ET") == ["Everywhere"]
    assert await offered(engine, "KE") == ["To Kenya", "Everywhere", "To Kenya and the United States"]
    assert await offered(engine, "US") == [], "The shop does not sell there."
    assert await offered(engine, "%") == await offered(engine, "et") == []
    assert await offered(engine, "ET", OWNER) == ["Everywhere", "Retired"]


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({"rateKind": "FREE_OVER"}, ["freeOver"]),
        ({"rateKind": "WEIGHT", "freeOver": "5"}, ["pricePerKg"]),
        ({"freeOver": "5", "pricePerKg": "1"}, ["pricePerKg", "freeOver"]),
        ({"pricePerKg": "1"}, ["pricePerKg"]),
        ({"price": "-1"}, ["price"]),
        ({"countries": ["ET", "E!"]}, ["countries"]),
        ({"daysMin": 3, "daysMax": 2}, ["daysMax"]),
        ({"daysMax": 366}, ["daysMax"]),
        ({"taxClass": encode_id("TaxClass", new_id())}, ["taxClass"]),
        ({"name": " "}, ["name"]),
    ],
)
async def test_terms_without_sense_are_refused(shop: AsyncEngine, given: Json, paths: list[str]) -> None:
    before = await count_rows(shop, ShippingMethod)
    refused = await done(shop, "CreateShippingMethod", **{"name": "Rider", "rateKind": "FLAT", "price": "1", **given})
    assert [field["path"] for field in refused["fields"]] == [["input", path] for path in paths]
    assert await count_rows(shop, ShippingMethod) == before
