"""A row that cannot be dealt with holds up no other, and is noticed."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.money import CENT
from domain.order_payments import EXPIRE_ORDER, EXPIRE_ORDERS
from domain.outbox import Job
from domain.payment_applying import apply_outcome
from domain.payment_providers import PaymentOutcome, PaymentProviders
from domain.payment_reconciling import BATCH, RECONCILE_PAYMENTS
from domain.payment_transactions import CARRY_OUT_STEP
from domain.refunding import start_refund
from integrations.manual_payments import ManualPayments
from models import Payment, PaymentKind, PaymentState
from server.job_execution import Handler
from server.job_handlers import job_handlers
from tests.databases import settings_for
from tests.domain.order_scenes import AT, add_scene, states_of, stock_of
from tests.factories import writing
from tests.jobs import add_jobs, fetch, until_empty, worker_for, working
from tests.payments.scenes import TOTAL, add_paying

TAKEN = PaymentOutcome(PaymentState.CAPTURED, TOTAL, "ETB", authorized=TOTAL, captured=TOTAL)
WAITING = "SELECT count(*), count(DISTINCT payload) FROM pgqueuer WHERE entrypoint = :name"


def handlers_on(engine: AsyncEngine, url: str) -> Mapping[str, Handler]:
    """All that the worker can do, without a provider that can be asked."""
    return job_handlers(engine, settings_for(url), PaymentProviders({"manual": ManualPayments()}))


async def test_order_that_cannot_be_given_up_holds_up_none_behind_it(engine: AsyncEngine, database_url: str) -> None:
    stuck = await add_scene(engine, expires_at=AT)
    others = [await add_scene(engine, expires_at=AT + timedelta(minutes=number)) for number in (1, 2)]
    first_of_stuck = "SELECT variant_id FROM order_lines WHERE id = :line"
    await fetch(engine, f"UPDATE stock_levels SET reserved = 0 WHERE variant_id = ({first_of_stuck})", line=stuck.first)

    async with working(worker_for(engine, handlers_on(engine, database_url))):
        await add_jobs(engine, Job(EXPIRE_ORDERS, {}))
        await until_empty(engine)

    for scene in others:
        assert await states_of(engine, scene) == ("FAILED", "FAILED", "UNFULFILLED")
        assert await stock_of(engine, scene) == {"SKU-3": (5, 0), "SKU-2": (5, 0)}
    assert await states_of(engine, stuck) == ("PENDING", "PENDING", "UNFULFILLED")
    assert await stock_of(engine, stuck) == {"SKU-3": (5, 0), "SKU-2": (5, 2)}
    ((name, payload, error),) = await fetch(engine, "SELECT name, payload, error FROM dead_letters")
    assert (name, payload) == (EXPIRE_ORDER, {"order": str(stuck.id)})
    assert error.startswith("NotReservedError")


async def test_every_step_under_way_has_its_turn_once(engine: AsyncEngine, database_url: str) -> None:
    """Also those behind more than one batch of steps that never come to an end."""
    paying = await add_paying(engine, ManualPayments(), PaymentKind.CASH_ON_DELIVERY)
    async with writing(engine) as session:
        await apply_outcome(session, paying.id, TAKEN)
        payment = await session.get_one(Payment, paying.id)
        for _ in range(BATCH + 1):
            await start_refund(session, payment, CENT, "It rained.")
    await fetch(engine, "DELETE FROM pgqueuer")
    await fetch(
        engine, "UPDATE payment_transactions SET recorded_at = now() - interval '1 hour' WHERE status = 'PENDING'"
    )
    reconcile = handlers_on(engine, database_url)[RECONCILE_PAYMENTS]

    await reconcile(uuid4(), {})
    await reconcile(uuid4(), {})

    assert await fetch(engine, WAITING, name=CARRY_OUT_STEP) == [(BATCH + 1, BATCH + 1)]
