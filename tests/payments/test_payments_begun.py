"""Payments that are written with their answer: whole, and known to the session from then on."""

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.order_placing import NOTHING
from domain.payment_applying import take_over
from domain.payment_attention import call_for_attention
from domain.payment_providers import PaymentOutcome
from domain.payments import begin
from integrations.manual_payments import ManualPayments
from models import Payment, PaymentKind, PaymentState, PaymentTransaction, TransactionKind, TransactionState
from tests.factories import add_order, writing
from tests.statements import noted

WHY = "Somebody has to look at it."
TOTAL = Decimal(200)
PROMISED = PaymentOutcome(PaymentState.AUTHORIZED, TOTAL, "ETB", authorized=TOTAL)


async def test_payment_is_written_with_its_steps_by_one_statement(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        order = await add_order(session)

    async with noted(engine) as statements, writing(engine) as session:
        payment = await begin(session, order, ManualPayments(), PaymentKind.CASH_ON_DELIVERY, TOTAL)
        await take_over(session, order, payment, PROMISED, is_new=True)

    assert len([each for each in statements if "INTO payment" in each]) == 1
    async with AsyncSession(engine) as session:
        written = (await session.scalars(select(Payment))).one()
        step = (await session.scalars(select(PaymentTransaction))).one()
    assert (written.status, written.authorized, written.captured) == (PaymentState.AUTHORIZED, TOTAL, NOTHING)
    assert (step.kind, step.status, step.amount) == (TransactionKind.AUTHORIZE, TransactionState.SUCCEEDED, TOTAL)
    assert (step.payment_id, step.currency, step.lines) == (written.id, "ETB", [])
    assert step.settled_at is not None


async def test_session_writes_what_changes_of_it_afterwards(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        order = await add_order(session)
        payment = await begin(session, order, ManualPayments(), PaymentKind.CASH_ON_DELIVERY, TOTAL)
        await take_over(session, order, payment, PROMISED, is_new=True)
        call_for_attention(payment, WHY)
        known = payment.id, payment.version, payment.created_at, payment.updated_at, WHY

    async with AsyncSession(engine) as session:
        written = (await session.scalars(select(Payment))).one()
    assert (written.id, written.version, written.created_at, written.created_at, written.attention) == known
