"""Checkout over HTTP: what is agreed becomes an order, whole or not at all, and once under each key."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.integrity import check_integrity
from domain.order_adoption import ADOPTED
from domain.order_checks import ORDER_CHECKS
from domain.payment_checks import PAYMENT_CHECKS
from models import (
    BackorderPolicy,
    Cart,
    Order,
    OrderEvent,
    OrderEventKind,
    Product,
    ProductVariant,
    PromoCode,
    StockLevel,
)
from resolvers.ids import decode_id_of, encode_id
from tests.auth.accounts import PASSWORD, add_account
from tests.buyers import Buyer, of, read_document
from tests.domain.order_scenes import letters_about_number
from tests.factories import EARLIER, add_product, add_promo_code, add_shipping_method, shared_engine, writing
from tests.patience import PATIENCE_SECONDS
from tests.safeguards import SAFEGUARDS
from tests.signed_in import Door, open_door
from tests.statements import count_rows, execute, scalar

EMAIL = "hana@example.org"
AT_THE_DOOR = {"kind": "CASH_ON_DELIVERY"}
BY_TRANSFER = {"kind": "BANK_TRANSFER"}
INSTRUCTIONS = "To the account 1000 at the Bank of Abyssinia."
TOLD = text("SELECT convert_from(payload, 'UTF8')::jsonb -> 'values' FROM pgqueuer ORDER BY id DESC LIMIT 1")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shop:
    """A server on a database of these tests' own. Nothing in it has to be sent."""

    engine: AsyncEngine
    door: Door
    visitor: Buyer

    async def variant(self, stock: int = 20, price: str = "100.00") -> UUID:
        """Something new to buy."""
        async with writing(self.engine) as session:
            product = await add_product(session, stock=stock, price=Decimal(price))
            variant = update(ProductVariant).where(ProductVariant.product_id == product.id)
            await session.execute(variant.values(requires_shipping=False))
        return product.default_variant_id

    async def guest(self, *lines: Json) -> Buyer:
        """Somebody with a cart and an address."""
        guest = await self.visitor.as_guest(*lines)
        await guest.send("SetCartDetails", email=EMAIL)
        return guest

    async def units(self, variant: UUID) -> tuple[int, int]:
        """Those in the house and those that are promised."""
        async with writing(self.engine) as session:
            found = select(StockLevel.quantity, StockLevel.reserved).where(StockLevel.variant_id == variant)
            quantity, reserved = (await session.execute(found)).one()
            return quantity, reserved

    async def order(self, result: Json) -> Order:
        """The order that a checkout gave, as it is stored."""
        async with writing(self.engine) as session:
            return await session.get_one(Order, decode_id_of("Order", result["order"]["id"]))


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[Shop]:
    """The server, whose tests buy things of their own."""
    async with shared_engine(postgres, migrated) as engine:
        url = str(engine.get_execution_options()["url"])
        with open_door(url, bank_transfer_instructions=INSTRUCTIONS) as door:
            async with httpx.AsyncClient(
                base_url=door.http.base_url, trust_env=False, timeout=PATIENCE_SECONDS
            ) as http:
                yield Shop(engine, door, Buyer(http))


async def bought(buyer: Buyer, total: str, key: str = "first", **given: Any) -> Json:
    """What becomes of a checkout with cash on delivery, or with what is given; None leaves a field out."""
    terms = {"expectedTotal": total, "idempotencyKey": key, "payment": AT_THE_DOOR, **given}
    return await buyer.send("Checkout", **{name: value for name, value in terms.items() if value is not None})


async def letters_about(shop: Shop, order: Order) -> list[str]:
    """Which letters about the order wait to be sent."""
    async with writing(shop.engine) as session:
        return await letters_about_number(session, order.number)


async def test_cart_becomes_an_order(shop: Shop) -> None:
    variant, other = await shop.variant(), await shop.variant(price="49.99")
    guest = await shop.guest(of(variant, 2), of(other, 1))

    result = await bought(guest, "249.99", customerNote=" Ring twice. ")

    placed = result["order"]
    assert (placed["status"], placed["paymentStatus"], placed["total"]["amount"]) == (
        "CONFIRMED",
        "AUTHORIZED",
        "249.99",
    )
    assert result["payment"]["status"] == "AUTHORIZED"
    order = await shop.order(result)
    assert (order.email, order.customer["name"], order.customer_note) == (EMAIL, EMAIL, "Ring twice.")
    assert (order.tax_total, order.prices_include_tax) == (Decimal("32.61"), True)
    assert await shop.units(variant) == (20, 2)
    assert await shop.units(other) == (20, 1)
    assert await guest.cart() is None
    assert (await bought(guest, "249.99", "second"))["__typename"] == "EmptyCart"


