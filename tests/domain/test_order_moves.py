"""What becomes of an order's stock, codes and money when it moves on, also when two move it at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain import order_parcels
from domain.order_cancelling import OrderOnItsWayError, cancel, cancel_as_buyer
from domain.order_parcels import Tracking, fulfil, lock_parcel
from domain.order_payments import MoneyMoved, PaymentSumsError, confirm_paid, expire, fail, record_payment, revive
from domain.order_returns import refund_lines, return_lines
from domain.order_states import OrderMoveRefusedError
from domain.order_units import UnitsNotThereError
from domain.orders import lock_order
from domain.reservations import OutOfStockError
from models import Order, OrderEvent, OrderLine, ParcelStatus, PromoCode, StockLevel
from tests.domain.order_scenes import (
    AT,
    Scene,
    add_confirmed,
    add_scene,
    letters_of,
    order_of,
    reasons_told,
    states_of,
    stock_of,
)
from tests.factories import new_id, shared_engine, writing

ALL = Decimal(450)
PAID = MoneyMoved(ALL, ALL)


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database whose tests keep out of each other's way."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


async def uses_of(engine: AsyncEngine, scene: Scene) -> int:
    """How often the order's code is used."""
    async with writing(engine) as session:
        return await session.scalar(select(PromoCode.used_count).where(PromoCode.id == scene.promo_code_id)) or 0


async def test_order_that_is_confirmed_keeps_its_stock_and_is_confirmed_once(shop: AsyncEngine) -> None:
    scene = await add_scene(shop, expires_at=AT)
    async with writing(shop) as session:
        order = await lock_order(session, scene.id)
        await confirm_paid(session, order, PAID)
        with pytest.raises(PaymentSumsError):
            await confirm_paid(session, order, PAID)
        assert await letters_of(session, scene) == ["order_confirmed"]
    assert await states_of(shop, scene) == ("CONFIRMED", "PAID", "UNFULFILLED")
    assert (await order_of(shop, scene)).expires_at is None
    assert await stock_of(shop, scene) == {"SKU-3": (5, 3), "SKU-2": (5, 2)}


async def test_order_that_fails_gives_everything_back_once(shop: AsyncEngine) -> None:
    scene = await add_scene(shop)
    assert await uses_of(shop, scene) == 1
    async with writing(shop) as session:
        assert await fail(session, await lock_order(session, scene.id), "The card was declined.")
    async with writing(shop) as session:
        assert not await fail(session, await lock_order(session, scene.id), "Again.")
    assert await states_of(shop, scene) == ("FAILED", "FAILED", "UNFULFILLED")
    assert await stock_of(shop, scene) == {"SKU-3": (5, 0), "SKU-2": (5, 0)}
    assert await uses_of(shop, scene) == 0


async def test_order_that_is_paid_after_all_takes_its_stock_and_codes_again(shop: AsyncEngine) -> None:
    scene = await add_scene(shop)
    async with writing(shop) as session:
        await fail(session, await lock_order(session, scene.id), "It was not paid in time.")
    async with writing(shop) as session:
        order = await lock_order(session, scene.id)
        assert await revive(session, order, "The money came late.")
        await record_payment(session, order, PAID)
    assert await states_of(shop, scene) == ("CONFIRMED", "PAID", "UNFULFILLED")
    assert await stock_of(shop, scene) == {"SKU-3": (5, 3), "SKU-2": (5, 2)}
    assert await uses_of(shop, scene) == 1


async def test_order_whose_stock_is_gone_stays_given_up(shop: AsyncEngine) -> None:
    scene = await add_scene(shop)
    async with writing(shop) as session:
        await fail(session, await lock_order(session, scene.id), "It was not paid in time.")
        variant = select(OrderLine.variant_id).where(OrderLine.id == scene.first).scalar_subquery()
        await session.execute(update(StockLevel).where(StockLevel.variant_id == variant).values(quantity=2))
    async with writing(shop) as session:
        order = await lock_order(session, scene.id)
        assert not await revive(session, order, "The money came late.")
        await record_payment(session, order, PAID)  # which is still noted: it is to be given back
    assert await states_of(shop, scene) == ("FAILED", "PAID", "UNFULFILLED")
    assert await stock_of(shop, scene) == {"SKU-3": (2, 0), "SKU-2": (5, 0)}
    assert await uses_of(shop, scene) == 0


