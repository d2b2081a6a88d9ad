"""Checkout by card over HTTP: what becomes of the order, its stock and its cart when the card is declined."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Order, OrderStatus, ProductVariant, PromoCode, StockLevel
from tests.buyers import Buyer, of
from tests.factories import add_product, add_promo_code, writing
from tests.payments.card_shop import taking_cards
from tests.statements import scalar
from tests.stripe_double.objects import AUTHENTICATED, DECLINED, GOOD
from tests.stripe_double.running import StripeDouble

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shop:
    """A server with an account at the double."""

    engine: AsyncEngine
    visitor: Buyer

    async def variant(self, stock: int) -> UUID:
        """Something new to buy for 100.00, which need not be sent."""
        async with writing(self.engine) as session:
            product = await add_product(session, stock=stock, price=Decimal(100))
            variant = update(ProductVariant).where(ProductVariant.product_id == product.id)
            await session.execute(variant.values(requires_shipping=False))
        return product.default_variant_id

    async def orders_of(self, variant: UUID) -> list[OrderStatus]:
        """Where the orders of it stand, from the first on."""
        async with writing(self.engine) as session:
            found = select(Order.status).where(Order.lines.any(variant_id=variant)).order_by(Order.id)
            return list(await session.scalars(found))

    async def reserved(self, variant: UUID) -> int:
        """How many units of it are promised."""
        found: int = await scalar(self.engine, select(StockLevel.reserved).where(StockLevel.variant_id == variant))
        return found


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str, double: StripeDouble) -> AsyncIterator[Shop]:
    async with taking_cards(postgres, migrated, double) as opened:
        yield Shop(opened.engine, opened.visitor)


async def bought(buyer: Buyer, total: str, key: str, card: str) -> Json:
    """What becomes of a checkout with the card."""
    payment = {"kind": "CARD", "source": card}
    return await buyer.send("Checkout", expectedTotal=total, idempotencyKey=key, payment=payment)


async def test_declined_card_is_told_and_leaves_everything_as_it_was(shop: Shop, double: StripeDouble) -> None:
    variant = await shop.variant(stock=1)
    async with writing(shop.engine) as session:
        code = await add_promo_code(session, amount=Decimal(10), usage_limit=1)
    guest = await shop.visitor.as_guest(of(variant))
    await guest.send("SetCartDetails", email="hana@example.org")
    await guest.send("ApplyPromoCode", code=code.code)
    before = len(double.control("look")["intents"])

    declined = await bought(guest, "90.00", "first", DECLINED)

    assert declined == {
        "__typename": "PaymentDeclined",
        "message": "The payment was declined. Your card was declined.",
    }
    assert await shop.orders_of(variant) == [OrderStatus.FAILED]
    assert await shop.reserved(variant) == 0
    assert await scalar(shop.engine, select(PromoCode.used_count).where(PromoCode.id == code.id)) == 0
    cart = await guest.cart()
    assert (cart["units"], cart["promoCodes"], cart["problems"]) == (1, [code.code], [])

    assert await bought(guest, "90.00", "first", DECLINED) == declined
    assert (await bought(guest, "90.00", "first", GOOD))["__typename"] == "IdempotencyMismatch"
    assert len(double.control("look")["intents"]) == before + 1
    paid = await bought(guest, "90.00", "second", GOOD)
    assert (paid["order"]["status"], paid["order"]["paymentStatus"]) == ("CONFIRMED", "PAID")
    assert await shop.orders_of(variant) == [OrderStatus.FAILED, OrderStatus.CONFIRMED]
    assert await shop.reserved(variant) == 1
    assert await guest.cart() is None


async def test_card_that_the_bank_asks_about_is_waited_for_an_hour(shop: Shop) -> None:
    variant = await shop.variant(stock=1)
    guest = await shop.visitor.as_guest(of(variant))
    await guest.send("SetCartDetails", email="hana@example.org")

    waiting = await bought(guest, "100.00", "first", AUTHENTICATED)

    assert (waiting["order"]["status"], waiting["payment"]["status"]) == ("PENDING", "REQUIRES_ACTION")
    assert await shop.reserved(variant) == 1
    patience = select(Order.expires_at - Order.placed_at).where(Order.lines.any(variant_id=variant))
    assert abs(await scalar(shop.engine, patience) - timedelta(hours=1)) < timedelta(minutes=1)


async def test_last_unit_is_somebody_elses_once_a_card_was_declined(shop: Shop) -> None:
    variant = await shop.variant(stock=1)
    unlucky, other = [await shop.visitor.as_guest(of(variant)) for _ in range(2)]
    for guest in (unlucky, other):
        await guest.send("SetCartDetails", email="hana@example.org")
    await bought(unlucky, "100.00", "first", DECLINED)

    assert (await bought(other, "100.00", "first", GOOD))["order"]["status"] == "CONFIRMED"

    refused = await bought(unlucky, "100.00", "second", GOOD)
    assert [(line["asked"], line["left"]) for line in refused["lines"]] == [(1, 0)]
    assert await shop.orders_of(variant) == [OrderStatus.FAILED, OrderStatus.CONFIRMED]
