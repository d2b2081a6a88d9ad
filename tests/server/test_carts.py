"""Carts over HTTP, with the documents that frontends send: whose they are, what is in them, and what is refused."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.guests import guest_id_of
from auth.viewer import Viewer
from models import Cart, CartLine, Product, ProductVariant, Role, StockLevel
from resolvers.ids import encode_id
from tests.api import run_reference
from tests.auth.accounts import PASSWORD, add_account
from tests.buyers import Buyer, of, read_document
from tests.factories import (
    add_address,
    add_product,
    add_promo_code,
    add_shipping_method,
    add_user,
    add_variant,
    new_id,
    shared_engine,
    writing,
)
from tests.patience import PATIENCE_SECONDS
from tests.safeguards import SAFEGUARDS
from tests.server.websockets.talking import talking
from tests.signed_in import Door, open_door
from tests.statements import execute, noted

QUERIES = Path(__file__).parents[2] / "queries"
PUBLIC = "{ products(first: 3) { nodes { name } } }"

Json = dict[str, Any]

CAKE: Json = {
    "type": "object",
    "required": ["flavor", "size"],
    "properties": {
        "flavor": {"enum": ["chocolate", "vanilla"]},
        "size": {"enum": ["15 cm", "20 cm"]},
        "toppings": {"type": "array", "items": {"enum": ["nuts", "berries"]}, "uniqueItems": True, "maxItems": 2},
        "message": {"type": "string", "maxLength": 10},
    },
}
SURCHARGES = [
    {"option": "size", "value": "20 cm", "amount": "350.00"},
    {"option": "toppings", "value": "berries", "amount": "40.50"},
]


@dataclass(frozen=True, slots=True)
class Shop:
    """A server on a database of these tests' own."""

    engine: AsyncEngine
    door: Door
    visitor: Buyer

    async def variant(self, stock: int | None = 20, **values: Any) -> UUID:
        """Something new to buy."""
        async with writing(self.engine) as session:
            return (await add_product(session, stock=stock, **values)).default_variant_id

    async def cake(self) -> UUID:
        """Something that is made to order."""
        async with writing(self.engine) as session:
            staff = await add_user(session, role=Role.STAFF)
            product = await add_product(session, price=Decimal("800.00"))
        keeper = replace(self.visitor, headers=self.door.headers(staff.id, Role.STAFF))
        set_ = await keeper.send(
            "SetProductOptionSchema",
            productId=encode_id("Product", product.id),
            definition=CAKE,
            surcharges=SURCHARGES,
        )
        assert set_["isCustomizable"]
        return product.default_variant_id

    async def count(self, model: type[Cart | CartLine]) -> int:
        """How many rows there are."""
        async with AsyncSession(self.engine) as session:
            return await session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[Shop]:
    """The server, whose tests buy things of their own."""
    async with shared_engine(postgres, migrated) as engine:
        with open_door(str(engine.get_execution_options()["url"])) as door:
            async with httpx.AsyncClient(
                base_url=door.http.base_url, trust_env=False, timeout=PATIENCE_SECONDS
            ) as http:
                yield Shop(engine, door, Buyer(http))


# Whose carts are


async def test_visitor_becomes_a_guest_with_the_first_line(shop: Shop) -> None:
    variant = await shop.variant()
    assert await shop.visitor.cart() is None
    added = await shop.visitor.add(of(variant, 2))
    guest = shop.visitor.with_token(added["guestToken"])
    again = await guest.add(of(variant, 3))

    assert len(added["guestToken"]) == 43
    assert again["guestToken"] is None
    cart = await guest.cart()
    assert (cart["id"], cart["version"], cart["units"]) == (added["cart"]["id"], 2, 5)
    (line,) = cart["lines"]
    assert (line["quantity"], line["unitPrice"], line["subtotal"]) == (5, {"amount": "100.00"}, {"amount": "500.00"})
    assert cart["problems"] == []
    node = await guest.post("query($id: ID!) { node(id: $id) { ... on Cart { units } } }", {"id": cart["id"]})
    assert node == {"data": {"node": {"units": 5}}}


