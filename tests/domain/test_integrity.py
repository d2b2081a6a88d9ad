"""What must always hold: whatever breaks it is found and named, and set right where that is safe."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.catalog_checks import PRICES_OF_PRODUCTS
from domain.integrity import check_integrity, set_right
from domain.integrity_checks import CHECKS
from domain.order_cancelling import cancel
from domain.orders import lock_order
from domain.outbox import Job, enqueue
from domain.outbox_checks import OUTBOX
from domain.payment_applying import apply_outcome
from domain.payment_late import give_back_all
from domain.payment_providers import PaymentOutcome, ReportedEvent
from domain.provider_events import keep_event
from domain.refunding import start_refund
from domain.reservations import reserve
from domain.stock_moving import Cause
from integrations.manual_payments import ManualPayments
from models import IntegrityCheckLog, IntegrityStatus, OrderLine, Payment, PaymentKind, PaymentState, Product
from server.integrity_reports import report
from tests.factories import (
    add_order,
    add_payment,
    add_payment_transaction,
    add_product,
    add_promo_code,
    add_review,
    add_user,
    writing,
)
from tests.payments.scenes import TOTAL, add_paying
from tests.statements import execute, until_waiting

REPAIRABLE = [check for check in CHECKS if check.repair]

UNGUARDED = "SET LOCAL session_replication_role = replica"
"""Triggers that keep things right are silent from then on, but for those of the audit log."""

GIVEN_UP = """
    WITH gone AS (DELETE FROM pgqueuer RETURNING entrypoint, payload, created)
    INSERT INTO dead_letters (id, name, payload, attempts, error, enqueued_at)
    SELECT gen_random_uuid(), entrypoint, convert_from(payload, 'UTF8')::json, 3, 'OSError: away', created FROM gone
