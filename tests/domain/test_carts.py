"""Carts in the database: how many statements a line costs, when carts open again, and when they go."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.cart_details import ShippingMethodUnknownError, set_details
from domain.cart_lines import TooManyCartLinesError, WantedLine, add_lines
from domain.cart_sweeping import COMPLETED_KEPT, sweep_batch
from domain.carts import (
    Buyer,
    CartNotFoundError,
    LockedCart,
    complete_again,
    lines_in,
    lock_cart,
    open_cart,
    reopen_cart,
)
from models import Cart, ShippingMethod
from models.carts import MOST_LINES
from tests.factories import add_cart, add_product, add_shipping_method, add_variant, new_id, writing
from tests.patience import PATIENCE_SECONDS
from tests.statements import noted, scalar

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def wanted(variant_id: UUID) -> WantedLine:
    """A unit of it."""
    return WantedLine(variant_id=variant_id, quantity=1)


async def in_transaction(engine: AsyncEngine, work: Callable[[AsyncSession], Awaitable[LockedCart]]) -> LockedCart:
    """What comes of work that is committed."""
    async with writing(engine) as session:
        return await work(session)


async def all_wait(engine: AsyncEngine, number: int) -> None:
    """Return when so many statements wait for a lock."""
    async with asyncio.timeout(PATIENCE_SECONDS), engine.connect() as watching:
        while (await watching.execute(WAITING)).scalar_one() < number:
            pass


async def test_a_line_costs_two_statements(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        variants = [(await add_product(session)).default_variant_id for _ in range(3)]
    buyer = Buyer(guest_id=new_id())
    for bought in (variants[:1], variants, variants):
        async with noted(engine) as statements, writing(engine) as session:
            await add_lines(session, buyer, [wanted(each) for each in bought])
        assert len(statements) == 2


async def test_full_cart_takes_no_more_lines_from_those_who_add_at_once(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product = await add_product(session)
        variants = [(await add_variant(session, product)).id for _ in range(MOST_LINES + 3)]
        buyer = Buyer(guest_id=new_id())
        cart = await add_lines(session, buyer, [wanted(each) for each in variants[: MOST_LINES - 2]])

    async def added(variant_id: UUID) -> bool:
        try:
            async with writing(engine) as session:
                await add_lines(session, buyer, [wanted(variant_id)])
        except TooManyCartLinesError:
            return False
        return True

    async with writing(engine) as session:
        await lock_cart(session, buyer)
        adding = [asyncio.create_task(added(each)) for each in variants[MOST_LINES - 2 :]]
        await all_wait(engine, len(adding))
    assert sum(await asyncio.gather(*adding)) == 2
    assert await scalar(engine, select(lines_in(Cart)).where(Cart.id == cart.id)) == MOST_LINES


async def test_details_cost_one_statement_and_two_where_something_is_missing(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        offered = (await add_shipping_method(session)).id
        ended = (await add_shipping_method(session, is_active=False)).id
    buyer, nobody = Buyer(guest_id=new_id()), Buyer(guest_id=new_id())
    async with noted(engine) as statements, writing(engine) as session:
        cart = await open_cart(session, buyer)
        statements.clear()
        assert (await set_details(session, buyer, shipping_method_id=offered)).shipping_method_id == offered
        assert (await set_details(session, buyer, shipping_method_id=None)).shipping_method_id is None
        for refused, whose, method_id in (
            (ShippingMethodUnknownError, buyer, ended),
            (ShippingMethodUnknownError, buyer, new_id()),
            (ShippingMethodUnknownError, nobody, new_id()),
            (CartNotFoundError, nobody, offered),
        ):
            with pytest.raises(refused):
                await set_details(session, whose, shipping_method_id=method_id)
        assert (await lock_cart(session, buyer)).version == cart.version + 2
    assert len(statements) == 2 + 2 * 4 + 2


async def test_shipping_method_that_goes_meanwhile_is_unknown(engine: AsyncEngine) -> None:
    buyer = Buyer(guest_id=new_id())
    async with writing(engine) as session:
        method_id = (await add_shipping_method(session)).id
        await open_cart(session, buyer)
    choice = {"shipping_method_id": method_id}
    async with writing(engine) as session:
        await session.execute(delete(ShippingMethod).where(ShippingMethod.id == method_id))
        choosing = asyncio.create_task(in_transaction(engine, lambda other: set_details(other, buyer, **choice)))
        await all_wait(engine, 1)
    with pytest.raises(ShippingMethodUnknownError):
        await choosing


async def test_buyer_opens_one_cart_however_often_at_once(engine: AsyncEngine) -> None:
    buyer = Buyer(guest_id=new_id())

    async def opened() -> LockedCart:
        async with writing(engine) as session:
            return await open_cart(session, buyer)

    carts = await asyncio.gather(*(opened() for _ in range(5)))
    assert len({cart.id for cart in carts}) == 1
    assert sorted(cart.version for cart in carts) == [1, 2, 3, 4, 5]


async def test_bought_cart_opens_again_unless_another_was_filled(engine: AsyncEngine) -> None:
    buyer = Buyer(guest_id=new_id())
    async with writing(engine) as session:
        first = await open_cart(session, buyer)
        assert not await reopen_cart(session, first.id)
        await complete_again(session, first.id)
        with pytest.raises(CartNotFoundError):
            await lock_cart(session, buyer)
        assert await reopen_cart(session, first.id)
        assert (await lock_cart(session, buyer)).id == first.id
        await complete_again(session, first.id)
        second = await open_cart(session, buyer)
        assert not await reopen_cart(session, first.id)
        assert not await reopen_cart(session, new_id())
        assert (await lock_cart(session, buyer)).id == second.id


async def test_carts_go_when_they_are_over_and_nobody_holds_them(engine: AsyncEngine) -> None:
    now = datetime.now(UTC)
    past, future = now - timedelta(minutes=1), now + timedelta(minutes=1)
    async with writing(engine) as session:
        kept = [
            await add_cart(session, new_id(), expires_at=future),
            await add_cart(session, new_id(), expires_at=past, completed_at=past),
        ]
        held = await add_cart(session, new_id(), expires_at=past)
        await add_cart(session, new_id(), expires_at=past)
        await add_cart(session, new_id(), expires_at=future, completed_at=now - COMPLETED_KEPT - timedelta(minutes=1))
    async with writing(engine) as session, writing(engine) as sweeping:
        await session.get(Cart, held.id, with_for_update=True)
        assert not await sweep_batch(sweeping)
    async with writing(engine) as session:
        assert set(await session.scalars(select(Cart.id))) == {held.id, *(cart.id for cart in kept)}
        assert not await sweep_batch(session)
        assert set(await session.scalars(select(Cart.id))) == {cart.id for cart in kept}
