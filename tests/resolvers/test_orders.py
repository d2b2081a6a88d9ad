"""Orders through the API: what buyers see and may do, and what the staff does."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer, viewer_with_role
from models import Order, OrderStatus, Role
from resolvers.ids import decode_id_of, encode_id
from tests.api import codes_of, data_of
from tests.domain.order_scenes import Scene, add_confirmed, add_scene, order_of, stock_of
from tests.factories import add_order, add_order_with_all, add_user, new_id, shared_engine, writing
from tests.mutations import changed

QUERIES = Path(__file__).parents[2] / "queries"
STAFF = viewer_with_role(Role.STAFF, new_id())

Json = dict[str, Any]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has orders of its own."""
    async with shared_engine(postgres, migrated) as shop:
        yield shop


def document(name: str) -> str:
    """A document of `queries/`."""
    return (QUERIES / f"{name}.graphql").read_text(encoding="utf-8")


async def done(engine: AsyncEngine, name: str, viewer: Viewer = STAFF, **given: Any) -> Json:
    """What the mutation of that document gives."""
    data = await changed(engine, document(name), {"input": given}, viewer)
    result: Json = data[name[0].lower() + name[1:]]
    return result


async def seen(engine: AsyncEngine, scene: Scene, viewer: Viewer) -> Json | None:
    """The order as the viewer sees it."""
    data = await data_of(engine, document("OrderPage"), {"id": encode_id("Order", scene.id)}, viewer)
    found: Json | None = data["order"]
    return found


async def buyer_of(engine: AsyncEngine, scene: Scene) -> Viewer:
    """Whoever bought."""
    return viewer_with_role(Role.CUSTOMER, (await order_of(engine, scene)).user_id)


def units(*counted: tuple[Any, int]) -> list[Json]:
    """Units of lines as an input has them."""
    return [{"lineId": encode_id("OrderLine", line), "quantity": count} for line, count in counted]


async def test_way_of_an_order_in_two_parcels(shop: AsyncEngine) -> None:
    scene = await add_confirmed(shop)
    order = encode_id("Order", scene.id)
    moved = await done(shop, "MoveOrder", id=order, status="PROCESSING", expectedVersion=2)
    assert (moved["status"], moved["version"]) == ("PROCESSING", 3)
    stale = await done(shop, "MoveOrder", id=order, status="PREPARING", expectedVersion=2)
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", 3)

    tracking: Json = {"carrier": "Post", "trackingNumber": "EP-1", "estimatedDelivery": "2026-11-24"}
    first = await done(shop, "FulfilOrder", id=order, expectedVersion=3, lines=units((scene.first, 3)), **tracking)
    assert first["fulfillmentStatus"] == "PARTIAL"
    (parcel,) = first["fulfillments"]
    assert parcel == {**parcel, "number": 1, "status": "PACKED", "trackingNumber": "EP-1"}
    too_many = await done(
        shop, "FulfilOrder", id=order, expectedVersion=first["version"], lines=units((scene.first, 1))
    )
    assert too_many == {**too_many, "__typename": "UnitsNotThere", "sku": "SKU-3", "asked": 1, "left": 0}

    sent = await done(shop, "MarkFulfillmentShipped", id=parcel["id"])
    assert (sent["status"], sent["fulfillmentStatus"]) == ("PROCESSING", "PARTIAL")
    again = await done(shop, "MarkFulfillmentShipped", id=parcel["id"])
    assert again == {**again, "__typename": "OrderMoveRefused", "state": "SHIPPED", "allowed": ["DELIVERED"]}
    tracked = await done(
        shop,
        "UpdateTracking",
        id=parcel["id"],
        expectedVersion=2,
        trackingNumber="EP-2",
        trackingUrl="https://post.example/EP-2",
    )
    both = await done(
        shop,
        "FulfilOrder",
        id=order,
        expectedVersion=tracked["version"],
        lines=units((scene.second, 2)),
        isShipped=True,
    )
    assert (both["status"], both["fulfillmentStatus"]) == ("SHIPPED", "SHIPPED")
    for each in both["fulfillments"]:
        arrived = await done(shop, "MarkFulfillmentDelivered", id=each["id"])
    assert (arrived["status"], arrived["fulfillmentStatus"]) == ("DELIVERED", "DELIVERED")
    back = await done(
        shop,
        "RecordOrderReturn",
        id=order,
        expectedVersion=arrived["version"],
        lines=units((scene.second, 1)),
        toStock=True,
    )
    assert back["__typename"] == "Order"
    assert await stock_of(shop, scene) == {"SKU-3": (2, 0), "SKU-2": (4, 0)}

    mine = await seen(shop, scene, await buyer_of(shop, scene))
    assert mine is not None
    assert [(line["sku"], line["shippedQuantity"], line["returnedQuantity"]) for line in mine["lines"]] == [
        ("SKU-3", 3, 0),
        ("SKU-2", 2, 1),
    ]
    assert mine["fulfillments"][0] == {
        **mine["fulfillments"][0],
        "carrier": None,
        "trackingNumber": "EP-2",
        "trackingUrl": "https://post.example/EP-2",
        "estimatedDelivery": None,
        "lines": [{"quantity": 3, "line": {"sku": "SKU-3"}}],
    }
    assert mine["discounts"] == [{**mine["discounts"][0], "amount": {"amount": "50.00", "currencyCode": "ETB"}}]
    moves = [event["toState"] for event in mine["events"]["nodes"] if event["kind"] == "ORDER"]
    assert moves == ["DELIVERED", "SHIPPED", "PROCESSING", "CONFIRMED", "PENDING"]