async def test_same_key_gives_the_same_order_and_another_input_is_refused(shop: Shop) -> None:
    variant = await shop.variant()
    guest, other = await shop.guest(of(variant)), await shop.guest(of(variant))

    first = await bought(guest, "100.00")

    assert await bought(guest, "100.00") == first
    assert (await bought(guest, "99.00"))["__typename"] == "IdempotencyMismatch"
    assert (await bought(other, "100.00"))["order"]["id"] != first["order"]["id"]
    assert await shop.units(variant) == (20, 2)


async def test_key_that_comes_many_times_at_once_is_one_order(shop: Shop) -> None:
    variant = await shop.variant()
    guest = await shop.guest(of(variant))

    results = await asyncio.gather(*(bought(guest, "100.00") for _ in range(20)))

    assert all(result == results[0] for result in results)
    assert results[0]["__typename"] == "Checkout"
    assert await shop.units(variant) == (20, 1)


async def test_cart_that_is_bought_under_many_keys_at_once_is_one_order(shop: Shop) -> None:
    variant = await shop.variant()
    guest = await shop.guest(of(variant))

    results = await asyncio.gather(*(bought(guest, "100.00", str(number)) for number in range(10)))

    assert sorted(result["__typename"] for result in results) == ["Checkout", *["EmptyCart"] * 9]
    assert await shop.units(variant) == (20, 1)


async def test_buyer_pays_what_they_saw_or_nothing(shop: Shop) -> None:
    variant = await shop.variant()
    guest = await shop.guest(of(variant, 2))
    version = (await guest.cart())["version"]
    await execute(
        shop.engine, update(ProductVariant).where(ProductVariant.id == variant).values(price=Decimal("110.00"))
    )

    refused = await bought(guest, "200.00")
    assert (refused["__typename"], refused["total"]["amount"]) == ("PriceChanged", "220.00")
    stale = await bought(guest, "220.00", expectedVersion=version - 1)
    assert stale["__typename"] == "CartChanged"
    assert await shop.units(variant) == (20, 0)
    assert (await bought(guest, "220.00", expectedVersion=version))["__typename"] == "Checkout"


async def test_too_few_units_are_told_and_nothing_is_reserved(shop: Shop) -> None:
    plenty, scarce = await shop.variant(), await shop.variant(stock=3)
    guest = await shop.guest(of(plenty), of(scarce, 4))

    refused = await bought(guest, "500.00")

    assert refused["__typename"] == "OutOfStock"
    assert [(line["asked"], line["left"]) for line in refused["lines"]] == [(4, 3)]
    assert await shop.units(plenty) == (20, 0)
    assert (await guest.cart())["units"] == 5
    lines = [{"lineId": line["id"], "quantity": 1} for line in (await guest.cart())["lines"]]
    await guest.send("UpdateCartLines", lines=lines)
    assert (await bought(guest, "200.00", "again"))["__typename"] == "Checkout"


async def test_what_may_be_waited_for_or_is_not_counted_is_sold_beyond_what_is_there(shop: Shop) -> None:
    awaited, uncounted = await shop.variant(stock=1), await shop.variant(stock=1)
    allow = {"backorder_policy": BackorderPolicy.ALLOW}
    for variant, rule in ((awaited, allow), (uncounted, {"tracks_stock": False})):
        await execute(shop.engine, update(ProductVariant).where(ProductVariant.id == variant).values(**rule))
    guest = await shop.guest(of(awaited, 3), of(uncounted, 3))

    assert (await guest.cart())["problems"] == []
    assert (await bought(guest, "600.00"))["order"]["status"] == "CONFIRMED"
    assert (await shop.units(awaited), await shop.units(uncounted)) == ((1, 3), (1, 0))


async def test_refusals_leave_the_key_unused(shop: Shop) -> None:
    variant = await shop.variant()
    guest = await shop.visitor.as_guest(of(variant))

    missing = await bought(guest, "100.00")
    assert (missing["__typename"], missing["missing"]) == ("DetailsMissing", ["EMAIL"])
    await guest.send("SetCartDetails", email=EMAIL)
    assert (await bought(guest, "100.00"))["__typename"] == "Checkout"