async def test_nobody_gets_the_cart_of_another(shop: Shop) -> None:
    variant = await shop.variant()
    guests = [await shop.visitor.as_guest(of(variant, units)) for units in (1, 2)]
    user = await add_account(shop.engine, SAFEGUARDS)
    account = replace(shop.visitor, headers=shop.door.headers(user.id))
    assert (await account.add(of(variant, 3)))["guestToken"] is None
    strangers = [shop.visitor, shop.visitor.with_token("A" * 43), shop.visitor.with_token("1")]
    query = "{ cart { units lines { quantity } } products(first: 1) { totalCount } }"

    async def units(buyer: Buyer) -> int | None:
        cart = (await buyer.post(query))["data"]["cart"]
        return None if cart is None else int(cart["units"])

    for _ in range(3):
        seen = await asyncio.gather(*map(units, (*guests, account, *strangers)))
        assert seen == [1, 2, 3, None, None, None]
    theirs = (await guests[0].cart())["id"]
    node = "query($id: ID!) { node(id: $id) { id } }"
    for buyer in (guests[1], account, *strangers):
        assert await buyer.post(node, {"id": theirs}) == {"data": {"node": None}}


async def test_guests_get_what_is_kept_for_visitors(shop: Shop) -> None:
    guests = [await shop.visitor.as_guest(of(await shop.variant())) for _ in range(2)]
    before = await hits(shop)
    answers = [await buyer.post(PUBLIC) for _ in range(3) for buyer in (shop.visitor, *guests)]
    assert all(answer == answers[0] for answer in answers)
    assert await hits(shop) >= before + 4


async def hits(shop: Shop) -> float:
    """How many answers were kept ones."""
    lines = (await shop.visitor.http.get("/metrics")).text.splitlines()
    kept = [line for line in lines if line.startswith("merkato_responses_total{") and 'result="hit"' in line]
    return sum(float(line.rpartition(" ")[2]) for line in kept)


async def test_unusable_token_gives_an_empty_cart_and_a_new_token(shop: Shop) -> None:
    variant = await shop.variant()
    for token in ("", "x", "A" * 44, "é" * 43):
        guest = replace(shop.visitor, headers={"guest-token": token.encode("latin-1")})  # type: ignore[dict-item]
        assert await guest.cart() is None
        assert len((await guest.add(of(variant)))["guestToken"]) == 43


async def test_socket_takes_the_token_of_a_guest(shop: Shop) -> None:
    guest = await shop.visitor.as_guest(of(await shop.variant(), 4))
    async with talking(str(shop.door.http.base_url).rstrip("/")) as talk:
        await talk.introduce({"guestToken": guest.headers["guest-token"]})
        heard = await talk.ask("{ cart { units } }")
    assert heard[0]["payload"] == {"data": {"cart": {"units": 4}}}


# What is put in and taken out


async def test_refused_lines_change_nothing(shop: Shop) -> None:
    variant, hidden = await shop.variant(), await shop.variant(is_active=False)
    guest = await shop.visitor.as_guest(of(variant))
    foreign = await shop.variant(currency="USD")
    carts, lines = await shop.count(Cart), await shop.count(CartLine)
    refused = {
        "VariantNotForSale": [of(new_id()), of(hidden), of(foreign)],
        "InvalidInput": [of(variant, 0), of(variant, -1), of(variant, 10_000), of(variant, 9_999)],
        "NotCustomizable": [of(variant, message="Hello")],
    }
    for kind, wanted in refused.items():
        for line in wanted:
            assert (await guest.add(of(variant, 2), line))["__typename"] == kind
    assert (await shop.visitor.add(of(hidden)))["__typename"] == "VariantNotForSale"
    beyond = await guest.post(read_document("AddToCart"), {"input": {"lines": [of(variant, 2**31)]}})
    assert [error["extensions"]["code"] for error in beyond["errors"]] == ["BAD_USER_INPUT"]
    cart = await guest.cart()
    assert (cart["version"], cart["units"]) == (1, 1)
    assert (await shop.count(Cart), await shop.count(CartLine)) == (carts, lines)


async def test_cart_holds_a_hundred_lines(shop: Shop) -> None:
    async with writing(shop.engine) as session:
        product = await add_product(session)
        variants = [(await add_variant(session, product, stock=None)).id for _ in range(100)]
    guest = await shop.visitor.as_guest(*map(of, variants))
    again = await guest.add(*map(of, variants))
    refused = await guest.add(of(await shop.variant()))

    assert (len(again["cart"]["lines"]), again["cart"]["units"]) == (100, 200)
    assert refused["__typename"] == "TooManyCartLines"
    assert (await guest.cart())["units"] == 200


