"""Letters about payments: one for each step, however often its news comes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.payment_applying import apply_outcome
from domain.payment_providers import PaymentOutcome
from integrations.manual_payments import ManualPayments
from models import Payment, PaymentKind, PaymentState
from tests.domain.order_scenes import letters_of
from tests.factories import shared_engine, writing
from tests.payments.scenes import TOTAL, Paying, add_paying

MANUAL = ManualPayments()
"""Who carries it out does not matter here."""

WAITING = PaymentOutcome(PaymentState.REQUIRES_ACTION, TOTAL, "ETB")
TAKEN = PaymentOutcome(PaymentState.CAPTURED, TOTAL, "ETB", authorized=TOTAL, captured=TOTAL)
DECLINED = PaymentOutcome(PaymentState.FAILED, TOTAL, "ETB", failure="Your card was declined.")


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database whose tests keep out of each other's way."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


async def told(engine: AsyncEngine, paying: Paying, *news: PaymentOutcome) -> list[str]:
    """The letters that wait to be sent after the news, each of which came three times at once."""

    async def take_over(each: PaymentOutcome) -> None:
        async with writing(engine) as session:
            await apply_outcome(session, paying.id, each)

    for each in news:
        await asyncio.gather(*(take_over(each) for _ in range(3)))
    async with writing(engine) as session:
        return await letters_of(session, paying.order)


async def test_order_that_waits_for_its_buyer_is_told_and_then_its_payment(shop: AsyncEngine) -> None:
    paying = await add_paying(shop, MANUAL, PaymentKind.CARD)
    assert await told(shop, paying, WAITING) == ["order_placed"]
    assert await told(shop, paying, TAKEN, WAITING) == ["order_placed", "order_confirmed"]


async def test_order_that_is_paid_at_once_is_told_once(shop: AsyncEngine) -> None:
    paying = await add_paying(shop, MANUAL, PaymentKind.CARD)
    assert await told(shop, paying, TAKEN, WAITING) == ["order_confirmed"]


async def test_card_that_is_declined_at_once_is_told_by_the_checkout_alone(shop: AsyncEngine) -> None:
    paying = await add_paying(shop, MANUAL, PaymentKind.CARD)
    assert await told(shop, paying, DECLINED, WAITING) == []


async def test_payment_that_fails_later_is_told(shop: AsyncEngine) -> None:
    waiting, silent = [await add_paying(shop, MANUAL, PaymentKind.CARD) for _ in range(2)]
    transfer = await add_paying(shop, MANUAL, PaymentKind.BANK_TRANSFER)
    async with writing(shop) as session:
        begun = datetime.now(UTC) - timedelta(days=1)
        await session.execute(update(Payment).where(Payment.id == silent.id).values(created_at=begun))

    assert await told(shop, waiting, WAITING, DECLINED) == ["order_placed", "order_failed"]
    assert await told(shop, silent, DECLINED) == ["order_failed"]
    let_go = replace(DECLINED, state=PaymentState.CANCELLED, failure=None, captured=Decimal(0))
    assert await told(shop, transfer, let_go) == ["order_failed"]
