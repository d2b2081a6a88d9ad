"""A shop and one of its customers, from the first look at a cake until she leaves, by documents of `queries/` alone.

The server, which runs trusted documents only, the worker and Stripe's double are processes of their own.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Role
from server.seeding import load_demo
from tests.auth.accounts import PASSWORD as STAFF_PASSWORD
from tests.auth.accounts import add_account
from tests.forgotten import stored_texts
from tests.frontends import Follower, Frontend, Json
from tests.jobs import fetch
from tests.mail_server import MailServer, mail_server
from tests.patience import PATIENCE_SECONDS
from tests.processes import made_keys, running_process, serving_process
from tests.safeguards import SAFEGUARDS
from tests.stripe_double.objects import AUTHENTICATED
from tests.stripe_double.running import SECRET_KEY, WEBHOOK_SECRET, StripeDouble, running_double, signed

EMAIL, PASSWORD = "zewditu@example.com", "a long and quiet evening"
LINK = re.compile(r"https?://\S+token=\S+")
CAKE, SWITCH = "OC-CAKE-CHOC-1", "NC-NET-KIBO-8"
PAGES = {CAKE: "chocolate-cake", SWITCH: "kibo-8-port-gigabit-switch"}
CHOICE = {
    "flavor": "dark chocolate",
    "frosting": "fondant",
    "decorations": ["fresh roses"],
    "message": "Melkam lidet, Sara",
}
ADDRESS = {
    "name": "Zewditu Gebremariam",
    "line1": "Arada Lane 77",
    "city": "Addis Ababa",
    "countryCode": "ET",
    "phone": "+251 911 000 777",
}
TRACES = ("zewditu", "gebremariam", "arada lane", "911000777", "ring twice")
"""What the shop is told of her, in small letters."""

SUMS = {
    "subtotal": "10450.00",  # a cake at 1,350 with fondant (350) and roses (250), and two switches at 4,250
    "discount": "1045.00",
    "shipping": "422.80",  # 250, and 90 for each of 1.92 kg
    "tax": "1281.89",  # included: 228.91 + 997.83 + 55.15
    "total": "9827.80",
}
REFUND = "3825.00"
"""A switch, less ten percent."""


@dataclass(frozen=True, slots=True)
class Shop:
    """The demo shop, open."""

    http: httpx.AsyncClient
    engine: AsyncEngine
    inbox: MailServer
    stripe: StripeDouble
    folder: Path
    variables: Mapping[str, str]

    async def letter(self, *words: str) -> str:
        """Wait for a letter to the customer with all of these words."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for letter in self.inbox.received:
                    body = letter.get_body(("plain",))
                    text = "" if body is None else str(body.get_content())
                    if letter["To"] == EMAIL and all(word in text for word in words):
                        return text
                await asyncio.sleep(0.05)

    async def deliver_webhooks(self, reference: str) -> None:
        """Have Stripe tell all that it has told of a payment, once more, the last first."""
        for event in self.stripe.events(reference)[::-1]:
            body, signature = signed(event)
            answer = await self.http.post("/webhooks/stripe", content=body, headers={"Stripe-Signature": signature})
            assert answer.status_code == httpx.codes.OK

    async def hire(self, role: Role) -> Frontend:
        """Somebody of the shop's own, signed in."""
        user = await add_account(self.engine, SAFEGUARDS, role=role)
        return await Frontend(self.http).signed_in(user.email, STAFF_PASSWORD)


@pytest.fixture
async def shop(database_url: str, engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Shop]:
    await load_demo(engine)
    async with AsyncExitStack() as stack:
        inbox, stripe = stack.enter_context(mail_server()), stack.enter_context(running_double())
        variables = {
            **made_keys(),
            "DATABASE_URL": database_url,
            "JOB_TAKEOVER_SECONDS": "2",
            "OPERATION_TIMEOUT_SECONDS": str(PATIENCE_SECONDS),
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(inbox.port),
            "SMTP_SECURITY": "none",
            "STRIPE_API_BASE": stripe.base,
            "STRIPE_PUBLISHABLE_KEY": "pk_test_merkato",
            "STRIPE_SECRET_KEY": SECRET_KEY,
            "STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
            "TRUSTED_DOCUMENTS_ONLY": "true",
        }
        await stack.enter_async_context(running_process(tmp_path, variables, "worker"))
        http = await stack.enter_async_context(serving_process(tmp_path, variables))
        yield Shop(http, engine, inbox, stripe, tmp_path, variables)


