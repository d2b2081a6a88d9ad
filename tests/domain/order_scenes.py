"""Orders with counted stock, for tests of how they move on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.order_payments import MoneyMoved, confirm_paid
from domain.order_placing import Buyer, DraftDiscount, DraftLine, OrderDraft, OrderSums, place
from domain.orders import lock_order
from domain.promo_code_uses import Customer, use_code
from domain.reservations import reserve
from domain.stock_moving import Cause
from models import Order, OrderLine, StockLevel
from tests.factories import add_product, add_promo_code, add_user, writing

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
UNITS = 5


@dataclass(frozen=True, slots=True)
class Scene:
    """An order of three units of one product and two of another, of each of which the house had five."""

    id: UUID
    first: UUID
    second: UUID
    promo_code_id: UUID


async def add_scene(engine: AsyncEngine, **draft: Any) -> Scene:
    """Place it: 500.00 with 50.00 off by a code that can be used once."""
    async with writing(engine) as session:
        products = [await add_product(session, stock=UNITS) for _ in range(2)]
        code = await add_promo_code(session, usage_limit=1)
        user = await add_user(session)
        lines = [
            DraftLine(
                variant_id=product.default_variant_id,
                product_id=product.id,
                sku=f"SKU-{units}",
                product_name=product.name,
                variant_name="",
                quantity=units,
                unit_price=Decimal(100),
                subtotal=Decimal(100 * units),
                discount=Decimal(off),
                total=Decimal(100 * units - off),
                is_reserved=True,
            )
            for product, units, off in zip(products, (3, 2), (30, 20), strict=True)
        ]
        agreed = OrderDraft(
            buyer=Buyer("Selam Tesfaye", user.email, user_id=user.id),
            lines=lines,
            sums=OrderSums(subtotal=Decimal(500), discount_total=Decimal(50), total=Decimal(450)),
            currency="ETB",
            prices_include_tax=True,
            discounts=[DraftDiscount(code.code, Decimal(50), code.id)],
        )
        agreed = replace(agreed, **draft)
        await use_code(session, code.id, agreed.id, Customer(user.id))
        units = {line.variant_id: line.quantity for line in lines}
        await reserve(session, units, Cause(Order.__tablename__, agreed.id))
        order = await place(session, agreed)
        found = list(
            await session.scalars(
                select(OrderLine.id).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
            )
        )
        return Scene(order.id, found[0], found[1], code.id)


async def add_confirmed(engine: AsyncEngine, **draft: Any) -> Scene:
    """The same, confirmed."""
    scene = await add_scene(engine, **draft)
    async with writing(engine) as session:
        await confirm_paid(session, await lock_order(session, scene.id), MoneyMoved())
    return scene


async def stock_of(engine: AsyncEngine, scene: Scene) -> Mapping[str, tuple[int, int]]:
    """The units of both products in the house and of these the reserved ones, by SKU."""
    async with writing(engine) as session:
        levels = select(OrderLine.sku, StockLevel.quantity, StockLevel.reserved).join(
            StockLevel, StockLevel.variant_id == OrderLine.variant_id
        )
        rows = await session.execute(levels.where(OrderLine.order_id == scene.id))
        return {row.sku: (row.quantity, row.reserved) for row in rows}


async def order_of(engine: AsyncEngine, scene: Scene) -> Order:
    """The order as it is now."""
    async with writing(engine) as session:
        return await session.get_one(Order, scene.id)


async def states_of(engine: AsyncEngine, scene: Scene) -> tuple[str, str, str]:
    """Those of the order, its payment and its fulfilment."""
    order = await order_of(engine, scene)
    return order.status.value, order.payment_status.value, order.fulfillment_status.value


async def letters_of(session: AsyncSession, scene: Scene) -> list[str]:
    """Which letters about the order wait to be sent, in their order."""
    return await letters_about_number(session, (await session.get_one(Order, scene.id)).number)


async def reasons_told(session: AsyncSession, scene: Scene) -> list[str]:
    """The reasons that letters give of why the order was cancelled."""
    reasons = text(
        "SELECT convert_from(payload, 'UTF8')::jsonb -> 'values' ->> 'reason' FROM pgqueuer "
        "WHERE convert_from(payload, 'UTF8')::jsonb ->> 'template' = 'order_cancelled' "
        "AND convert_from(payload, 'UTF8')::jsonb -> 'values' ->> 'number' = :number ORDER BY id"
    )
    return list(await session.scalars(reasons, {"number": (await session.get_one(Order, scene.id)).number}))


async def letters_about_number(session: AsyncSession, number: str) -> list[str]:
    """The same of the order with that number."""
    letters = text(
        "SELECT convert_from(payload, 'UTF8')::jsonb ->> 'template' FROM pgqueuer WHERE entrypoint = 'send_mail' "
        "AND convert_from(payload, 'UTF8')::jsonb -> 'values' ->> 'number' = :number ORDER BY id"
    )
    return list(await session.scalars(letters, {"number": number}))