async def test_order_whose_cart_was_ordered_again_stays_given_up(shop: AsyncEngine) -> None:
    cart = new_id()
    scene = await add_scene(shop, cart_id=cart)
    async with writing(shop) as session:
        await fail(session, await lock_order(session, scene.id), "The card was declined.")
    await add_scene(shop, cart_id=cart)
    async with writing(shop) as session:
        assert not await revive(session, await lock_order(session, scene.id), "The money came late.")
    assert await stock_of(shop, scene) == {"SKU-3": (5, 0), "SKU-2": (5, 0)}


async def test_only_what_is_overdue_expires_and_each_once(shop: AsyncEngine) -> None:
    late, early = await add_scene(shop, expires_at=AT), await add_scene(shop, expires_at=AT + timedelta(days=1))

    async def let_expire(scene: Scene) -> None:
        async with writing(shop) as session:
            await expire(session, scene.id, AT)

    await asyncio.gather(*(let_expire(scene) for scene in (late, early) * 3))

    assert await states_of(shop, late) == ("FAILED", "FAILED", "UNFULFILLED")
    assert await states_of(shop, early) == ("PENDING", "PENDING", "UNFULFILLED")
    async with writing(shop) as session:
        assert await letters_of(session, late) == ["order_failed"]


async def test_order_is_either_paid_or_given_up(shop: AsyncEngine) -> None:
    """Whoever locks it first decides; the other finds the state changed."""

    async def pay(session: AsyncSession, order: Order) -> bool:
        if order.status != "PENDING":
            return False
        await confirm_paid(session, order, PAID)
        return True

    async def lose(session: AsyncSession, order: Order) -> bool:
        return await fail(session, order, "It was not paid in time.")

    for _ in range(4):
        scene = await add_scene(shop)
        moves: list[Callable[[AsyncSession, Order], Awaitable[bool]]] = [pay, lose, pay, lose]
        done = await asyncio.gather(*(_moved(shop, scene, move) for move in moves))
        assert sum(done) == 1
        confirmed = (await states_of(shop, scene))[0] == "CONFIRMED"
        assert await stock_of(shop, scene) == (
            {"SKU-3": (5, 3), "SKU-2": (5, 2)} if confirmed else {"SKU-3": (5, 0), "SKU-2": (5, 0)}
        )


async def _moved(engine: AsyncEngine, scene: Scene, move: Callable[[AsyncSession, Order], Awaitable[bool]]) -> bool:
    async with writing(engine) as session:
        return await move(session, await lock_order(session, scene.id))


async def test_cancelled_twice_at_once_it_is_cancelled_once(shop: AsyncEngine) -> None:
    scene = await add_confirmed(shop)

    async def call_off() -> bool:
        try:
            async with writing(shop) as session:
                await cancel(session, await lock_order(session, scene.id), "She changed her mind.")
        except OrderMoveRefusedError:
            return False
        return True

    assert sum(await asyncio.gather(*(call_off() for _ in range(4)))) == 1
    assert await states_of(shop, scene) == ("CANCELLED", "CANCELLED", "UNFULFILLED")
    assert await stock_of(shop, scene) == {"SKU-3": (5, 0), "SKU-2": (5, 0)}
    assert await uses_of(shop, scene) == 0
    async with writing(shop) as session:
        assert await letters_of(session, scene) == ["order_confirmed", "order_cancelled"]
        refunds = text("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'refund_order' AND payload LIKE :order")
        assert await session.scalar(refunds, {"order": f"%{scene.id}%".encode()}) == 1