async def test_from_the_first_look_until_she_leaves(shop: Shop) -> None:
    guest = await fill_cart(Frontend(shop.http))
    zewditu = await become_a_customer(shop, guest)
    packer, manager = await shop.hire(Role.STAFF), await shop.hire(Role.ADMIN)
    async with zewditu.following("OrderChanged") as told, packer.following("OrderPlaced") as placed:
        number = await pay(shop, zewditu, told, placed)
        await send_in_two_parcels(shop, packer, number, told)
        await review(zewditu, packer)
        await give_one_back(shop, manager, number, told)
    await assert_exact(shop, zewditu, manager, number)
    await leave(shop, zewditu)


async def fill_cart(visitor: Frontend) -> Frontend:
    """Look around, choose, be refused what cannot be had, and be a guest with a cake and a switch in the cart."""
    listed = (await visitor.ask("ProductList", filter={"categories": ["cakes"]}))["products"]["edges"]
    assert PAGES[CAKE] in [edge["node"]["slug"] for edge in listed]
    options = (await page_of(visitor, CAKE))["optionSchema"]
    assert {"option": "frosting", "value": "fondant", "amount": "350.00"} in options["surcharges"]
    cake = {"variantId": await key_of(visitor, CAKE), "quantity": 1}
    refused = await visitor.send("AddToCart", lines=[cake | {"customization": CHOICE | {"flavor": "durian"}}])
    assert refused["__typename"] == "CustomizationInvalid"

    added = await visitor.done("AddToCart", lines=[cake | {"customization": CHOICE}])
    guest = replace(visitor, headers={"guest-token": added["guestToken"]})
    await guest.done("AddToCart", lines=[{"variantId": await key_of(visitor, SWITCH), "quantity": 1}])
    assert await cart_of(guest) == {CAKE: (1, "1950.00"), SWITCH: (1, "4250.00")}
    return guest


async def become_a_customer(shop: Shop, guest: Frontend) -> Frontend:
    """Make an account, confirm it by the letter, put a switch into its cart on a laptop, and sign in on the phone."""
    await guest.done("SignUp", email=EMAIL, password=PASSWORD, firstName="Zewditu", lastName="Gebremariam")
    (link,) = LINK.findall(await shop.letter("verify-email"))
    await guest.done("VerifyEmail", token=parse_qs(urlsplit(link).query)["token"][0])
    laptop = await Frontend(shop.http).signed_in(EMAIL, PASSWORD)
    await laptop.done("AddToCart", lines=[{"variantId": await key_of(laptop, SWITCH), "quantity": 1}])

    phone = await guest.signed_in(EMAIL, PASSWORD)

    assert await cart_of(phone) == {CAKE: (1, "1950.00"), SWITCH: (2, "4250.00")}
    assert (await guest.ask("Cart"))["cart"] is None
    return phone