async def test_lines_that_are_added_at_once_sum_up(shop: Shop) -> None:
    first, second = await shop.variant(), await shop.variant()
    guest = await shop.visitor.as_guest(of(first), of(second))
    orders = [(of(first), of(second)), (of(second), of(first, 2))]
    results = await asyncio.gather(*(guest.add(*orders[number % 2]) for number in range(20)))

    assert {result["__typename"] for result in results} == {"AddedToCart"}
    cart = await guest.cart()
    assert {line["quantity"] for line in cart["lines"]} == {1 + 10 + 20, 1 + 10 + 10}
    assert cart["version"] == 21


async def test_lines_change_and_go(shop: Shop) -> None:
    variants = [await shop.variant() for _ in range(3)]
    guest = await shop.visitor.as_guest(*map(of, variants))
    other = await shop.visitor.as_guest(of(variants[0]))
    ids = [line["id"] for line in (await guest.cart())["lines"]]
    (theirs,) = [line["id"] for line in (await other.cart())["lines"]]

    changes = [{"lineId": ids[0], "quantity": 7}, {"lineId": ids[1], "quantity": 0}]
    changed = await guest.send("UpdateCartLines", lines=changes)
    assert [(line["id"], line["quantity"]) for line in changed["lines"]] == [(ids[0], 7), (ids[2], 1)]
    missing = await guest.send("UpdateCartLines", lines=[{"lineId": theirs, "quantity": 5}])
    assert missing["__typename"] == "CartLineNotFound"
    removed = await guest.send("RemoveFromCart", lineIds=[ids[0], ids[1], theirs])
    assert [line["id"] for line in removed["lines"]] == [ids[2]]
    assert [line["quantity"] for line in (await other.cart())["lines"]] == [1]
    assert (await guest.send("ClearCart"))["lines"] == []
    assert (await shop.visitor.send("ClearCart"))["__typename"] == "CartNotFound"


async def test_cart_lives_for_a_day_after_each_change(shop: Shop) -> None:
    guest = await shop.visitor.as_guest(of(await shop.variant()))
    lines = [{"lineId": (await guest.cart())["lines"][0]["id"], "quantity": 2}]
    changes: list[tuple[str, Json]] = [
        ("AddToCart", {"lines": [of(await shop.variant())]}),
        ("UpdateCartLines", {"lines": lines}),
        ("SetCartDetails", {"countryCode": "ET"}),
    ]
    nearly_over = datetime.now(UTC) + timedelta(minutes=1)
    for name, given in changes:
        await execute(shop.engine, update(Cart).values(expires_at=nearly_over))
        before = datetime.now(UTC)
        await guest.send(name, **given)
        expires_at = datetime.fromisoformat((await guest.cart())["expiresAt"])
        assert before <= expires_at - timedelta(hours=24) + timedelta(milliseconds=1) <= datetime.now(UTC), name


async def test_line_that_is_meant_twice_changes_nothing(shop: Shop) -> None:
    guest = await shop.visitor.as_guest(of(await shop.variant()), of(await shop.variant()))
    first, second = [line["id"] for line in (await guest.cart())["lines"]]
    wish = [{"lineId": first, "quantity": 3}, {"lineId": second, "quantity": 4}, {"lineId": first, "quantity": 5}]

    refused = await guest.send("UpdateCartLines", lines=wish)

    assert refused["__typename"] == "InvalidInput"
    assert refused["fields"] == [{"path": ["input", "lines"], "message": "Each may stand there once."}]
    cart = await guest.cart()
    assert (cart["version"], [line["quantity"] for line in cart["lines"]]) == (1, [1, 1])


# What stands in the way


async def test_prices_and_stock_are_those_of_the_moment(shop: Shop) -> None:
    dearer, scarce, gone = await shop.variant(), await shop.variant(stock=3), await shop.variant()
    guest = await shop.visitor.as_guest(of(dearer, 2), of(scarce, 5), of(gone))
    async with writing(shop.engine) as session:
        await session.execute(update(ProductVariant).where(ProductVariant.id == dearer).values(price=Decimal(120)))
        product = select(ProductVariant.product_id).where(ProductVariant.id == gone).scalar_subquery()
        await session.execute(update(Product).where(Product.id == product).values(is_active=False))

    cart = await guest.cart()
    by_kind = {problem["__typename"]: problem for problem in cart["problems"]}
    assert sorted(by_kind) == ["LineNoLongerSold", "LineOutOfStock", "LinePriceChanged"]
    assert by_kind["LineOutOfStock"]["left"] == 3
    assert (by_kind["LinePriceChanged"]["seen"], by_kind["LinePriceChanged"]["now"]) == (
        {"amount": "100.00"},
        {"amount": "120.00"},
    )
    assert [line["variant"] is None for line in cart["lines"]].count(True) == 1
    await guest.send("ConfirmCartPrices")
    kinds = [problem["__typename"] for problem in (await guest.cart())["problems"]]
    assert sorted(kinds) == ["LineNoLongerSold", "LineOutOfStock"]