async def test_parcels_take_their_units_along_and_the_order_follows(shop: AsyncEngine) -> None:
    scene = await add_confirmed(shop)
    async with writing(shop) as session:
        order = await lock_order(session, scene.id)
        first = await fulfil(session, order, {scene.first: 2}, Tracking("Post", "EP-1"))
    assert await states_of(shop, scene) == ("CONFIRMED", "PENDING", "PARTIAL")
    async with writing(shop) as session:
        await order_parcels.ship(session, await lock_parcel(session, first.row.id), AT)
    assert await stock_of(shop, scene) == {"SKU-3": (3, 1), "SKU-2": (5, 2)}
    assert await states_of(shop, scene) == ("CONFIRMED", "PENDING", "PARTIAL")
    async with writing(shop) as session:
        with pytest.raises(UnitsNotThereError) as refused:
            await fulfil(session, await lock_order(session, scene.id), {scene.first: 2}, Tracking())
        assert (refused.value.sku, refused.value.asked, refused.value.left) == ("SKU-3", 2, 1)
    async with writing(shop) as session:
        order = await lock_order(session, scene.id)
        second = await fulfil(session, order, {scene.first: 1, scene.second: 2}, Tracking())
        assert second.row.number == 2
    assert await states_of(shop, scene) == ("CONFIRMED", "PENDING", "FULFILLED")
    async with writing(shop) as session:
        await order_parcels.ship(session, await lock_parcel(session, second.row.id), AT)
    assert await states_of(shop, scene) == ("SHIPPED", "PENDING", "SHIPPED")
    assert await stock_of(shop, scene) == {"SKU-3": (2, 0), "SKU-2": (3, 0)}
    for parcel in (first, second):
        async with writing(shop) as session:
            await order_parcels.deliver(session, await lock_parcel(session, parcel.row.id), AT)
    assert await states_of(shop, scene) == ("DELIVERED", "PENDING", "DELIVERED")
    async with writing(shop) as session:
        with pytest.raises(OrderMoveRefusedError):
            await order_parcels.ship(session, await lock_parcel(session, first.row.id), AT)
        assert await letters_of(session, scene) == [
            "order_confirmed",
            "order_shipped",
            "order_shipped",
            "order_delivered",
        ]
        moves = select(func.count()).where(OrderEvent.order_id == scene.id, OrderEvent.kind == "PARCEL")
        assert await session.scalar(moves) == 6


async def test_shipped_twice_at_once_it_is_sold_once(shop: AsyncEngine) -> None:
    scene = await add_confirmed(shop)
    async with writing(shop) as session:
        parcel = await fulfil(session, await lock_order(session, scene.id), {scene.first: 3}, Tracking())

    async def send() -> bool:
        try:
            async with writing(shop) as session:
                await order_parcels.ship(session, await lock_parcel(session, parcel.row.id), AT)
        except OrderMoveRefusedError:
            return False
        return True

    assert sum(await asyncio.gather(*(send() for _ in range(4)))) == 1
    assert await stock_of(shop, scene) == {"SKU-3": (2, 0), "SKU-2": (5, 2)}


async def test_parcel_that_was_unpacked_gives_its_units_to_another(shop: AsyncEngine) -> None:
    scene = await add_confirmed(shop)
    async with writing(shop) as session:
        parcel = await fulfil(session, await lock_order(session, scene.id), {scene.first: 3}, Tracking())
        await order_parcels.unpack(session, await lock_parcel(session, parcel.row.id))
        await fulfil(session, await lock_order(session, scene.id), {scene.first: 3, scene.second: 2}, Tracking())
    assert await states_of(shop, scene) == ("CONFIRMED", "PENDING", "FULFILLED")
    assert await stock_of(shop, scene) == {"SKU-3": (5, 3), "SKU-2": (5, 2)}


