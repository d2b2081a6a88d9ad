"""Orders as they are placed and moved on, with the stock and the codes that are theirs."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.errors import ConflictError
from domain.events import CHANNEL
from domain.order_payments import MoneyMoved, confirm_paid
from domain.order_placing import (
    Buyer,
    CartAlreadyOrderedError,
    Destination,
    DraftDiscount,
    DraftLine,
    OrderDraft,
    OrderSums,
    place,
)
from domain.order_states import OrderMoveRefusedError
from domain.orders import OrderNotFoundError, lock_order, move_order
from models import Order, OrderDiscount, OrderEvent, OrderLine, OrderStatus, Product
from server.database import open_connection
from tests.databases import settings_for
from tests.factories import add_product, new_id, shared_engine, writing
from tests.patience import PATIENCE_SECONDS


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database whose tests keep out of each other's way."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


def draft_of(product: Product) -> OrderDraft:
    """Two units of the product at 100.00, of which 30.00 are off; the tax of 15 % comes on top."""
    line = DraftLine(
        variant_id=product.default_variant_id,
        product_id=product.id,
        sku="CAKE",
        product_name=product.name,
        variant_name="Large",
        quantity=2,
        unit_price=Decimal(100),
        subtotal=Decimal(200),
        discount=Decimal(30),
        tax_rate=Decimal("0.15"),
        tax=Decimal("25.50"),
        total=Decimal("195.50"),
        customization={"message": "Happy birthday"},
    )
    return OrderDraft(
        buyer=Buyer("Selam Tesfaye", "Selam@Example.com", "+251911000101", guest_id=new_id()),
        lines=[line],
        sums=OrderSums(
            subtotal=Decimal(200),
            discount_total=Decimal(30),
            shipping_total=Decimal(50),
            shipping_tax=Decimal("7.50"),
            tax_total=Decimal(33),
            total=Decimal(253),
        ),
        currency="ETB",
        prices_include_tax=False,
        destination=Destination("ET", {"city": "Addis Ababa"}, shipping_method_name="Courier"),
        discounts=[DraftDiscount("WELCOME", Decimal(30))],
        cart_id=new_id(),
    )


async def test_what_was_agreed_is_written_down(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        draft = draft_of(await add_product(session))
        placed = await place(session, draft)
    async with writing(shop) as session:
        order = await session.get_one(Order, draft.id)
        line = await session.scalar(select(OrderLine).where(OrderLine.order_id == draft.id))
        discount = await session.scalar(select(OrderDiscount).where(OrderDiscount.order_id == draft.id))
    assert order.number == placed.number
    assert (order.email, order.customer["email"]) == ("selam@example.com", "Selam@Example.com")
    assert (order.guest_id, order.user_id) == (draft.buyer.guest_id, None)
    assert (order.status, order.payment_status, order.total) == ("PENDING", "PENDING", Decimal(253))
    assert order.shipping_address == {"city": "Addis Ababa"}
    assert line is not None
    assert (line.sku, line.quantity, line.total) == ("CAKE", 2, Decimal("195.50"))
    assert line.customization == {"message": "Happy birthday"}
    assert discount is not None
    assert (discount.code, discount.amount) == ("WELCOME", Decimal(30))


async def test_cart_is_not_ordered_twice(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        draft = draft_of(await add_product(session))
        await place(session, draft)
    again = OrderDraft(draft.buyer, draft.lines, draft.sums, "ETB", prices_include_tax=False, cart_id=draft.cart_id)
    with pytest.raises(CartAlreadyOrderedError):
        async with writing(shop) as session:
            await place(session, again)


async def test_order_that_is_rolled_back_is_told_of_to_nobody(shop: AsyncEngine) -> None:
    url, told = str(shop.get_execution_options()["url"]), list[str]()
    jobs = text("SELECT convert_from(payload, 'UTF8') FROM pgqueuer")
    listener = await open_connection(url, settings_for(url))
    await listener.add_listener(CHANNEL, lambda *heard: told.append(str(heard[-1])))
    async with writing(shop) as session:
        drafts = [draft_of(await add_product(session)) for _ in range(2)]
    async with AsyncSession(shop) as session:
        lost = await place(session, drafts[0])
        await confirm_paid(session, await lock_order(session, lost.id), MoneyMoved())
        await session.rollback()
    async with writing(shop) as session:
        kept = await place(session, drafts[1])
        await confirm_paid(session, await lock_order(session, kept.id), MoneyMoved())

    async with asyncio.timeout(PATIENCE_SECONDS):
        while not any(str(kept.id) in event for event in told):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    await listener.close()

    assert [event for event in told if str(drafts[0].id) in event] == []
    async with writing(shop) as session:
        assert await session.get(Order, drafts[0].id) is None
        letters = [job for job in await session.scalars(jobs) if "order_confirmed" in job]
    assert [kept.number in letter for letter in letters] == [True]


async def test_only_what_follows_may_follow(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        draft = draft_of(await add_product(session))
        await place(session, draft)
    with pytest.raises(OrderMoveRefusedError) as refused:
        async with writing(shop) as session:
            await move_order(session, await lock_order(session, draft.id), OrderStatus.DELIVERED)
    assert (refused.value.state, refused.value.to) == ("PENDING", "DELIVERED")
    assert refused.value.allowed == ["CANCELLED", "CONFIRMED", "FAILED"]
    async with writing(shop) as session:
        order = await lock_order(session, draft.id, expected_version=1)
        await move_order(session, order, OrderStatus.CONFIRMED, "She called.")
    async with writing(shop) as session:
        told = select(OrderEvent.text).where(OrderEvent.order_id == draft.id, OrderEvent.to_state == "CONFIRMED")
        assert await session.scalar(told) == "She called."


async def test_stale_versions_and_unknown_orders_are_refused(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        draft = draft_of(await add_product(session))
        await place(session, draft)
        with pytest.raises(ConflictError):
            await lock_order(session, draft.id, expected_version=2)
        with pytest.raises(OrderNotFoundError):
            await lock_order(session, new_id())