async def test_lines_of_a_variant_share_its_units(shop: Shop) -> None:
    cake = await shop.cake()
    async with writing(shop.engine) as session:
        await session.execute(update(StockLevel).where(StockLevel.variant_id == cake).values(quantity=3))
    choice = {"flavor": "vanilla", "size": "15 cm"}
    guest = await shop.visitor.as_guest(of(cake, 2, **choice), of(cake, 2, **{**choice, "message": "Melkam"}))
    cart = await guest.cart()
    (problem,) = cart["problems"]
    assert (problem["__typename"], problem["left"]) == ("LineOutOfStock", 1)
    assert problem["line"] == {"id": cart["lines"][1]["id"]}


# What is made to order


async def test_choices_make_lines_and_add_to_the_price(shop: Shop) -> None:
    cake = await shop.cake()
    large: Json = {"size": "20 cm", "flavor": "chocolate", "toppings": ["nuts", "berries"]}
    guest = await shop.visitor.as_guest(of(cake, **large), of(cake, flavor="vanilla", size="15 cm"))
    await guest.add(of(cake, 2, flavor="chocolate", toppings=["nuts", "berries"], size="20 cm"))
    lines = {line["unitPrice"]["amount"]: line for line in (await guest.cart())["lines"]}
    assert {price: line["quantity"] for price, line in lines.items()} == {"1190.50": 3, "800.00": 1}
    assert lines["1190.50"]["customization"] == large


async def test_choice_that_cannot_be_had_is_refused_by_option(shop: Shop) -> None:
    cake = await shop.cake()
    chosen: Json = {"size": "3 m", "message": "M" * 11, "colour": "red", "toppings": ["nuts", "nuts"]}
    refused = await shop.visitor.add(of(cake, **chosen))
    assert refused["__typename"] == "CustomizationInvalid"
    assert {tuple(each["path"]): each["message"] for each in refused["options"]} == {
        ("flavor",): "It has to be chosen.",
        ("size",): "It must be one of 15 cm, 20 cm.",
        ("message",): "It has 11 characters; 10 are the most.",
        ("colour",): "There is no such option.",
        ("toppings",): "Something was chosen twice.",
    }
    assert (await shop.visitor.add(of(cake)))["__typename"] == "CustomizationInvalid"
    hostile: list[Any] = [
        {"message": "\x00"},
        {"message": "x" * 5_000},
        {"a": {"a": {"a": {"a": {"a": {}}}}}},
        {"n": 2**60},
    ]
    for customization in hostile:
        refused = await shop.visitor.send("AddToCart", lines=[{**of(cake), "customization": customization}])
        assert refused["__typename"] in {"InvalidInput", "CustomizationInvalid"}


async def test_options_that_change_are_a_problem_of_the_cart(shop: Shop) -> None:
    cake = await shop.cake()
    guest = await shop.visitor.as_guest(of(cake, flavor="vanilla", size="15 cm"))
    async with writing(shop.engine) as session:
        product = (await session.get_one(ProductVariant, cake)).product_id
    admin = replace(shop.visitor, headers=shop.door.headers(new_id(), Role.ADMIN))
    given = {"productId": encode_id("Product", product), "definition": None}
    assert (await admin.send("SetProductOptionSchema", **given))["optionSchema"] is None
    (problem,) = (await guest.cart())["problems"]
    assert problem["__typename"] == "LineChoiceImpossible"


# What it costs