async def pay(shop: Shop, zewditu: Frontend, told: Follower, placed: Follower) -> str:
    """Apply a code, check out by card, and pass 3-D Secure; gives the number of the order."""
    await zewditu.done("SetCartDetails", shippingAddress=ADDRESS)
    offered = (await zewditu.ask("Cart"))["cart"]["availableShippingMethods"]
    (parcel,) = [each["method"]["id"] for each in offered if each["method"]["name"] == "Parcel"]
    await zewditu.done("SetCartDetails", shippingMethodId=parcel)
    await zewditu.done("ApplyPromoCode", code="WELCOME10")
    totals = (await zewditu.ask("Cart"))["cart"]["totals"]
    assert {name: totals[name]["amount"] for name in SUMS} == SUMS
    (card,) = [each for each in (await zewditu.ask("PaymentOptions"))["paymentOptions"] if each["kind"] == "CARD"]
    assert card["publicKey"] == "pk_test_merkato"
    payment = {"kind": "CARD", "source": AUTHENTICATED, "returnUrl": "https://shop.example/thanks"}

    given = {"expectedTotal": SUMS["total"], "payment": payment, "customerNote": "Ring twice."}
    checked_out = await zewditu.done("Checkout", **given, idempotencyKey="birthday")

    number = str(checked_out["order"]["number"])
    assert (checked_out["order"]["status"], checked_out["payment"]["status"]) == ("PENDING", "REQUIRES_ACTION")
    await placed.until(number=number, status="PENDING")
    intent = checked_out["clientSecret"].partition("_secret_")[0]
    shop.stripe.control("authenticate", id=intent, succeeds=True)
    await shop.deliver_webhooks(intent)
    await told.until(number=number, status="CONFIRMED", paymentStatus="PAID")
    await shop.letter(number, "It is confirmed", f"{SUMS['total']} ETB")
    return number


async def send_in_two_parcels(shop: Shop, packer: Frontend, number: str, told: Follower) -> None:
    """The cake goes at once, the switches a day later; each with a letter."""
    order = await order_of(packer, number)
    lines = {line["sku"]: line["id"] for line in order["lines"]}
    cake = next(line for line in order["lines"] if line["sku"] == CAKE)
    assert cake["customization"] == CHOICE
    moved = await packer.done("MoveOrder", id=order["id"], status="PREPARING", expectedVersion=order["version"])
    packed = await packer.done(
        "FulfilOrder",
        id=order["id"],
        expectedVersion=moved["version"],
        lines=[{"lineId": lines[CAKE], "quantity": 1}],
        carrier="Bole Riders",
        trackingNumber="BR-1",
        isShipped=True,
    )
    await told.until(number=number, fulfillmentStatus="PARTIAL")
    packed = await packer.done(
        "FulfilOrder",
        id=order["id"],
        expectedVersion=packed["version"],
        lines=[{"lineId": lines[SWITCH], "quantity": 2}],
        carrier="Ethio Post",
        trackingNumber="EP-2",
        estimatedDelivery="2026-12-24",
    )
    first, second = [parcel["id"] for parcel in packed["fulfillments"]]
    await packer.done("MarkFulfillmentShipped", id=second)
    await told.until(number=number, fulfillmentStatus="SHIPPED")
    for parcel in (first, second):
        await packer.done("MarkFulfillmentDelivered", id=parcel)
    parcels = (await told.until(number=number, status="DELIVERED"))["fulfillments"]
    assert [parcel["trackingNumber"] for parcel in parcels] == ["BR-1", "EP-2"]
    for words in (("Bole Riders", "BR-1"), ("Ethio Post", "EP-2", "24 December 2026"), ("has arrived",)):
        await shop.letter(number, *words)


async def review(zewditu: Frontend, packer: Frontend) -> None:
    """Say what the cake was like; once somebody has read it, everybody does."""
    cake = (await page_of(zewditu, CAKE))["id"]
    written = await zewditu.done(
        "WriteReview", product=cake, rating=5, title="Gone in minutes", comment="Sara was glad."
    )
    assert (written["isVerifiedPurchase"], written["status"]) == (True, "PENDING")
    await packer.done("ApproveReviews", reviews=[{"id": written["id"], "expectedVersion": written["version"]}])
    newest = (await page_of(Frontend(zewditu.http), CAKE))["reviews"]["nodes"][0]
    assert (newest["title"], newest["isVerifiedPurchase"]) == ("Gone in minutes", True)


