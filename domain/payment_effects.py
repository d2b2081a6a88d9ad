"""What becomes of an order when its payment moves."""

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from domain.order_letters import tell_failed, tell_placed
from domain.order_payments import MoneyMoved, PaymentSumsError, confirm_paid, fail, record_payment
from domain.order_states import ALIVE
from domain.outbox import enqueue
from domain.payment_attention import call_for_attention
from domain.payment_late import take_late
from domain.payment_providers import ZERO
from domain.payment_standing import LOST, Standing, standing_of
from domain.payments import FIRST_CHECK, let_go
from models import Order, OrderStatus, Payment, PaymentKind, PaymentState

LET_GO = "The money that was promised is promised no more, and the order is still to be sent."
DECLINED = "The payment was declined."
CAME_BACK = "Money that had been given back came back."


async def tell_order(
    session: AsyncSession, order: Order, payment: Payment, before: Standing, given_back: Decimal = ZERO
) -> None:
    """Record the money with the order, and move it: paid orders are confirmed, unpaid ones fail. Both are locked.

    Money for an order that is over is taken if the order can still be sent, and goes back if it cannot.
    """
    after = standing_of(payment)
    moved = MoneyMoved(_counted(after) - _counted(before), after.captured - before.captured)
    if order.status is OrderStatus.PENDING and after.holds_money:
        if not await _is_confirmed(session, order, payment, moved):
            return
    elif await _is_recorded(session, order, payment, moved):
        await _move(session, order, payment, before, moved)
    else:
        return
    await _is_recorded(session, order, payment, MoneyMoved(refunded=given_back))  # less than nothing where it came back


async def _move(session: AsyncSession, order: Order, payment: Payment, before: Standing, moved: MoneyMoved) -> None:
    """Decide what becomes of the order now that its money is recorded."""
    after = standing_of(payment)
    if order.status is OrderStatus.PENDING:
        await _go_on(session, order, payment, before)
    elif order.status in ALIVE:
        if before.state is PaymentState.AUTHORIZED and after.state is PaymentState.CANCELLED:
            call_for_attention(payment, LET_GO)
            await session.flush()
    elif moved.authorized > ZERO or moved.captured > ZERO:
        await take_late(session, order, payment)


async def _is_confirmed(session: AsyncSession, order: Order, payment: Payment, moved: MoneyMoved) -> bool:
    """Whether the order takes the money that it was waited for with."""
    try:
        await confirm_paid(session, order, moved)
    except PaymentSumsError as error:
        await _refuse(session, payment, error)
        return False
    return True


async def _is_recorded(session: AsyncSession, order: Order, payment: Payment, moved: MoneyMoved) -> bool:
    """Whether the order takes the money."""
    if moved == MoneyMoved():
        return True
    try:
        await record_payment(session, order, moved, CAME_BACK if moved.refunded < ZERO else None)
    except PaymentSumsError as error:
        await _refuse(session, payment, error)
        return False
    return True


async def _refuse(session: AsyncSession, payment: Payment, error: PaymentSumsError) -> None:
    """An order takes no more than it costs, so that nobody pays it twice unnoticed."""
    call_for_attention(payment, str(error))
    await session.flush()


async def _go_on(session: AsyncSession, order: Order, payment: Payment, before: Standing) -> None:
    """Whether an order without money is still waited for, and what its buyer is told."""
    standing = standing_of(payment)
    if standing.state in LOST:
        await fail(session, order, standing.failure or DECLINED)
        if not _is_told_at_checkout(payment, before):
            await tell_failed(session, order)
        if standing.state is PaymentState.FAILED and payment.provider_reference is not None:
            await enqueue(session, let_go(payment.id))  # else the buyer could pay it later, on the same page
    elif standing.state is PaymentState.REQUIRES_ACTION and before.state is PaymentState.PENDING:
        await tell_placed(session, order)


def _is_told_at_checkout(payment: Payment, before: Standing) -> bool:
    """Whether the answer to the checkout says that the card was declined; nobody has heard of the order otherwise."""
    is_first_answer = before.state is PaymentState.PENDING and payment.kind is PaymentKind.CARD
    return is_first_answer and datetime.now(UTC) - payment.created_at < FIRST_CHECK


def _counted(standing: Standing) -> Decimal:
    """What is promised, or was taken."""
    return standing.authorized if standing.holds_money else ZERO