async def test_totals_are_those_that_are_paid(shop: Shop) -> None:
    async with writing(shop.engine) as session:
        tenth = (await add_promo_code(session)).code
        large = (await add_promo_code(session, minimum_subtotal=Decimal(1_000))).code
        method = await add_shipping_method(session, name="Rider", price=Decimal("57.50"))
    guest = await shop.visitor.as_guest(of(await shop.variant(), 2), of(await shop.variant()))
    for code in (tenth, large):
        await guest.send("ApplyPromoCode", code=code)
    chosen = await guest.send("SetCartDetails", shippingMethodId=encode_id("ShippingMethod", method.id))
    cart = await guest.cart()

    assert chosen["shippingMethod"]["name"] == "Rider"
    totals = cart["totals"]
    amounts = {name: totals[name]["amount"] for name in ("subtotal", "discount", "shipping", "tax", "total")}
    assert amounts == {
        "subtotal": "300.00",
        "discount": "30.00",
        "shipping": "57.50",
        "tax": "42.72",  # 15 of 115 parts of 180, 90 and 57.50, each rounded
        "total": "327.50",
    }
    assert [line["total"]["amount"] for line in totals["lines"]] == ["180.00", "90.00"]
    assert totals["promoCodes"] == [{"code": tenth, "amount": {"amount": "30.00"}}]
    (problem,) = cart["problems"]
    assert (problem["code"], problem["reason"], problem["missing"]) == (large, "BELOW_MINIMUM", "700.00")
    offers = {offer["method"]["name"]: offer["price"]["amount"] for offer in cart["availableShippingMethods"]}
    assert offers["Rider"] == "57.50"


async def test_cart_that_cannot_be_sent_says_so(shop: Shop) -> None:
    async with writing(shop.engine) as session:
        method = await add_shipping_method(session, countries=["KE"])
    guest = await shop.visitor.as_guest(of(await shop.variant()))
    await guest.send("SetCartDetails", shippingMethodId=encode_id("ShippingMethod", method.id))
    assert [problem["__typename"] for problem in (await guest.cart())["problems"]] == ["ShippingMethodUnavailable"]
    await guest.send("SetCartDetails", countryCode="US", shippingMethodId=None)
    assert [problem["__typename"] for problem in (await guest.cart())["problems"]] == ["CountryNotServed"]


async def test_cart_that_costs_more_than_money_can_be_says_so(shop: Shop) -> None:
    dear = await shop.variant(stock=20_000, price=Decimal("9999999.99"))
    guest = await shop.visitor.as_guest(of(dear, 2_000))
    cart = await guest.cart()
    assert (cart["totals"], cart["availableShippingMethods"]) == (None, [])
    assert cart["problems"] == [
        {
            "__typename": "CartTotalTooLarge",
            "message": "Altogether it costs more than 9999999999.99. Order less at once.",
        }
    ]
    await guest.send("UpdateCartLines", lines=[{"lineId": cart["lines"][0]["id"], "quantity": 1_000}])
    cart = await guest.cart()
    assert (cart["problems"], cart["totals"]["total"]["amount"]) == ([], "9999999990.00")


async def test_cart_of_many_lines_costs_no_more_statements(shop: Shop) -> None:
    variants = [await shop.variant() for _ in range(12)]
    counts = []
    for wanted in (variants[:1], variants):
        guest = await shop.visitor.as_guest(*map(of, wanted))
        viewer = Viewer(guest_id=guest_id_of(guest.headers["guest-token"]))
        async with noted(shop.engine) as statements:
            body = await run_reference(shop.engine, (QUERIES / "Cart.graphql").read_text(encoding="utf-8"), viewer)
        assert len(body["data"]["cart"]["lines"]) == len(wanted)
        counts.append(len(statements))
    assert counts[0] == counts[1] < 15


# What is said besides


async def test_codes_are_kept_as_they_are_stored(shop: Shop) -> None:
    async with writing(shop.engine) as session:
        codes = [(await add_promo_code(session)).code for _ in range(6)]
    guest = await shop.visitor.as_guest(of(await shop.variant()))
    assert (await guest.send("ApplyPromoCode", code="NO-SUCH-CODE"))["__typename"] == "PromoCodeUnknown"
    for code in (*codes[:5], codes[0].lower()):
        applied = await guest.send("ApplyPromoCode", code=f" {code} ")
    assert applied["promoCodes"] == codes[:5]
    assert (await guest.send("ApplyPromoCode", code=codes[5]))["__typename"] == "TooManyPromoCodes"
    assert (await guest.send("RemovePromoCode", code=codes[0]))["promoCodes"] == codes[1:5]


