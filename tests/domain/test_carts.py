"""Carts in the database: how many statements a line costs, when carts open again, and when they go."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.cart_lines import WantedLine, add_lines
from domain.cart_sweeping import COMPLETED_KEPT, sweep_batch
from domain.carts import Buyer, CartNotFoundError, LockedCart, complete_again, lock_cart, open_cart, reopen_cart
from models import Cart
from tests.factories import add_cart, add_product, new_id, writing
from tests.statements import noted


async def test_a_line_costs_three_statements(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        variants = [(await add_product(session)).default_variant_id for _ in range(3)]
    buyer = Buyer(guest_id=new_id())
    for wanted in (variants[:1], variants, variants):
        async with noted(engine) as statements, writing(engine) as session:
            await add_lines(session, buyer, [WantedLine(variant_id=each, quantity=1) for each in wanted])
        assert len(statements) == 3


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