async def test_what_is_packed_can_be_cancelled_and_what_has_left_cannot(shop: AsyncEngine) -> None:
    packed, sent = await add_confirmed(shop), await add_confirmed(shop)
    async with writing(shop) as session:
        await fulfil(session, await lock_order(session, packed.id), {packed.first: 3}, Tracking())
        await cancel(session, await lock_order(session, packed.id), "It is broken.")
        parcel = await fulfil(session, await lock_order(session, sent.id), {sent.first: 1}, Tracking())
        await order_parcels.ship(session, parcel, AT)
    assert await states_of(shop, packed) == ("CANCELLED", "CANCELLED", "UNFULFILLED")
    assert await stock_of(shop, packed) == {"SKU-3": (5, 0), "SKU-2": (5, 0)}
    with pytest.raises(OrderOnItsWayError):
        async with writing(shop) as session:
            await cancel(session, await lock_order(session, sent.id), "Too late.")
    assert await stock_of(shop, sent) == {"SKU-3": (4, 2), "SKU-2": (5, 2)}


async def test_buyers_cancel_until_somebody_works_on_it(shop: AsyncEngine) -> None:
    scene = await add_confirmed(shop)
    async with writing(shop) as session:
        await fulfil(session, await lock_order(session, scene.id), {scene.first: 1}, Tracking())
    with pytest.raises(OrderOnItsWayError):
        async with writing(shop) as session:
            await cancel_as_buyer(session, await lock_order(session, scene.id), "I changed my mind.")
    assert await stock_of(shop, scene) == {"SKU-3": (5, 3), "SKU-2": (5, 2)}


async def test_reason_of_a_buyer_is_for_the_shop_and_that_of_the_shop_for_the_buyer(shop: AsyncEngine) -> None:
    """A guest may have given anybody's address, to whom we would send whatever they write."""
    by_buyer, by_shop = await add_confirmed(shop), await add_confirmed(shop)
    for scene, cancelling in ((by_buyer, cancel_as_buyer), (by_shop, cancel)):
        async with writing(shop) as session:
            await cancelling(session, await lock_order(session, scene.id), "Win at prize.example.")

    async with writing(shop) as session:
        said = select(OrderEvent.text).where(OrderEvent.order_id == by_buyer.id, OrderEvent.to_state == "CANCELLED")
        assert "Win at prize.example." in list(await session.scalars(said))
        assert await reasons_told(session, by_buyer) == [""]
        assert await reasons_told(session, by_shop) == ["Win at prize.example."]


async def test_money_never_passes_what_was_promised(shop: AsyncEngine) -> None:
    scene = await add_scene(shop)
    async with writing(shop) as session:
        order = await lock_order(session, scene.id)
        for wrong in (
            MoneyMoved(Decimal(451)),
            MoneyMoved(Decimal(100), Decimal(101)),
            MoneyMoved(ALL, ALL, Decimal(451)),
            MoneyMoved(Decimal(-1)),
        ):
            with pytest.raises(PaymentSumsError):
                await record_payment(session, order, wrong)
        await record_payment(session, order, MoneyMoved(ALL))
        assert order.payment_status == "AUTHORIZED"
        await record_payment(session, order, MoneyMoved(-ALL))
        assert order.payment_status == "CANCELLED"
        await record_payment(session, order, PAID)
        assert order.payment_status == "PAID"


async def test_refund_in_part_leaves_the_rest_to_be_sent(shop: AsyncEngine) -> None:
    scene = await add_confirmed(shop)
    async with writing(shop) as session:
        order = await lock_order(session, scene.id)
        await record_payment(session, order, PAID)
        await fulfil(session, order, {scene.first: 2}, Tracking())
        await refund_lines(session, order, {scene.first: 1, scene.second: 2})
        await record_payment(session, order, MoneyMoved(refunded=Decimal(270)), "One was broken.")
    assert await states_of(shop, scene) == ("CONFIRMED", "PARTIALLY_REFUNDED", "FULFILLED")
    assert await stock_of(shop, scene) == {"SKU-3": (5, 2), "SKU-2": (5, 0)}
    async with writing(shop) as session:
        assert (await letters_of(session, scene))[-1] == "order_refunded"
        with pytest.raises(UnitsNotThereError):
            await refund_lines(session, await lock_order(session, scene.id), {scene.second: 1})