async def test_what_is_wrong_with_tracking_is_said(shop: AsyncEngine) -> None:
    scene = await add_confirmed(shop)
    wrong = await done(
        shop,
        "FulfilOrder",
        id=encode_id("Order", scene.id),
        expectedVersion=2,
        lines=[*units((scene.first, 1)), *units((scene.first, 1))],
        trackingUrl="javascript:alert(1)",
    )
    assert wrong["__typename"] == "InvalidInput"
    unknown = await done(shop, "MarkFulfillmentShipped", id=encode_id("Fulfillment", new_id()))
    assert unknown["__typename"] == "FulfillmentNotFound"
    assert await stock_of(shop, scene) == {"SKU-3": (5, 3), "SKU-2": (5, 2)}


async def test_staff_moves_orders_only_where_it_may(shop: AsyncEngine) -> None:
    scene = await add_scene(shop)
    order = encode_id("Order", scene.id)
    paid = await done(shop, "MoveOrder", id=order, status="REFUNDED", expectedVersion=1)
    assert paid["__typename"] == "InvalidInput"
    early = await done(shop, "MoveOrder", id=order, status="PROCESSING", expectedVersion=1)
    assert early == {**early, "state": "PENDING", "allowed": ["CANCELLED", "CONFIRMED", "FAILED"]}


async def test_notes_for_the_staff_are_kept_from_buyers(shop: AsyncEngine) -> None:
    scene = await add_scene(shop)
    order = encode_id("Order", scene.id)
    await done(shop, "AddOrderNote", id=order, text="He is late again.", isPublic=False)
    await done(shop, "AddOrderNote", id=order, text="We look forward to it.", isPublic=True)

    def texts(found: Json | None) -> list[str]:
        assert found is not None
        return [event["text"] for event in found["events"]["nodes"] if event["kind"] == "NOTE"]

    assert texts(await seen(shop, scene, STAFF)) == ["We look forward to it.", "He is late again."]
    assert texts(await seen(shop, scene, await buyer_of(shop, scene))) == ["We look forward to it."]
    for stranger in (VISITOR, viewer_with_role(Role.CUSTOMER, new_id()), Viewer(guest_id=new_id())):
        assert await seen(shop, scene, stranger) is None


async def test_history_tells_the_staff_who_moved_an_order_and_why(shop: AsyncEngine) -> None:
    scene = await add_confirmed(shop)
    async with writing(shop) as session:
        hana = await add_user(session, role=Role.STAFF, first_name="Hana", last_name="Bekele")
    keeper, order = viewer_with_role(Role.STAFF, hana.id), await order_of(shop, scene)
    await done(shop, "MoveOrder", keeper, id=encode_id("Order", scene.id), status="PREPARING", expectedVersion=2)
    await done(shop, "CancelOrder", keeper, id=encode_id("Order", scene.id), reason="She called.")

    given = {"number": order.number}
    told = (await data_of(shop, document("OrderHistory"), given, keeper))["order"]["events"]["nodes"]

    moves = [event for event in told if event["kind"] == "ORDER"]
    assert [(event["fromState"], event["toState"], event["text"]) for event in moves[:2]] == [
        ("PREPARING", "CANCELLED", "She called."),
        ("CONFIRMED", "PREPARING", None),
    ]
    by_hana = {"actorKind": "USER", "actorName": None, "actor": {"firstName": "Hana", "lastName": "Bekele"}}
    assert [{name: event[name] for name in by_hana} for event in moves[:2]] == [by_hana] * 2
    refused = await codes_of(shop, document("OrderHistory"), given, await buyer_of(shop, scene))
    assert set(refused) == {"FORBIDDEN"}


