"""News of a payment, taken over: the one way in which payments and their orders learn of money.

It may come from the answer to a checkout, from a message, from a question of ours or from the staff; twice, late, and
several at once. The order is locked, then its payment; what is known already changes nothing.
"""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.outbox import Job, enqueue
from domain.payment_attention import call_for_attention
from domain.payment_effects import tell_order
from domain.payment_methods import KEEP_SOURCE
from domain.payment_providers import PaymentOutcome
from domain.payment_standing import Standing, differences, further, standing_of, steps_between
from domain.payment_transactions import write_down
from domain.payments import PaymentNotFoundError, lock_payment
from domain.refund_news import take_over_refunds
from models import Order, Payment


async def apply_outcome(session: AsyncSession, payment_id: UUID, news: PaymentOutcome) -> Payment:
    """Take the news over, and give the payment, which there is.

    News of another amount or currency than was agreed, or of another payment, calls for somebody to look, and changes
    nothing else.
    """
    try:
        order, payment = await lock_payment(session, payment_id)
    except PaymentNotFoundError as error:
        raise LookupError(f"There is no payment {payment_id}.") from error
    await _take_over(session, order, payment, news)
    return payment


async def _take_over(session: AsyncSession, order: Order, payment: Payment, news: PaymentOutcome) -> None:
    """The same where both are locked."""
    payment.checked_at = datetime.now(UTC)
    wrong = differences(payment, news)
    if wrong:
        call_for_attention(payment, " ".join(wrong))
        await session.flush()
        return
    before = standing_of(payment)
    after = further(before, news)
    payment.provider_reference = payment.provider_reference or news.reference
    with session.no_autoflush:  # what is looked for besides is none of what changes here
        await _move(session, payment, before, after)
    await session.flush()
    given_back = await take_over_refunds(session, order, payment, news.refunds)
    await session.flush()
    await tell_order(session, order, payment, before, given_back)


async def _move(session: AsyncSession, payment: Payment, before: Standing, after: Standing) -> None:
    """Write the steps down, and where the payment stands now."""
    if after == before:
        return
    for step in steps_between(before, after, payment.amount):
        await write_down(session, payment, step)
    await _stand(session, payment, before, after)


async def _stand(session: AsyncSession, payment: Payment, before: Standing, after: Standing) -> None:
    if payment.keeps_source and after.holds_money and not before.holds_money:
        await enqueue(session, Job(KEEP_SOURCE, {"payment": str(payment.id)}))
    payment.status, payment.failure = after.state, after.failure
    payment.authorized, payment.captured = after.authorized, after.captured
    payment.version += 1
