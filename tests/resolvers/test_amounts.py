"""Amounts with more decimals than their currency are refused wherever somebody gives them, and nothing is written."""

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import Viewer
from domain.payment_applying import apply_outcome
from domain.payment_providers import PaymentOutcome
from domain.payment_steps import confirm_by_hand
from domain.product_writing import put_products
from domain.products import Fate, ProductData, VariantData
from domain.refund_amounts import share_of
from integrations.manual_payments import ManualPayments
from models import (
    OrderLine,
    PaymentKind,
    PaymentState,
    Product,
    ProductOptionSchema,
    PromoCode,
    Role,
    Service,
    ShippingMethod,
    Shop,
)
from models.base import Base
from resolvers.ids import encode_id
from tests.api import data_of
from tests.editors import edited, editor
from tests.factories import add_product, shared_engine, writing
from tests.payments.scenes import TOTAL, add_paying, steps_of
from tests.statements import count_rows, execute

Json = dict[str, Any]

TOTALS = "{ cart { totals { subtotal { amount } discount { amount } tax { amount } total { amount } } } }"
LAMP = {"name": "Lamp"}
REPAIR = {"title": "Repair", "type": "SUPPORT"}
VARIANT = {"sku": "LAMP", "price": "1250"}
CODE = {"code": "LESS", "discountType": "FIXED", "amount": "100"}
COURIER = {"name": "Courier", "rateKind": "WEIGHT", "price": "500", "pricePerKg": "120"}
WRITTEN: Mapping[str, type[Base]] = {
    "CreateProduct": Product,
    "CreateService": Service,
    "CreatePromoCode": PromoCode,
    "CreateShippingMethod": ShippingMethod,
}
CHOICE = {"definition": {"type": "object", "properties": {"size": {"enum": ["S", "L"]}}}}


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A shop that sells in yen, which have no decimals."""
    async with shared_engine(postgres, migrated) as engine:
        await execute(engine, update(Shop).values(currency="JPY"))
        yield engine


@pytest.fixture(scope="module")
async def owner(shop: AsyncEngine) -> Viewer:
    """Who may change everything."""
    return await editor(shop, Role.ADMIN)


@pytest.mark.parametrize(
    ("name", "given", "wrong"),
    [
        ("CreateProduct", {**LAMP, "variants": [{**VARIANT, "price": "12.5"}]}, "variants"),
        ("CreateProduct", {**LAMP, "variants": [{**VARIANT, "compareAtPrice": "1999.99"}]}, "variants"),
        ("CreateService", {**REPAIR, "tiers": [{"name": "A", "price": "0.5"}]}, "tiers"),
        ("CreatePromoCode", {**CODE, "amount": "99.99"}, "amount"),
        ("CreatePromoCode", {**CODE, "minimumSubtotal": "0.10"}, "minimumSubtotal"),
        ("CreateShippingMethod", {**COURIER, "price": "500.5"}, "price"),
        ("CreateShippingMethod", {**COURIER, "pricePerKg": "0.01"}, "pricePerKg"),
        ("CreateShippingMethod", {**COURIER, "freeOver": "9999.99"}, "freeOver"),
    ],
)
async def test_amounts_without_coins_are_refused(
    shop: AsyncEngine, owner: Viewer, name: str, given: Json, wrong: str
) -> None:
    before = await count_rows(shop, WRITTEN[name])

    refused = await edited(shop, owner, name, **given)

    assert refused["__typename"] == "InvalidInput"
    assert [each["path"] for each in refused["fields"]] == [["input", wrong]]
    assert refused["fields"][0]["message"].endswith("has decimals, and JPY none.")
    assert await count_rows(shop, WRITTEN[name]) == before


async def test_whole_amounts_are_taken(shop: AsyncEngine, owner: Viewer) -> None:
    product = await edited(shop, owner, "CreateProduct", name="Cup", variants=[{**VARIANT, "sku": "CUP"}])
    service = await edited(
        shop, owner, "CreateService", title="Care", type="SUPPORT", tiers=[{"name": "A", "price": "900.00"}]
    )
    fixed = await edited(shop, owner, "CreatePromoCode", **CODE)
    percent = await edited(shop, owner, "CreatePromoCode", code="TENTH", discountType="PERCENT", amount="12.5")
    method = await edited(shop, owner, "CreateShippingMethod", **COURIER)
    made = [each["__typename"] for each in (product, service, fixed, percent, method)]
    assert made == ["Product", "Service", "PromoCode", "PromoCode", "ShippingMethod"]
    changed = {"id": fixed["id"], "expectedVersion": 1, "amount": "0.99"}
    assert (await edited(shop, owner, "UpdatePromoCode", **changed))["__typename"] == "InvalidInput"


async def test_surcharges_without_coins_are_refused(shop: AsyncEngine, owner: Viewer) -> None:
    async with writing(shop) as session:
        product = await add_product(session, currency="JPY")
    dear = {"option": "size", "value": "L", "amount": "0.50"}
    given = {"productId": encode_id("Product", product.id), **CHOICE}

    refused = await edited(shop, owner, "SetProductOptionSchema", **given, surcharges=[dear])

    assert [each["path"] for each in refused["fields"]] == [["input", "surcharges", "0", "amount"]]
    assert await count_rows(shop, ProductOptionSchema) == 0
    taken = await edited(shop, owner, "SetProductOptionSchema", **given, surcharges=[{**dear, "amount": "50"}])
    assert taken["isCustomizable"]


async def test_imported_prices_without_coins_are_refused_one_by_one(shop: AsyncEngine) -> None:
    def bowl(sku: str, price: str) -> ProductData:
        return ProductData(slug=sku.lower(), name=sku, variants=(VariantData(sku=sku, price=Decimal(price)),))

    async with writing(shop) as session:
        fine, whole = await put_products(session, [bowl("BOWL-1", "10.50"), bowl("BOWL-2", "10.00")])

    assert (fine.fate, whole.fate) == (Fate.REFUSED, Fate.CREATED)
    assert [each.message for each in fine.problems] == ["The price 10.50 has decimals, and JPY none."]


async def test_price_of_an_existing_variant_is_held_to_its_own_currency(shop: AsyncEngine, owner: Viewer) -> None:
    """Which is the one that the shop had when it was made."""
    async with writing(shop) as session:
        product = await add_product(session, currency="USD")
    given = {"id": encode_id("Product", product.id), "expectedVersion": 1}
    variant = {"id": encode_id("ProductVariant", product.default_variant_id), "price": "10.50"}

    changed = await edited(shop, owner, "UpdateProduct", **given, updateVariants=[variant])

    assert changed["__typename"] == "Product"


async def test_cart_in_yen_costs_whole_yen(shop: AsyncEngine, owner: Viewer) -> None:
    async with writing(shop) as session:
        product = await add_product(session, price=Decimal(333), currency="JPY", stock=9)
    bought = {"variantId": encode_id("ProductVariant", product.default_variant_id), "quantity": 1}
    code = await edited(shop, owner, "CreatePromoCode", code="EIGHTH", discountType="PERCENT", amount="12.5")
    buyer = await editor(shop, Role.CUSTOMER)
    await edited(shop, buyer, "AddToCart", lines=[bought])

    cart = await edited(shop, buyer, "ApplyPromoCode", code=code["code"])

    assert cart["__typename"] == "Cart"
    totals = (await data_of(shop, TOTALS, {}, buyer, compiles=False))["cart"]["totals"]
    assert {name: amount["amount"] for name, amount in totals.items()} == {
        "subtotal": "333.00",
        "discount": "42.00",
        "tax": "38.00",
        "total": "291.00",
    }


async def test_captures_and_refunds_without_coins_are_refused(shop: AsyncEngine, owner: Viewer) -> None:
    paying = await add_paying(shop, ManualPayments(), PaymentKind.CASH_ON_DELIVERY, currency="JPY")
    promised = PaymentOutcome(PaymentState.AUTHORIZED, TOTAL, "JPY", authorized=TOTAL)
    async with writing(shop) as session:
        await apply_outcome(session, paying.id, promised)
    capture = {"paymentId": encode_id("Payment", paying.id), "idempotencyKey": "take"}
    refund = {"orderId": encode_id("Order", paying.order.id), "reason": "It rained.", "idempotencyKey": "rain"}

    taken = await edited(shop, owner, "CapturePayment", **capture, amount="100.5")
    async with writing(shop) as session:
        await confirm_by_hand(session, paying.id, ManualPayments())
    given_back = await edited(shop, owner, "RefundOrder", **refund, amount="0.50")

    assert [each["path"] for each in (*taken["fields"], *given_back["fields"])] == [["input", "amount"]] * 2
    assert await steps_of(shop, paying) == [("AUTHORIZE", "SUCCEEDED", TOTAL), ("CAPTURE", "SUCCEEDED", TOTAL)]
    whole = await edited(shop, owner, "RefundOrder", **refund, amount="100")
    assert whole["amount"]["amount"] == "100.00"


def test_units_of_a_line_in_yen_go_back_in_whole_yen() -> None:
    """Three units for 100 yen, one after the other; together it is what they cost."""
    line = OrderLine(total=Decimal("100.00"), quantity=3, refunded_quantity=0, currency="JPY")
    shares = []
    for _ in range(3):
        shares.append(str(share_of(line, 1)))
        line.refunded_quantity += 1
    assert shares == ["33.00", "34.00", "33.00"]