async def test_buyers_cancel_their_own(shop: AsyncEngine) -> None:
    scene = await add_confirmed(shop)
    order = encode_id("Order", scene.id)
    stranger = await done(shop, "CancelMyOrder", viewer_with_role(Role.CUSTOMER, new_id()), id=order)
    assert stranger["__typename"] == "OrderNotFound"
    assert (await done(shop, "CancelMyOrder", VISITOR, id=order))["__typename"] == "OrderNotFound"
    cancelled = await done(shop, "CancelMyOrder", await buyer_of(shop, scene), id=order, reason="Too much.")
    assert (cancelled["status"], cancelled["paymentStatus"]) == ("CANCELLED", "CANCELLED")
    twice = await done(shop, "CancelOrder", id=order, reason="Again.")
    assert twice == {**twice, "__typename": "OrderMoveRefused", "state": "CANCELLED", "allowed": []}


async def test_guests_see_and_cancel_their_own(shop: AsyncEngine) -> None:
    guest = Viewer(guest_id=new_id())
    async with writing(shop) as session:
        order = await add_order_with_all(session, guest.guest_id or new_id())
        await add_order_with_all(session, new_id())
    listed = await data_of(shop, document("Orders"), {}, guest)
    (found,) = listed["orders"]["nodes"]
    assert found["number"] == order.number
    cancelled = await done(shop, "CancelMyOrder", guest, id=found["id"])
    assert cancelled["status"] == "CANCELLED"
    assert (await data_of(shop, document("Orders"), {}, VISITOR))["orders"]["nodes"] == []


async def test_orders_are_filtered(shop: AsyncEngine) -> None:
    at = datetime(2020, 5, 1, 12, tzinfo=UTC)
    async with writing(shop) as session:
        user = await add_user(session)
        first = await add_order(session, user, placed_at=at)
        second = await add_order(session, user, placed_at=at + timedelta(days=1))
        moved = update(Order).where(Order.id == second.id)
        await session.execute(
            moved.values(status=OrderStatus.SHIPPED, payment_status="PAID", fulfillment_status="SHIPPED")
        )
    buyer = viewer_with_role(Role.CUSTOMER, user.id)

    async def found(viewer: Viewer = STAFF, **conditions: Any) -> list[str]:
        given = {"filter": {"email": user.email.upper(), **conditions}, "sort": "OLDEST"}
        return [each["number"] for each in (await data_of(shop, document("Orders"), given, viewer))["orders"]["nodes"]]

    assert await found() == await found(buyer) == [first.number, second.number]
    assert await found(viewer_with_role(Role.CUSTOMER, new_id())) == []
    assert await found(numbers=[second.number, "NC-1"]) == [second.number]
    assert await found(statuses=["SHIPPED", "DELIVERED"]) == [second.number]
    assert await found(paymentStatuses=["PENDING"]) == [first.number]
    assert await found(fulfillmentStatuses=["SHIPPED"]) == [second.number]
    assert await found(placedAt={"to": "2020-05-02T00:00:00Z"}) == [first.number]
    assert await found(total={"min": "200.01"}) == []
    assert await found(total={"max": "200.00"}) == [first.number, second.number]
    by_number = await data_of(shop, document("OrderPage"), {"number": first.number}, buyer)
    assert by_number["order"]["total"] == {"amount": "200.00", "currencyCode": "ETB"}
    own = "{ viewer { orders(sort: TOTAL_ASC) { nodes { number unitCount } } } }"
    listed = (await data_of(shop, own, {}, buyer))["viewer"]["orders"]["nodes"]
    assert listed == [{"number": each.number, "unitCount": 2} for each in (first, second)]


async def test_ids_say_what_they_are_of(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        order = await add_order(session)
        total = await session.scalar(select(Order.total).where(Order.id == order.id))
    node = await data_of(
        shop,
        "query($id: ID!) { node(id: $id) { id ... on Order { number } } }",
        {"id": encode_id("Order", order.id)},
        STAFF,
    )
    assert decode_id_of("Order", node["node"]["id"]) == order.id
    assert (node["node"]["number"], total) == (order.number, Decimal(200))
