"""What must always hold: whatever breaks it is found and named, and set right where that is safe."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.integrity import check_integrity
from domain.integrity_checks import CHECKS
from domain.reservations import reserve
from domain.stock_moving import Cause
from models import IntegrityCheckLog, IntegrityStatus, OrderLine, Product
from server.integrity_reports import report
from tests.factories import (
    add_order,
    add_payment,
    add_payment_transaction,
    add_product,
    add_promo_code,
    add_review,
    writing,
)

UNGUARDED = "SET LOCAL session_replication_role = replica"
"""Triggers that keep things right are silent from then on, but for those of the audit log."""

FIRST = "id = (SELECT min(id::text)::uuid FROM orders)"

BREAKS: dict[str, Sequence[str]] = {
    "constraints": ["ALTER TABLE tags ADD CONSTRAINT late CHECK (name <> 'x') NOT VALID"],
    "triggers": ["ALTER TABLE products DISABLE TRIGGER set_updated_at"],
    "orphans": [UNGUARDED, "DELETE FROM users WHERE id IN (SELECT user_id FROM reviews)"],
    "prices": ["UPDATE product_variants SET price = 0, compare_at_price = NULL WHERE sku = 'LAMP'"],
    "former_prices": ["UPDATE product_variants SET compare_at_price = price WHERE sku = 'LAMP'"],
    "product_prices": [UNGUARDED, "UPDATE products SET price = 7"],
    "ratings": [UNGUARDED, "UPDATE products SET review_count = 3, rating_sum = 9"],
    "review_authors": [UNGUARDED, "UPDATE reviews SET author_name = 'Nobody'"],
    "stock_numbers": [
        "ALTER TABLE stock_levels DROP CONSTRAINT ck_stock_levels_quantity, DROP CONSTRAINT ck_stock_levels_reserved",
        "UPDATE stock_levels SET quantity = -1",
    ],
    "stock_ledger": ["UPDATE stock_movements SET quantity_change = 99 WHERE quantity_change > 0"],
    "promo_uses": ["UPDATE promo_codes SET used_count = 2"],
    "order_codes": [
        "INSERT INTO promo_code_uses (id, promo_code_id, order_id) SELECT gen_random_uuid(), id, id FROM promo_codes",
        "UPDATE promo_codes SET used_count = 1",
    ],
    "order_sums": ["UPDATE order_lines SET tax = 5 WHERE is_reserved"],
    "order_stock": ["UPDATE order_lines SET is_reserved = false"],
    "order_parcels": ["UPDATE order_lines SET fulfilled_quantity = 1 WHERE is_reserved"],
    "order_history": [UNGUARDED, f"UPDATE orders SET fulfillment_status = 'FULFILLED' WHERE {FIRST}"],
    "order_carts": [
        "DROP INDEX uq_orders_cart_id",
        "UPDATE orders SET cart_id = '00000000-0000-0000-0000-000000000001'",
    ],
    "order_money": [f"UPDATE orders SET authorized_total = 150 WHERE {FIRST}"],
    "payment_steps": [
        UNGUARDED,
        "UPDATE payment_transactions SET kind = 'CAPTURE', status = 'SUCCEEDED', failure = NULL",
    ],
}
"""What breaks each promise, and no other."""


async def add_reserved_order(session: AsyncSession, product: Product) -> None:
    """An order of the product, whose units are reserved."""
    order = await add_order(session, product=product)
    await reserve(session, {product.default_variant_id: 2}, Cause("orders", order.id))
    await session.execute(update(OrderLine).values(is_reserved=True))


async def test_each_promise_is_found_broken_by_its_name(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product = await add_product(session, slug="lamp", stock=5)
        await session.execute(text("UPDATE product_variants SET sku = 'LAMP'"))
        await add_review(session, product, rating=4)
        await add_promo_code(session)
        await add_reserved_order(session, product)
        payment = await add_payment(session, await add_order(session, product=product))
        await add_payment_transaction(session, payment)
    assert list(BREAKS) == [check.name for check in CHECKS]

    for name, statements in BREAKS.items():
        async with AsyncSession(engine) as session:
            for statement in statements:
                await session.execute(text(statement))
            found = await check_integrity(session)
            assert [(finding.check.name, finding.count) for finding in found.findings] == [(name, 1)]
            assert report(found)[-1] == f"FAIL: {len(CHECKS) - 1} of {len(CHECKS)} promises hold."


async def test_what_follows_from_other_rows_is_repaired(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        for _ in range(2):
            await add_review(session, await add_product(session))
        await add_promo_code(session)
        for name in ("product_prices", "ratings", "review_authors", "promo_uses", "stock_ledger"):
            for statement in BREAKS[name]:
                await session.execute(text(statement))
    async with writing(engine) as session:
        found = await check_integrity(session, repair=True)

    assert [finding.check.name for finding in found.findings] == ["stock_ledger"]
    assert found.repaired == 7
    async with writing(engine) as session:
        kept = (await session.scalars(select(IntegrityCheckLog))).one()
        prices = await session.scalars(text("SELECT DISTINCT price FROM products"))
    assert (kept.status, kept.repaired, kept.counts["ratings"]) == (IntegrityStatus.FAIL, found.repaired, 0)
    assert set(prices) == {Decimal("100.00")}


async def test_demo_shop_keeps_every_promise(demo_engine: AsyncEngine) -> None:
    async with AsyncSession(demo_engine) as session:
        found = await check_integrity(session)
        await session.rollback()
    assert report(found) == [f"PASS: {len(CHECKS)} of {len(CHECKS)} promises hold."]