async def give_one_back(shop: Shop, manager: Frontend, number: str, told: Follower) -> None:
    """One of the switches came back, and its price goes back."""
    order = await order_of(manager, number)
    (line,) = [each["id"] for each in order["lines"] if each["sku"] == SWITCH]
    units = [{"lineId": line, "quantity": 1}]
    given = {"orderId": order["id"], "lines": units, "reason": "A port is dead.", "restocks": True}
    begun = [await manager.done("RefundOrder", **given, idempotencyKey="port") for _ in range(2)]
    assert [each["amount"]["amount"] for each in begun] == [REFUND, REFUND]
    await told.until(number=number, paymentStatus="PARTIALLY_REFUNDED")
    await shop.letter(number, f"gave back {REFUND} ETB")


async def assert_exact(shop: Shop, zewditu: Frontend, manager: Frontend, number: str) -> None:
    """Money and stock are as they should be, here and at Stripe."""
    order = await order_of(zewditu, number)
    assert (order["total"]["amount"], order["refundedTotal"]["amount"]) == (SUMS["total"], REFUND)
    assert [refund["amount"] for refund in shop.stripe.control("look")["refunds"]] == [382500]
    assert [intent["amount_received"] for intent in shop.stripe.control("look")["intents"]] == [982780]
    variants = [await key_of(zewditu, sku) for sku in (CAKE, SWITCH)]
    levels = (await manager.ask("StockLevels", filter={"variants": variants}))["stockLevels"]["nodes"]
    units = {level["variant"]["sku"]: (level["quantity"], level["reserved"]) for level in levels}
    assert units == {CAKE: (24 - 1, 0), SWITCH: (64 - 2 + 1, 0)}
    codes = (await manager.ask("PromoCodes"))["promoCodes"]["nodes"]
    assert {code["code"]: code["usedCount"] for code in codes} == {"WELCOME10": 1, "SAVE5": 0}


async def leave(shop: Shop, zewditu: Frontend) -> None:
    """Delete the account with something in its cart: what was bought stays on the books, and not by whom."""
    await zewditu.done("AddToCart", lines=[{"variantId": await key_of(zewditu, SWITCH), "quantity": 1}])
    await zewditu.done("SetCartDetails", shippingAddress=ADDRESS)
    assert {trace for trace in TRACES for stored in (await stored_texts(shop.engine)).values() if trace in stored} == {
        *TRACES
    }

    await zewditu.done("DeleteMyAccount", password=PASSWORD)

    async with asyncio.timeout(PATIENCE_SECONDS):
        while await fetch(shop.engine, "SELECT 1 FROM pgqueuer WHERE entrypoint = 'send_mail'"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    stored = await stored_texts(shop.engine)
    assert [(name, trace) for name, text in stored.items() for trace in TRACES if trace in text] == []
    assert "melkam lidet" in stored["order_lines"]
    await assert_whole(shop)


async def assert_whole(shop: Shop) -> None:
    """Every promise holds, says the command."""
    async with running_process(shop.folder, shop.variables, "check-integrity") as check:
        code = await check.wait()
    assert code == 0, (shop.folder / "check-integrity.log").read_text(encoding="utf-8")


async def page_of(viewer: Frontend, sku: str) -> Json:
    """The page of the product."""
    return dict((await viewer.ask("ProductPage", slug=PAGES[sku]))["product"])


async def key_of(viewer: Frontend, sku: str) -> str:
    """The id of the variant, as its product's page tells it."""
    variants = (await page_of(viewer, sku))["variants"]["nodes"]
    return str(next(variant["id"] for variant in variants if variant["sku"] == sku))


async def cart_of(buyer: Frontend) -> dict[str, tuple[int, str]]:
    """How many of what are in the cart, and what each costs."""
    lines = (await buyer.ask("Cart"))["cart"]["lines"]
    return {line["variant"]["sku"]: (line["quantity"], line["unitPrice"]["amount"]) for line in lines}


async def order_of(viewer: Frontend, number: str) -> Json:
    """The page of the order."""
    return dict((await viewer.ask("OrderPage", number=number))["order"])
