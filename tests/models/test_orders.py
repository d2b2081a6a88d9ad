"""What the tables of orders hold to: numbers, sums, and a history that nobody forgets."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Fulfillment, Order, OrderDiscount, OrderEvent, OrderLine, OrderStatus, ParcelStatus, order_counters
from tests.factories import add_order, add_parcel, add_user, new_id, shared_engine, writing
from tests.patience import PATIENCE_SECONDS
from tests.statements import constraint


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database whose tests keep out of each other's way."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


async def _refused(engine: AsyncEngine, **order: Any) -> str:
    with pytest.raises(IntegrityError) as refused:
        async with writing(engine) as session:
            await add_order(session, **order)
    return constraint(refused)


async def test_numbers_count_the_orders_of_a_day_without_waiting_for_each_other(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        await add_order(session)  # the first of a day alone is waited for
    async with writing(shop) as session:
        first = await add_order(session)
        async with asyncio.timeout(
            PATIENCE_SECONDS
        ):  # the first has not committed, and holds nothing that another waits for
            async with writing(shop) as other:
                second = await add_order(other)
    day, place = first.number.split("-")[1:]
    assert day == first.placed_at.strftime("%Y%m%d")
    assert second.number == f"NC-{day}-{int(place) + 1:04}"


async def test_numbers_begin_anew_each_day_and_have_room_for_more_than_four_digits(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        await session.execute(text("UPDATE shops SET order_number_prefix = 'AB1'"))
        await session.execute(delete(order_counters))
        assert (await session.scalar(text("SELECT next_order_number()"))).endswith("-0001")
        await session.execute(text("SELECT setval('order_numbers', last_value + 12344) FROM order_numbers"))
        number = await session.scalar(text("SELECT next_order_number()"))
        assert number.startswith("AB1-")
        assert number.endswith("-12346")
        await session.execute(text("UPDATE shops SET order_number_prefix = 'NC'"))


async def test_many_who_begin_a_day_at_once_get_different_numbers(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        await session.execute(delete(order_counters))

    async def draw() -> str:
        async with writing(shop) as session:
            return str(await session.scalar(text("SELECT next_order_number()")))

    places = sorted(int(number.rpartition("-")[2]) for number in await asyncio.gather(*(draw() for _ in range(8))))

    assert len(set(places)) == 8
    assert places[0] >= 1


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("ck_orders_sum", {"total": Decimal(201)}),
        ("ck_orders_sum", {"tax_total": Decimal(1), "shipping_tax": Decimal(1), "prices_include_tax": False}),
        ("ck_orders_lines", {"subtotal": Decimal(300), "total": Decimal(300)}),
        ("ck_orders_lines", {"tax_total": Decimal(30)}),
        ("ck_orders_lines", {"discount_total": Decimal(10), "total": Decimal(190)}),
        ("ck_orders_lines", {"currency": "USD"}),
        ("ck_orders_subtotal", {"subtotal": Decimal("NaN"), "total": Decimal("NaN")}),
        ("ck_orders_paid", {"captured_total": Decimal(1)}),
        ("ck_orders_paid", {"authorized_total": Decimal(201)}),
        (
            "ck_orders_paid",
            {"authorized_total": Decimal(1), "captured_total": Decimal(1), "refunded_total": Decimal(2)},
        ),
        ("ck_orders_buyer", {"guest_id": new_id()}),
        ("ck_orders_number", {"number": "NC-1"}),
        ("ck_orders_email", {"email": "Selam@example.com"}),
        ("ck_orders_customer_note", {"customer_note": "a" * 1001}),
        ("ck_orders_orderstatus", {"status": "LOST"}),
    ],
)
async def test_orders_that_cannot_be_are_refused(shop: AsyncEngine, name: str, order: dict[str, Any]) -> None:
    assert await _refused(shop, **order) == name


async def test_order_without_lines_is_refused(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        order = await add_order(session)
    with pytest.raises(IntegrityError) as refused:
        async with writing(shop) as session:
            await session.execute(delete(OrderLine).where(OrderLine.order_id == order.id))
    assert constraint(refused) == "ck_orders_lines"


@pytest.mark.parametrize("follow", [{"giver"}, {"taker"}, {"giver", "taker"}])
async def test_line_moves_to_another_order_when_the_sums_of_both_follow(shop: AsyncEngine, follow: set[str]) -> None:
    async with writing(shop) as session:
        giver = await add_order(session, subtotal=Decimal(400), total=Decimal(400))
        sums = {"subtotal": Decimal(200), "total": Decimal(200)}
        line = {"quantity": 1, "unit_price": Decimal(200), **sums}
        session.add(OrderLine(order_id=giver.id, position=2, sku="MOVED", product_name="Moved", **line))
        taker = await add_order(session)
    move = update(OrderLine).where(OrderLine.order_id == giver.id, OrderLine.position == 2).values(order_id=taker.id)

    async def moved() -> None:
        async with writing(shop) as session:
            await session.execute(move)
            for order, total in ((giver, Decimal(200)), (taker, Decimal(400))):
                if ("giver" if order is giver else "taker") in follow:
                    right = update(Order).where(Order.id == order.id).values(subtotal=total, total=total)
                    await session.execute(right)

    if follow == {"giver", "taker"}:
        await moved()
    else:
        with pytest.raises(IntegrityError) as refused:
            await moved()
        assert constraint(refused) == "ck_orders_lines"


async def test_discounts_are_those_of_the_codes(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        order = await add_order(session, discount_total=Decimal(50), total=Decimal(150))
        discounted = update(OrderLine).where(OrderLine.order_id == order.id)
        await session.execute(discounted.values(discount=Decimal(50), total=Decimal(150)))
        session.add(OrderDiscount(order_id=order.id, code="WELCOME", amount=Decimal(50)))
    with pytest.raises(IntegrityError) as refused:
        async with writing(shop) as session:
            await session.execute(delete(OrderDiscount).where(OrderDiscount.order_id == order.id))
    assert constraint(refused) == "ck_orders_lines"


@pytest.mark.parametrize(
    "units",
    [
        {"cancelled_quantity": 1, "fulfilled_quantity": 2},
        {"shipped_quantity": 1},
        {"fulfilled_quantity": 1, "shipped_quantity": 1, "returned_quantity": 2},
        {"refunded_quantity": 3},
        {"cancelled_quantity": -1},
    ],
)
async def test_no_unit_is_counted_twice(shop: AsyncEngine, units: dict[str, int]) -> None:
    async with writing(shop) as session:
        order = await add_order(session)
    with pytest.raises(IntegrityError) as refused:
        async with writing(shop) as session:
            await session.execute(update(OrderLine).where(OrderLine.order_id == order.id).values(units))
    assert constraint(refused) == "ck_order_lines_units"


async def test_a_cart_becomes_one_living_order(shop: AsyncEngine) -> None:
    cart = new_id()
    async with writing(shop) as session:
        await add_order(session, cart_id=cart, status=OrderStatus.FAILED)
        await add_order(session, cart_id=cart)
    assert await _refused(shop, cart_id=cart) == "uq_orders_cart_id"


async def test_each_move_is_on_record_whoever_makes_it(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        order = await add_order(session)
        await session.execute(text("SELECT set_config('merkato.order_reason', 'It is paid.', true)"))
        moved = update(Order).where(Order.id == order.id)
        await session.execute(moved.values(status=OrderStatus.CONFIRMED, payment_status="PAID"))
        await session.execute(moved.values(fulfillment_status="PARTIAL"))
        parcel = await add_parcel(session, order)
        shipped = {"status": ParcelStatus.SHIPPED, "shipped_at": datetime.now(UTC)}
        await session.execute(update(Fulfillment).where(Fulfillment.id == parcel.id).values(shipped))
        await session.execute(moved.values(customer_note="No move."))
    async with writing(shop) as session:
        ordered = select(OrderEvent).where(OrderEvent.order_id == order.id).order_by(OrderEvent.number)
        events = list(await session.scalars(ordered))
    assert [(event.kind, event.from_state, event.to_state, event.text) for event in events] == [
        ("ORDER", None, "PENDING", None),
        ("ORDER", "PENDING", "CONFIRMED", "It is paid."),
        ("PAYMENT", "PENDING", "PAID", "It is paid."),
        ("FULFILLMENT", "UNFULFILLED", "PARTIAL", None),
        ("PARCEL", None, "PACKED", None),
        ("PARCEL", "PACKED", "SHIPPED", None),
    ]
    assert {event.actor_kind for event in events} == {"DATABASE"}


async def test_views_tell_of_orders_and_of_what_was_delivered(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        user = await add_user(session)
        early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
        for placed_at in (early, late):
            await add_order(session, user, status=OrderStatus.DELIVERED, placed_at=placed_at)
        await add_order(session, user, placed_at=late + timedelta(days=1))
        summary = select(text("*")).select_from(text("user_order_summary")).where(text("user_id = :user"))
        spent = (await session.execute(summary, {"user": user.id})).one()
        listed = text(
            "SELECT customer_name, email, total, status FROM order_summary "
            "WHERE user_id = :user AND status <> 'PENDING'"
        )
        orders = await session.execute(listed, {"user": user.id})
        assert tuple(spent) == (user.id, 2, Decimal(400), late)
        assert orders.all() == [("Selam Tesfaye", user.email, Decimal(200), "DELIVERED")] * 2