async def test_details_are_checked_and_stay(shop: Shop) -> None:
    async with writing(shop.engine) as session:
        user = await add_user(session)
        book, foreign = await add_address(session, user, company="Kibo"), await add_address(session)
    variant = await shop.variant()
    guest = await shop.visitor.as_guest(of(variant))
    account = replace(shop.visitor, headers=shop.door.headers(user.id))
    await account.add(of(variant))
    address = {
        "name": "Selam",
        "line1": "Bole Road 1",
        "city": "Addis Ababa",
        "countryCode": "et",
        "phone": "+251 911 1",
    }

    said = await guest.send("SetCartDetails", email=" Selam@Example.com", countryCode="et", shippingAddress=address)
    assert (said["email"], said["countryCode"]) == ("selam@example.com", "ET")
    assert said["shippingAddress"] == {**address, "countryCode": "ET", "phone": "+2519111"}
    taken = await guest.send("SetCartDetails", email=None)
    assert (taken["email"], taken["shippingAddress"]["name"]) == (None, "Selam")
    own = await account.send("SetCartDetails", billingAddressId=encode_id("Address", book.id))
    assert own["billingAddress"]["name"] == book.name
    refused: list[tuple[Buyer, Json, str]] = [
        (guest, {"email": "nobody"}, "InvalidInput"),
        (guest, {"countryCode": "??"}, "InvalidInput"),
        (guest, {"shippingAddress": {**address, "line1": "\n"}}, "InvalidInput"),
        (guest, {"shippingAddress": {**address, "phone": "no"}}, "InvalidInput"),
        (guest, {"shippingAddressId": encode_id("Address", book.id)}, "AddressNotFound"),
        (account, {"shippingAddressId": encode_id("Address", foreign.id)}, "AddressNotFound"),
        (guest, {"shippingMethodId": encode_id("ShippingMethod", new_id())}, "ShippingMethodUnknown"),
    ]
    for buyer, details, kind in refused:
        assert (await buyer.send("SetCartDetails", **details))["__typename"] == kind, details
    assert (await guest.cart())["version"] == 3


# Signing in


async def test_address_that_is_given_twice_is_refused(shop: Shop) -> None:
    guest = await shop.visitor.as_guest(of(await shop.variant()))
    home = {"name": "Selam", "line1": "Bole Road 1", "city": "Addis Ababa", "countryCode": "ET"}
    twice = {"billingAddress": home, "billingAddressId": encode_id("Address", new_id())}
    refused = await guest.send("SetCartDetails", email="a@b.example", **twice)
    assert refused["fields"] == [
        {
            "path": ["input", "billingAddressId"],
            "message": "The address itself is given as well. Leave one of them out.",
        }
    ]
    assert (await guest.cart())["email"] is None


async def test_signing_in_takes_the_cart_along(shop: Shop) -> None:
    user = await add_account(shop.engine, SAFEGUARDS)
    shared, own, new = [await shop.variant() for _ in range(3)]
    account = replace(shop.visitor, headers=shop.door.headers(user.id))
    await account.add(of(shared, 9_998), of(own))
    guest = await shop.visitor.as_guest(of(shared, 2), of(new, 3))
    await guest.send("SetCartDetails", countryCode="ET")

    signed_in = await guest.send("SignIn", email=user.email, password=PASSWORD)
    assert signed_in["__typename"] == "SignedIn", json.dumps(signed_in)
    cart = await account.cart()
    assert sorted(line["quantity"] for line in cart["lines"]) == [1, 3, 9_999]
    assert cart["countryCode"] == "ET"
    assert await guest.cart() is None
    both = account.with_token(guest.headers["guest-token"])
    assert (await both.send("MergeCart"))["units"] == 10_003
    await guest.add(of(own, 4))
    assert (await both.send("MergeCart"))["units"] == 10_007


# What the staff sees


async def test_staff_sees_what_was_left(shop: Shop) -> None:
    guest = await shop.visitor.as_guest(of(await shop.variant(), 2))
    async with writing(shop.engine) as session:
        staff = await add_user(session, role=Role.STAFF)
    keeper = replace(shop.visitor, headers=shop.door.headers(staff.id, Role.STAFF))
    carts = "carts(first: 1, filter: {isAbandoned: $left, isOfGuest: true})"
    query = f"query($left: Boolean!) {{ {carts} {{ nodes {{ value units }} }} }}"
    assert (await keeper.post(query, {"left": False}))["data"]["carts"]["nodes"] == [{"value": "200.00", "units": 2}]
    assert (await keeper.post(query, {"left": True}))["data"]["carts"]["nodes"] == []
    assert (await guest.post(query, {"left": False}))["data"]["carts"] is None