async def test_what_stands_in_the_way_is_told_and_nothing_is_reserved(shop: Shop) -> None:
    """Something that is sold no more, a country that nothing is sent to, and more money than there can be."""
    kept, gone, heavy = await shop.variant(), await shop.variant(), await shop.variant(20_000, "9999999.99")
    async with writing(shop.engine) as session:
        sent = (await add_product(session)).default_variant_id
        method = await add_shipping_method(session, countries=["KE"])
    guest, far, rich = [await shop.guest(*each) for each in ([of(kept), of(gone)], [of(sent)], [of(heavy, 2_000)])]
    lines = (await guest.cart())["lines"]
    (unsold,) = [line["id"] for line in lines if line["variant"]["id"] == of(gone)["variantId"]]
    ended = select(ProductVariant.product_id).where(ProductVariant.id == gone).scalar_subquery()
    await execute(shop.engine, update(Product).where(Product.id == ended).values(is_active=False))
    home = {"name": "Hana", "line1": "Bole Road 1", "city": "Addis Ababa", "countryCode": "ET"}

    refused = await bought(guest, "200.00")
    assert (refused["__typename"], refused["lineIds"]) == ("LinesNotForSale", [unsold])
    assert (await bought(far, "100.00"))["missing"] == ["SHIPPING_ADDRESS", "SHIPPING_METHOD"]
    await far.send("SetCartDetails", shippingAddress=home, shippingMethodId=encode_id("ShippingMethod", method.id))
    assert (await bought(far, "157.50"))["__typename"] == "NotSentThere"
    assert (await bought(rich, "9999999999.99"))["__typename"] == "AmountTooLarge"

    assert [await shop.units(each) for each in (kept, gone, sent)] == [(20, 0)] * 3
    assert await shop.units(heavy) == (20_000, 0)
    await guest.send("RemoveFromCart", lineIds=[unsold])
    assert (await bought(guest, "100.00"))["__typename"] == "Checkout"


async def test_code_is_used_once_and_told_when_it_takes_nothing_off(shop: Shop) -> None:
    variant = await shop.variant()
    async with writing(shop.engine) as session:
        code = await add_promo_code(session, amount=Decimal(10), usage_limit=1)
        over = await add_promo_code(session, valid_from=EARLIER, ended_at=EARLIER)
    guest, late = await shop.guest(of(variant)), await shop.guest(of(variant))
    for buyer in (guest, late):
        await buyer.send("ApplyPromoCode", code=code.code)

    assert (await bought(guest, "90.00"))["order"]["total"]["amount"] == "90.00"
    refused = await bought(late, "90.00")
    assert (refused["__typename"], refused["codes"]) == (
        "PromotionNotApplicable",
        [{"code": code.code, "reason": "USED_UP"}],
    )
    await late.send("RemovePromoCode", code=code.code)
    await late.send("ApplyPromoCode", code=over.code)
    assert (await bought(late, "100.00", "b"))["codes"] == [{"code": over.code, "reason": "OVER"}]
    assert await scalar(shop.engine, select(PromoCode.used_count).where(PromoCode.id == code.id)) == 1


async def test_what_costs_nothing_needs_no_payment(shop: Shop) -> None:
    variant = await shop.variant(price="0.00")
    guest = await shop.guest(of(variant))

    result = await bought(guest, "0.00", payment=None)

    assert (result["order"]["status"], result["order"]["paymentStatus"]) == ("CONFIRMED", "PAID")
    assert result["payment"] is None
    assert await letters_about(shop, await shop.order(result)) == ["order_confirmed"]


async def test_what_cost_nothing_is_not_paid_any_more_once_it_is_cancelled(shop: Shop) -> None:
    """Nor refunded: there is nothing that could go back."""
    guest = await shop.guest(of(await shop.variant(price="0.00")))
    order = (await bought(guest, "0.00", payment=None))["order"]

    cancelled = await guest.send("CancelMyOrder", id=order["id"])

    assert (cancelled["status"], cancelled["paymentStatus"]) == ("CANCELLED", "CANCELLED")
    moves = select(OrderEvent.to_state).where(OrderEvent.kind == OrderEventKind.PAYMENT)
    of_order = moves.where(OrderEvent.order_id == decode_id_of("Order", order["id"])).order_by(OrderEvent.number)
    async with writing(shop.engine) as session:
        assert list(await session.scalars(of_order)) == ["PAID", "CANCELLED"]
        found = await check_integrity(session, (*ORDER_CHECKS, *PAYMENT_CHECKS))
    assert found.findings == ()