"""

MANUAL, AT_THE_DOOR = ManualPayments(), PaymentKind.CASH_ON_DELIVERY
PROMISED = PaymentOutcome(PaymentState.AUTHORIZED, TOTAL, "ETB", authorized=TOTAL)
TAKEN = PaymentOutcome(PaymentState.CAPTURED, TOTAL, "ETB", authorized=TOTAL, captured=TOTAL)

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
    "outbox": ["DELETE FROM pgqueuer WHERE entrypoint = 'apply_provider_event'"],
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
        assert await keep_event(session, "stripe", ReportedEvent("evt_1", "charge.refunded", {}))
    assert list(BREAKS) == [check.name for check in CHECKS]

    for name, statements in BREAKS.items():
        async with AsyncSession(engine) as session:
            for statement in statements:
                await session.execute(text(statement))
            found = await check_integrity(session)
            assert [(finding.check.name, finding.count) for finding in found.findings] == [(name, 1)]
            assert report(found)[-1] == f"FAIL: {len(CHECKS) - 1} of {len(CHECKS)} promises hold."


async def test_what_a_provider_is_to_be_asked_for_is_missed_without_its_job(engine: AsyncEngine) -> None:
    """A message, a refund, and what was paid or promised for orders that were cancelled."""
    refunded, paid, promised = [await add_paying(engine, MANUAL, AT_THE_DOOR) for _ in range(3)]
    for each, standing in ((refunded, TAKEN), (paid, TAKEN), (promised, PROMISED)):
        async with writing(engine) as session:
            await apply_outcome(session, each.id, standing)
    async with writing(engine) as session:
        assert await keep_event(session, "stripe", ReportedEvent("evt_1", "charge.refunded", {"text": "\0"}))
        await enqueue(session, Job("note", {"text": "\0"}))
        payment = await session.get_one(Payment, refunded.id, with_for_update=True)
        step = await start_refund(session, payment, Decimal(100), "It was stale.")
    cancelled = set[str]()
    for each in (paid, promised):
        async with writing(engine) as session:
            order = await lock_order(session, each.order.id)
            await cancel(session, order, "She called.")
            cancelled.add(order.number)

    assert await missed(engine) == set()
    await execute(engine, text(GIVEN_UP))
    assert await missed(engine) == set()
    await execute(engine, text("DELETE FROM dead_letters"))
    assert await missed(engine) == {"evt_1", str(step.id), *cancelled}

    for each in (paid, promised):
        async with writing(engine) as session:
            await give_back_all(session, each.order.id, "She called.")
    assert await missed(engine) == {"evt_1", str(step.id)}


async def missed(engine: AsyncEngine) -> set[str]:
    """What is not in the outbox and should be, where everything else is as it has to be."""
    async with writing(engine) as session:
        found = await check_integrity(session)
    assert {finding.check.name for finding in found.findings} <= {OUTBOX.name}
    return {name for finding in found.findings for name in finding.named}


async def test_what_follows_from_other_rows_is_repaired(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        for _ in range(2):
            await add_review(session, await add_product(session))
        await add_promo_code(session)
        for name in ("product_prices", "ratings", "review_authors", "promo_uses", "stock_ledger"):
            for statement in BREAKS[name]:
                await session.execute(text(statement))
    async with writing(engine) as session:
        repaired = [await set_right(session, check.repair) for check in REPAIRABLE if check.repair]
        again = [await set_right(session, check.repair) for check in REPAIRABLE if check.repair]
        found = await check_integrity(session, repaired=sum(repaired))

    assert (repaired, again) == ([2, 2, 2, 1], [0, 0, 0, 0])
    assert [finding.check.name for finding in found.findings] == ["stock_ledger"]
    async with writing(engine) as session:
        kept = (await session.scalars(select(IntegrityCheckLog))).one()
        prices = await session.scalars(text("SELECT DISTINCT price FROM products"))
    assert (kept.status, kept.repaired, kept.counts["ratings"]) == (IntegrityStatus.FAIL, 7, 0)
    assert set(prices) == {Decimal("100.00")}


async def test_repair_keeps_nobody_from_what_is_right(engine: AsyncEngine) -> None:
    """The one that is broken is locked, and the other one can be changed."""
    async with writing(engine) as session:
        for number in range(2):
            user = await add_user(session, first_name=f"Selam {number}")
            await add_review(session, await add_product(session, slug=f"lamp-{number}"), user)
            await add_promo_code(session, code=f"CODE{number}")
        await session.execute(text(UNGUARDED))
        wrong = "price = 7, review_count = 3, rating_sum = 9"
        await session.execute(text(f"UPDATE products SET {wrong} WHERE slug = 'lamp-0'"))
        await session.execute(text("UPDATE reviews SET author_name = 'Nobody' WHERE author_name LIKE '%0%'"))
        await session.execute(text("UPDATE promo_codes SET used_count = 2 WHERE code = 'CODE0'"))

    async with AsyncSession(engine) as repairing, writing(engine) as session:
        for check in REPAIRABLE:
            assert check.repair is not None
            assert await set_right(repairing, check.repair) == 1
        await session.execute(text("SET LOCAL lock_timeout = '1s'"))
        for statement in (
            "UPDATE products SET name = 'Lamp' WHERE slug = 'lamp-1'",
            "UPDATE users SET first_name = 'Hana' WHERE first_name = 'Selam 1'",
            "UPDATE promo_codes SET used_count = 0 WHERE code = 'CODE1'",
        ):
            await session.execute(text(statement))
        with pytest.raises(DBAPIError, match="lock timeout"):
            await session.execute(text("UPDATE promo_codes SET used_count = 0 WHERE code = 'CODE0'"))


async def test_what_is_written_while_it_is_repaired_stays(engine: AsyncEngine) -> None:
    """The new price is there, though the repair has seen the old one before it had to wait."""
    async with writing(engine) as session:
        await add_product(session, slug="lamp")
        await session.execute(text(UNGUARDED))
        await session.execute(text("UPDATE products SET price = 7"))

    async def repair() -> int:
        async with writing(engine) as session:
            assert PRICES_OF_PRODUCTS.repair is not None
            return await set_right(session, PRICES_OF_PRODUCTS.repair)

    async with writing(engine) as session:
        await session.execute(text("UPDATE product_variants SET price = 250"))
        repairing = asyncio.create_task(repair())
        await until_waiting(engine)

    assert await repairing == 0
    async with writing(engine) as session:
        assert (await check_integrity(session)).findings == ()
        assert (await session.scalars(text("SELECT price FROM products"))).all() == [Decimal("250.00")]


async def test_demo_shop_keeps_every_promise(demo_engine: AsyncEngine) -> None:
    async with AsyncSession(demo_engine) as session:
        found = await check_integrity(session)
        await session.rollback()
    assert report(found) == [f"PASS: {len(CHECKS)} of {len(CHECKS)} promises hold."]
