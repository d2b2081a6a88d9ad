"""Stock over HTTP: what staff receives, counts and rules, and what becomes of a request that comes twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.viewer import Viewer, viewer_with_role
from domain.reservations import reserve
from domain.stock_moving import Cause
from models import ProductVariant, Role, StockMovement
from resolvers.ids import encode_id
from tests.api import data_of
from tests.factories import add_product, add_user, add_variant, new_id, shared_engine, writing
from tests.mutations import changed

QUERIES = Path(__file__).parents[2] / "queries"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A shop and somebody of its staff."""

    engine: AsyncEngine
    keeper: Viewer

    async def variant(self, stock: int | None = 5, **values: object) -> UUID:
        """A new variant with so many units."""
        async with writing(self.engine) as session:
            return (await add_variant(session, await add_product(session), stock=stock, **values)).id

    async def change(self, document: str, variant: UUID, **given: object) -> Json:
        """What becomes of a mutation."""
        text = (QUERIES / f"{document}.graphql").read_text(encoding="utf-8")
        asked = {"input": {"variantId": encode_id("ProductVariant", variant), **given}}
        data = await changed(self.engine, text, asked, self.keeper)
        (result,) = data.values()
        return dict(result)

    async def movements(self) -> int:
        """How many there are of all variants."""
        async with AsyncSession(self.engine) as session:
            return await session.scalar(select(func.count()).select_from(StockMovement)) or 0


@pytest.fixture(scope="module")
async def warehouse(postgres: str, migrated: str) -> AsyncIterator[Warehouse]:
    """A shop for these tests, each of which makes variants of its own."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            user = await add_user(session, role=Role.ADMIN, first_name="Hana")
        yield Warehouse(engine, viewer_with_role(Role.ADMIN, user.id))


async def test_delivery_is_received_once_however_often_it_is_sent(warehouse: Warehouse) -> None:
    variant = await warehouse.variant(None)
    delivery: Json = {"units": 7, "reason": "Note 1", "idempotencyKey": "delivery-1"}
    answers = await asyncio.gather(*(warehouse.change("ReceiveStock", variant, **delivery) for _ in range(5)))
    before = await warehouse.movements()
    other = await warehouse.change("ReceiveStock", variant, **{**delivery, "units": 8})

    expected = {"quantity": 7, "reserved": 0, "available": 7, "minimumLevel": 10, "isLow": True}
    assert answers == [{"__typename": "StockLevel", **expected}] * 5
    assert other["__typename"] == "IdempotencyMismatch"
    assert await warehouse.movements() == before


async def test_refused_change_leaves_its_key_free(warehouse: Warehouse) -> None:
    variant = await warehouse.variant(5)
    count: Json = {"reason": "Counted", "idempotencyKey": "count-1", "quantity": 4}
    stale = await warehouse.change("CorrectStock", variant, **count, expectedQuantity=6)
    done = await warehouse.change("CorrectStock", variant, **count, expectedQuantity=5)

    assert (stale["__typename"], stale["expected"], stale["quantity"]) == ("StockChanged", 6, 5)
    assert (done["__typename"], done["quantity"]) == ("StockLevel", 4)


async def test_reserved_units_are_not_counted_away(warehouse: Warehouse) -> None:
    variant = await warehouse.variant(5)
    async with writing(warehouse.engine) as session:
        await reserve(session, {variant: 3}, Cause("orders", new_id()))
    count: Json = {"reason": "Broken", "expectedQuantity": 5, "quantity": 2}
    refused = await warehouse.change("CorrectStock", variant, **count, idempotencyKey="count-2")
    rules = await warehouse.change("SetStockRules", variant, minimumLevel=1, backorderPolicy="ALLOW")
    done = await warehouse.change("CorrectStock", variant, **count, idempotencyKey="count-3")

    assert (refused["__typename"], refused["reserved"]) == ("StockReserved", 3)
    assert (rules["minimumLevel"], rules["isLow"]) == (1, False)
    assert (done["quantity"], done["available"], done["isLow"]) == (2, -1, True)


async def test_what_there_is_not_room_for_or_no_variant_for_is_refused(warehouse: Warehouse) -> None:
    variant, before = await warehouse.variant(5), await warehouse.movements()
    full = await warehouse.change("ReceiveStock", variant, units=2**31 - 1, idempotencyKey="too many")
    gone = await warehouse.change("ReceiveStock", new_id(), units=1, idempotencyKey="gone")
    rules = await warehouse.change("SetStockRules", new_id(), backorderPolicy="DENY")

    assert (full["__typename"], full["fields"][0]["path"]) == ("InvalidInput", ["input", "units"])
    assert [gone["__typename"], rules["__typename"]] == ["VariantNotFound"] * 2
    assert await warehouse.movements() == before


async def test_staff_sees_what_is_scarce_and_how_it_came_to_be(warehouse: Warehouse) -> None:
    variants = [await warehouse.variant(stock, sku=f"SCARCE-{stock}") for stock in (9, 2, 10)]
    uncounted = await warehouse.variant(1, tracks_stock=False)
    await warehouse.change("ReceiveStock", variants[1], units=1, reason="Note 2", idempotencyKey="delivery-2")
    ids = [encode_id("ProductVariant", variant) for variant in (*variants, uncounted)]
    query = """
        query($ids: [ID!], $low: Boolean, $waits: Boolean) {
            stockLevels(filter: {variants: $ids, isLow: $low, isBackordered: $waits}) { nodes {
            available variant { sku }
            movements(first: 1) { nodes { kind quantityChange quantityAfter reason actor { firstName } } }
            } }
        }
    """

    async def skus(**given: object) -> list[str]:
        found = await data_of(warehouse.engine, query, {"ids": ids, **given}, warehouse.keeper)
        return [level["variant"]["sku"] for level in found["stockLevels"]["nodes"]]

    assert await skus(low=True) == ["SCARCE-2", "SCARCE-9"]
    async with AsyncSession(warehouse.engine) as session:
        sku = await session.scalar(select(ProductVariant.sku).where(ProductVariant.id == uncounted))
    assert await skus(low=False) == [sku, "SCARCE-10"]
    assert await skus(waits=True) == []
    assert await skus(low=False, waits=False) == [sku, "SCARCE-10"]
    scarce = await data_of(warehouse.engine, query, {"ids": ids[1:2]}, warehouse.keeper)
    assert scarce["stockLevels"]["nodes"][0]["movements"]["nodes"] == [
        {
            "kind": "RECEIVED",
            "quantityChange": 1,
            "quantityAfter": 3,
            "reason": "Note 2",
            "actor": {"firstName": "Hana"},
        }
    ]
