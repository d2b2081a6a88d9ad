"""What the worker does by the clock."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from auth.sweeping import SWEEP_ACCOUNTS
from domain.cart_sweeping import SWEEP_CARTS
from domain.idempotency import KEPT as KEYS_KEPT
from domain.idempotency import SWEEP_KEYS
from domain.order_payments import EXPIRE_ORDER, EXPIRE_ORDERS
from domain.payment_providers import PaymentProviders
from domain.payment_reconciling import RECONCILE_PAYMENTS
from domain.provider_events import KEPT as MESSAGES_KEPT
from domain.provider_events import SWEEP_EVENTS
from models import Cart, ExternalSignIn, IdempotencyKey, ProviderEvent, Throttle, ThrottledAction, ThrottleScope
from server.job_handlers import SCHEDULE, job_handlers
from tests.databases import settings_for
from tests.domain.order_scenes import add_scene, states_of, stock_of
from tests.factories import add_cart, add_provider_event, new_id, writing
from tests.payments.scenes import jobs_of
from tests.statements import count_rows

CLOCK = {
    SWEEP_CARTS: "7 * * * *",
    SWEEP_KEYS: "47 * * * *",
    EXPIRE_ORDERS: "* * * * *",
    RECONCILE_PAYMENTS: "*/5 * * * *",
    SWEEP_EVENTS: "37 3 * * *",
}
"""When carts, orders, keys and payments are looked after."""


async def test_what_is_over_is_swept_every_hour(engine: AsyncEngine, database_url: str) -> None:
    handlers = job_handlers(engine, settings_for(database_url), PaymentProviders())
    over, now = datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC)
    async with writing(engine) as session:
        for key, expires_at in ((b"a", over), (b"b", now + timedelta(hours=1))):
            counter = {"action": ThrottledAction.SIGN_IN, "scope": ThrottleScope.ADDRESS, "key_hash": key * 32}
            session.add(Throttle(**counter, expires_at=expires_at))

    assert {each.name for each in SCHEDULE} <= set(handlers)
    assert [each.times for each in SCHEDULE if each.name == SWEEP_ACCOUNTS] == ["17 * * * *"]
    await handlers[SWEEP_ACCOUNTS](uuid4(), {})

    assert (await count_rows(engine, Throttle), await count_rows(engine, ExternalSignIn)) == (1, 0)


async def test_what_is_over_of_purchases_goes_by_the_clock(engine: AsyncEngine, database_url: str) -> None:
    """A cart that nobody has touched for a day, an order that nobody paid, a key, and a message of a provider."""
    handlers = job_handlers(engine, settings_for(database_url), PaymentProviders())
    over = datetime.now(UTC) - timedelta(minutes=1)
    async with writing(engine) as session:
        await add_cart(session, new_id(), expires_at=over)
        await add_provider_event(session, received_at=over - MESSAGES_KEPT)
        asked = {"actor_id": new_id(), "key": "first", "operation": "checkout", "request_hash": bytes(32)}
        session.add(IdempotencyKey(**asked, created_at=over - KEYS_KEPT))
    order = await add_scene(engine, expires_at=over)

    times = {each.name: each.times for each in SCHEDULE}
    for name in CLOCK:
        await handlers[name](uuid4(), {})
    assert await jobs_of(engine, EXPIRE_ORDER, order.id) == 1
    await handlers[EXPIRE_ORDER](uuid4(), {"order": str(order.id)})

    assert {name: times.get(name) for name in CLOCK} == CLOCK
    assert [await count_rows(engine, model) for model in (Cart, IdempotencyKey, ProviderEvent)] == [0, 0, 0]
    assert await states_of(engine, order) == ("FAILED", "FAILED", "UNFULFILLED")
    assert await stock_of(engine, order) == {"SKU-3": (5, 0), "SKU-2": (5, 0)}