async def test_order_that_is_refunded_as_a_whole_is_sent_no_more(shop: AsyncEngine) -> None:
    scene = await add_confirmed(shop)
    async with writing(shop) as session:
        order = await lock_order(session, scene.id)
        await record_payment(session, order, PAID)
        parcel = await fulfil(session, order, {scene.first: 2}, Tracking())
        await order_parcels.ship(session, parcel, AT)
        await fulfil(session, order, {scene.first: 1}, Tracking())
        await record_payment(session, order, MoneyMoved(refunded=ALL), "All of it was wrong.")
    assert (await states_of(shop, scene))[:2] == ("REFUNDED", "REFUNDED")
    assert await stock_of(shop, scene) == {"SKU-3": (3, 0), "SKU-2": (5, 0)}
    async with writing(shop) as session:
        with pytest.raises(OrderMoveRefusedError):
            await fulfil(session, await lock_order(session, scene.id), {scene.second: 1}, Tracking())
        await order_parcels.deliver(session, await lock_parcel(session, parcel.row.id), AT)


async def test_returned_units_go_into_the_stock_unless_they_are_broken(shop: AsyncEngine) -> None:
    scene = await add_confirmed(shop)
    async with writing(shop) as session:
        order = await lock_order(session, scene.id)
        await order_parcels.ship(session, await fulfil(session, order, {scene.first: 3}, Tracking()), AT)
        await return_lines(session, order, {scene.first: 1}, to_stock=True)
        await return_lines(session, order, {scene.first: 1}, to_stock=False)
        with pytest.raises(UnitsNotThereError):
            await return_lines(session, order, {scene.first: 2}, to_stock=True)
    assert await stock_of(shop, scene) == {"SKU-3": (3, 0), "SKU-2": (5, 2)}


async def test_what_waits_for_a_delivery_itself_is_not_sent(shop: AsyncEngine) -> None:
    scene = await add_confirmed(shop)
    async with writing(shop) as session:
        variant = select(OrderLine.variant_id).where(OrderLine.id == scene.first).scalar_subquery()
        await session.execute(text("UPDATE product_variants SET backorder_policy = 'ALLOW'"))
        await session.execute(update(StockLevel).where(StockLevel.variant_id == variant).values(quantity=1))
        parcel = await fulfil(session, await lock_order(session, scene.id), {scene.first: 3}, Tracking())
    with pytest.raises(OutOfStockError):
        async with writing(shop) as session:
            await order_parcels.ship(session, await lock_parcel(session, parcel.row.id), AT)
    assert await states_of(shop, scene) == ("CONFIRMED", "PENDING", "PARTIAL")
    async with writing(shop) as session:
        assert (await lock_parcel(session, parcel.row.id)).row.status == "PACKED"
        await session.execute(text("UPDATE product_variants SET backorder_policy = 'DENY'"))


async def test_order_whose_rest_is_refunded_while_it_is_packed_is_over(shop: AsyncEngine) -> None:
    """A parcel has arrived and another one is packed: that one stays, and its units are free again."""
    scene = await add_confirmed(shop)
    async with writing(shop) as session:
        order = await lock_order(session, scene.id)
        await record_payment(session, order, PAID)
        sent = await fulfil(session, order, {scene.first: 3}, Tracking())
        await order_parcels.ship(session, sent, AT)
        await order_parcels.deliver(session, sent, AT)
        packed = await fulfil(session, order, {scene.second: 2}, Tracking())
    assert (await states_of(shop, scene))[2] == "FULFILLED"
    async with writing(shop) as session:
        await record_payment(session, await lock_order(session, scene.id), MoneyMoved(refunded=ALL))
    assert await states_of(shop, scene) == ("REFUNDED", "REFUNDED", "DELIVERED")
    assert await stock_of(shop, scene) == {"SKU-3": (2, 0), "SKU-2": (5, 0)}
    async with writing(shop) as session:
        assert (await lock_parcel(session, packed.row.id)).row.status is ParcelStatus.CANCELLED