async def test_transfer_is_waited_for(shop: Shop) -> None:
    guest = await shop.guest(of(await shop.variant()))

    result = await bought(guest, "100.00", payment=BY_TRANSFER)

    assert (result["order"]["status"], result["order"]["paymentStatus"]) == ("PENDING", "PENDING")
    order = await shop.order(result)
    assert order.expires_at is not None
    assert timedelta(days=7) - timedelta(minutes=1) < order.expires_at - order.placed_at < timedelta(days=7, minutes=1)
    assert await letters_about(shop, order) == ["order_placed"]
    told = {"name": EMAIL, "number": order.number, "total": "100.00 ETB", "instructions": INSTRUCTIONS}
    assert await scalar(shop.engine, TOLD) == told
    at_the_door = await shop.order(await bought(await shop.guest(of(await shop.variant())), "100.00"))
    assert await letters_about(shop, at_the_door) == ["order_confirmed"]
    assert at_the_door.expires_at is None


async def test_ways_to_pay_are_those_of_the_shop(shop: Shop) -> None:
    guest = await shop.guest(of(await shop.variant()))
    orders = await count_rows(shop.engine, Order)

    assert (await bought(guest, "100.00", payment=None))["__typename"] == "PaymentMissing"
    assert (await bought(guest, "100.00", payment={"kind": "CARD"}))["__typename"] == "PaymentKindNotOffered"
    assert await count_rows(shop.engine, Order) == orders


async def test_accounts_buy_under_their_own_name_and_see_their_orders(shop: Shop) -> None:
    variant = await shop.variant()
    user, stranger = [await add_account(shop.engine, SAFEGUARDS) for _ in range(2)]
    buyer = replace(shop.visitor, headers=shop.door.headers(user.id))
    await buyer.add(of(variant))

    result = await bought(buyer, "100.00")

    order = await shop.order(result)
    assert (order.user_id, order.email) == (user.id, user.email)
    seen = "query($id: ID!) { node(id: $id) { id } }"
    others = replace(shop.visitor, headers=shop.door.headers(stranger.id))
    guest = await shop.guest(of(variant))
    for viewer, found in ((buyer, {"id": result["order"]["id"]}), (others, None), (guest, None), (shop.visitor, None)):
        assert await viewer.post(seen, {"id": result["order"]["id"]}) == {"data": {"node": found}}


@pytest.mark.parametrize("key", ["", " ", "k" * 256, "k" * 10_000, "a\x00b"])
async def test_keys_that_are_none_are_refused(shop: Shop, key: str) -> None:
    guest = await shop.guest(of(await shop.variant()))

    body = await guest.post(read_document("Checkout"), {"input": {"expectedTotal": "100.00", "idempotencyKey": key}})

    assert body.get("errors") or body["data"]["checkout"]["__typename"] == "InvalidInput"
    assert (await guest.cart())["units"] == 1


async def test_guest_who_signs_in_finds_their_orders_with_the_account(shop: Shop) -> None:
    variant = await shop.variant()
    user = await add_account(shop.engine, SAFEGUARDS)
    async with writing(shop.engine) as session:
        code = await add_promo_code(session, amount=Decimal(10), limit_per_customer=1)
    guest, other = await shop.guest(of(variant)), await shop.guest(of(variant))
    await guest.send("ApplyPromoCode", code=code.code)
    order, foreign = await bought(guest, "90.00"), await bought(other, "100.00")
    await guest.add(of(variant, 3))

    await asyncio.gather(*(guest.send("SignIn", email=user.email, password=PASSWORD) for _ in range(3)))

    account = replace(shop.visitor, headers=shop.door.headers(user.id))
    orders = "{ orders(first: 5) { nodes { id events(first: 5) { nodes { text } } } } cart { units } }"
    seen = (await account.post(orders))["data"]
    assert [each["id"] for each in seen["orders"]["nodes"]] == [order["order"]["id"]]
    assert seen["cart"] == {"units": 3}
    assert (await guest.post(orders))["data"] == {"orders": {"nodes": []}, "cart": None}
    assert (await shop.order(foreign)).user_id is None
    adopted = await shop.order(order)
    assert (adopted.user_id, adopted.guest_id, adopted.cart_id) == (user.id, None, adopted.cart_id)
    async with writing(shop.engine) as session:
        notes = select(OrderEvent.text).where(OrderEvent.order_id == adopted.id, OrderEvent.kind == OrderEventKind.NOTE)
        assert list(await session.scalars(notes)) == [ADOPTED]
        assert (await session.get_one(Cart, adopted.cart_id)).user_id == user.id
    await account.send("ApplyPromoCode", code=code.code)
    assert (await bought(account, "290.00", "again"))["codes"] == [{"code": code.code, "reason": "USED_UP_BY_CUSTOMER"}]
