"""Random purchases: orders of every state with all that hangs on them, and carts; of accounts, a guest, and nobody."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from models import (
    FulfillmentStatus,
    Order,
    OrderLine,
    OrderStatus,
    PaymentState,
    PaymentStatus,
    Product,
    User,
)
from tests.compiler.random_shop import JSON, MOMENTS, RandomShop
from tests.factories import add_cart, add_cart_line, add_order_with_all, add_parcel, add_payment

EACH = 4


async def add_random_purchases(shop: RandomShop, *buyers: User | UUID) -> None:
    """For each buyer some orders and a cart; one of an account's is of nobody any more."""
    products = list(await shop.session.scalars(select(Product).order_by(Product.id).limit(20)))
    for buyer in buyers:
        for number in range(EACH):
            await _add_order(shop, buyer, shop.random.choice(products), is_forgotten=number == EACH - 1)
        await _add_cart(shop, buyer, products)


async def _add_order(shop: RandomShop, buyer: User | UUID, product: Product, *, is_forgotten: bool) -> None:
    known: dict[str, Any] = {"customer": {}, "email": None, "shipping_address": None, "billing_address": None}
    if not is_forgotten:
        address = {"name": shop.text(), "line1": shop.text(), "city": shop.text(), "country_code": "ET"}
        person = {"name": shop.text(), "email": "odd@example.com", "phone": shop.maybe("+251911000101")}
        known = {"customer": person, "email": "odd@example.com", "shipping_address": shop.maybe(address)}
    order = await add_order_with_all(
        shop.session,
        buyer,
        product,
        **known,
        status=shop.random.choice(list(OrderStatus)),
        payment_status=shop.random.choice(list(PaymentStatus)),
        fulfillment_status=shop.random.choice(list(FulfillmentStatus)),
        placed_at=shop.random.choice(MOMENTS),
        expires_at=shop.maybe(shop.random.choice(MOMENTS)),
        country_code=shop.maybe("ET"),
        customer_note=shop.text(),
        shipping_method_name=shop.maybe(shop.text()),
        attributes=shop.random.choice(JSON),
    )
    line: dict[str, Any] = {"customization": shop.random.choice(JSON), "variant_name": shop.text()}
    if not shop.is_common():
        line |= {"product_id": None, "variant_id": None}
    await shop.session.execute(update(OrderLine).where(OrderLine.order_id == order.id).values(line))
    await _add_payment(shop, order)
    await add_parcel(shop.session, order, carrier=shop.maybe(shop.text()[:100]), tracking_number=shop.maybe("1"))


async def _add_payment(shop: RandomShop, order: Order) -> None:
    paid = {"authorized": order.total, "captured": order.total, "refunded": order.total / 3}
    state = shop.random.choice((PaymentState.PENDING, PaymentState.FAILED, PaymentState.CAPTURED))
    sums = paid if state is PaymentState.CAPTURED else {}
    said = {"attention": shop.maybe(shop.text()), "failure": shop.maybe(shop.text()), "provider_reference": None}
    await add_payment(shop.session, order, status=state, **sums, **said)


async def _add_cart(shop: RandomShop, buyer: User | UUID, products: list[Product]) -> None:
    cart = await add_cart(shop.session, buyer, country_code=shop.maybe("KE"), created_at=shop.random.choice(MOMENTS))
    for number, product in enumerate(shop.random.sample(products, 3)):
        choice = {"customization": shop.random.choice(JSON), "customization_hash": number.to_bytes(32)}
        await add_cart_line(shop.session, cart, product.default_variant_id, quantity=number + 1, **choice)
