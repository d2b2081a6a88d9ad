"""Cards that are kept for the next time: through checkout, with the double of Stripe."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.payment_methods import FORGET_SOURCE, KEEP_SOURCE, forget_methods
from domain.payment_providers import PaymentProviders
from domain.payments import CHECK_PAYMENT
from integrations.stripe_payments import StripePayments
from models import PaymentMethod, ProductVariant
from resolvers.ids import decode_id_of
from server.payment_method_jobs import payment_method_handlers
from tests.auth.accounts import add_account
from tests.buyers import Buyer, of
from tests.factories import add_payment_method, add_product, add_user, writing
from tests.payments.card_shop import taking_cards
from tests.payments.scenes import jobs_of
from tests.safeguards import SAFEGUARDS
from tests.signed_in import Door
from tests.stripe_double.objects import GOOD
from tests.stripe_double.running import StripeDouble

Json = dict[str, Any]

METHODS = "{ viewer { paymentMethods { id kind label isActive } } }"
WAITING = text(
    "SELECT convert_from(payload, 'UTF8')::jsonb ->> 'reference' FROM pgqueuer WHERE entrypoint = :name ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class Shop:
    """A server with an account at the double, and what its worker does."""

    engine: AsyncEngine
    door: Door
    visitor: Buyer
    stripe: StripePayments

    async def work(self, name: str, payload: Json) -> None:
        """Do a job, twice at once."""
        providers = PaymentProviders({self.stripe.name: self.stripe})
        handler = payment_method_handlers(self.engine, providers, SAFEGUARDS.vault)[name]
        await asyncio.gather(*(handler(uuid4(), payload) for _ in range(2)))

    async def bought(self, buyer: Buyer, key: str, **means: Any) -> Json:
        """What becomes of buying something new by card."""
        async with writing(self.engine) as session:
            product = await add_product(session, price=Decimal(100))
            variant = update(ProductVariant).where(ProductVariant.product_id == product.id)
            await session.execute(variant.values(requires_shipping=False))
        await buyer.send("ClearCart") if await buyer.cart() else None
        await buyer.add(of(product.default_variant_id))
        payment = {"kind": "CARD", **means}
        return await buyer.send("Checkout", expectedTotal="100.00", idempotencyKey=key, payment=payment)

    async def kept(self, result: Json) -> None:
        """Do what follows when a payment is done."""
        await self.work(KEEP_SOURCE, {"payment": str(decode_id_of("Payment", result["payment"]["id"]))})

    async def to_forget(self) -> list[str]:
        """The sources that are about to be forgotten."""
        async with writing(self.engine) as session:
            return list(await session.scalars(WAITING, {"name": FORGET_SOURCE}))


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str, double: StripeDouble) -> AsyncIterator[Shop]:
    stripe = StripePayments(double.account())
    async with taking_cards(postgres, migrated, double) as opened:
        yield Shop(opened.engine, opened.door, opened.visitor, stripe)
    await stripe.close()


async def methods_of(buyer: Buyer) -> list[Json]:
    """The ways to pay that the account has kept."""
    body = await buyer.post(METHODS)
    return list(body["data"]["viewer"]["paymentMethods"])


async def test_card_is_kept_once_paid_with_again_and_forgotten(shop: Shop, double: StripeDouble) -> None:
    user, other = [await add_account(shop.engine, SAFEGUARDS) for _ in range(2)]
    buyer, stranger = [replace(shop.visitor, headers=shop.door.headers(each.id)) for each in (user, other)]

    first = await shop.bought(buyer, "first", source=GOOD, keepsSource=True)
    assert (first["order"]["status"], first["payment"]["status"]) == ("CONFIRMED", "CAPTURED")
    assert await jobs_of(shop.engine, CHECK_PAYMENT, decode_id_of("Payment", first["payment"]["id"])) == 1
    assert await methods_of(buyer) == []
    await shop.kept(first)
    (card,) = await methods_of(buyer)
    assert card == {"id": card["id"], "kind": "CARD", "label": "Visa, ending in 4242", "isActive": True}

    again = await shop.bought(buyer, "again", paymentMethodId=card["id"])
    assert again["payment"]["status"] == "CAPTURED"
    one, two = [double.intents(decode_id_of("Payment", each["payment"]["id"]))[0] for each in (first, again)]
    assert (two["customer"], two["payment_method"]) == (one["customer"], one["payment_method"])
    assert (await shop.bought(stranger, "theirs", paymentMethodId=card["id"]))["__typename"] == "PaymentMethodNotFound"
    both = await shop.bought(buyer, "both", paymentMethodId=card["id"], source=GOOD)
    assert both["__typename"] == "InvalidInput"

    await shop.kept(await shop.bought(buyer, "same", source=GOOD, keepsSource=True))
    assert await methods_of(buyer) == [card]
    (twin, *_) = await shop.to_forget()
    assert twin != one["payment_method"]
    assert (await buyer.send("DeletePaymentMethod", id=card["id"]))["__typename"] == "Done"
    assert one["payment_method"] in await shop.to_forget()
    await shop.work(FORGET_SOURCE, {"provider": "stripe", "reference": one["payment_method"]})
    assert one["payment_method"] not in [each["id"] for each in double.control("look")["methods"]]
    assert (await shop.bought(buyer, "gone", paymentMethodId=card["id"]))["__typename"] == "PaymentMethodNotFound"


async def test_nothing_is_kept_for_guests_nor_of_whoever_leaves(shop: Shop) -> None:
    async with writing(shop.engine) as session:
        variant = (await add_product(session)).default_variant_id
    guest = await shop.visitor.as_guest(of(variant))
    await guest.send("SetCartDetails", email="hana@example.org")
    refused = await shop.bought(guest, "kept", source=GOOD, keepsSource=True)
    assert [each["path"] for each in refused["fields"]] == [["input", "payment", "keepsSource"]]

    user = await add_account(shop.engine, SAFEGUARDS)
    buyer = replace(shop.visitor, headers=shop.door.headers(user.id))
    await shop.kept(await shop.bought(buyer, "last", source=GOOD, keepsSource=True))
    async with writing(shop.engine) as session:
        kept = select(PaymentMethod).where(PaymentMethod.user_id == user.id)
        sealed = (await session.scalars(kept)).one().encrypted_details
        assert b"pm_" not in sealed
        before = len(list(await session.scalars(WAITING, {"name": FORGET_SOURCE})))
        await forget_methods(session, SAFEGUARDS.vault, user.id)
    assert await methods_of(buyer) == []
    assert len(await shop.to_forget()) == before + 1


async def test_whoever_leaves_is_not_kept_by_a_card_that_nobody_can_read(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    async with writing(shop.engine) as session:
        user = await add_user(session)
        unreadable = await add_payment_method(session, user, encrypted_details=b"v1:lost:key")
        readable = await add_payment_method(session, user)
    before = len(await shop.to_forget())
    async with writing(shop.engine) as session:
        await forget_methods(session, SAFEGUARDS.vault, user.id)
        left = select(PaymentMethod.id).where(PaymentMethod.user_id == user.id)
        assert (await session.scalars(left)).all() == []
    assert len(await shop.to_forget()) == before + 1
    assert str(unreadable.id) in caplog.text
    assert str(readable.id) not in caplog.text
