"""What money makes of an order: confirmed, failed, paid after all, refunded. The order is locked by whoever calls."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carts import complete_again, reopen_cart
from domain.errors import DomainError
from domain.order_codes import release_codes, use_codes_again
from domain.order_letters import tell_confirmed, tell_failed, tell_refunded
from domain.order_parcels import cancel_parcels, follow
from domain.order_placing import CartAlreadyOrderedError
from domain.order_states import ALIVE, BEING_FULFILLED, Paid
from domain.order_units import free_units, take_units_again
from domain.orders import advance, lock_order, save, set_payment
from domain.outbox import Job, dedupe_key_of, enqueue, is_asked_for
from domain.promo_code_uses import PromoCodeNotUsableError
from domain.reservations import OutOfStockError
from domain.violations import refused_by
from models import Order, OrderStatus, PaymentStatus

NOTHING = Decimal(0)

EXPIRE_ORDERS: Final = "expire_orders"
EXPIRE_ORDER: Final = "expire_order"
"""The names of jobs."""

BATCH: Final = 100


class PaymentSumsError(DomainError):
    """More would be promised than the order costs, more taken than promised, or more given back than taken."""

    def __init__(self, number: str) -> None:
        super().__init__(f"The order {number} does not cost that much, or not so much of it was paid.")


@dataclass(frozen=True, slots=True)
class MoneyMoved:
    """By how much the sums of an order change. An authorisation that lapsed takes its sum back."""

    authorized: Decimal = NOTHING
    captured: Decimal = NOTHING
    refunded: Decimal = NOTHING


async def record_payment(session: AsyncSession, order: Order, moved: MoneyMoved, reason: str | None = None) -> None:
    """Add to the sums of the locked order; the state of its payment follows from them.

    Once all money went back, what has not left the house is free again. Raises PaymentSumsError.
    """
    _count(order, moved)
    await save(session, order, reason)
    if moved.refunded > NOTHING:
        await tell_refunded(session, order, moved.refunded)
    if moved.refunded > NOTHING and order.payment_status is PaymentStatus.REFUNDED:
        await _give_up(session, order, reason)


async def confirm_paid(session: AsyncSession, order: Order, moved: MoneyMoved) -> None:
    """Count on the locked order, which was waited for, now that there is money for it. Raises PaymentSumsError."""
    _count(order, moved)
    await _confirm(session, order, None)


def _count(order: Order, moved: MoneyMoved) -> None:
    paid = Paid(
        order.total,
        order.authorized_total + moved.authorized,
        order.captured_total + moved.captured,
        order.refunded_total + moved.refunded,
    )
    if not NOTHING <= paid.refunded <= paid.captured <= paid.authorized <= paid.total:
        raise PaymentSumsError(order.number)
    order.authorized_total, order.captured_total = paid.authorized, paid.captured
    order.refunded_total = paid.refunded
    set_payment(order, paid.status(order.payment_status))


async def fail(session: AsyncSession, order: Order, reason: str) -> bool:
    """Give an order up that nobody paid: its stock and codes are free again, and its cart is open.

    False if it is not waited for any more, because it was paid, cancelled or given up meanwhile.
    """
    if order.status is not OrderStatus.PENDING:
        return False
    set_payment(order, PaymentStatus.FAILED)
    await advance(session, order, OrderStatus.FAILED, reason)
    await release_codes(session, order)
    await free_units(session, order)
    if order.cart_id is not None:
        await reopen_cart(session, order.cart_id)
    return True


async def revive(session: AsyncSession, order: Order, reason: str) -> bool:
    """Confirm an order that was given up and paid after all; False, and nothing done, if that cannot be any more.

    Its stock may be gone, its codes used up, or its cart have become another order.
    """
    if order.status is not OrderStatus.FAILED:
        return False
    try:
        async with session.begin_nested():
            with refused_by({"uq_orders_cart_id": CartAlreadyOrderedError()}):
                await _confirm(session, order, reason)
            if order.cart_id is not None:
                await complete_again(session, order.cart_id)
            await use_codes_again(session, order)
            await take_units_again(session, order)
    except (OutOfStockError, PromoCodeNotUsableError, CartAlreadyOrderedError):
        await session.refresh(order)
        return False
    return True


async def expire_overdue(session: AsyncSession, now: datetime) -> bool:
    """Have some orders given up whose time to be paid is over; whether there may be more. Others may do so as well.

    Each is the matter of a job of its own, so that one that cannot be given up holds up no other: its job is tried
    again, and ends among the dead letters.
    """
    overdue = select(Order.id).where(Order.status == OrderStatus.PENDING, Order.expires_at <= now)
    unasked = overdue.where(~is_asked_for(EXPIRE_ORDER, Order.id))
    orders = list(await session.scalars(unasked.order_by(Order.expires_at).limit(BATCH)))
    await enqueue(session, *map(_expire, orders))
    return len(orders) == BATCH


async def expire(session: AsyncSession, order_id: UUID, now: datetime) -> None:
    """Give the order up, unless it was paid, cancelled or given more time meanwhile."""
    order = await lock_order(session, order_id)
    if order.status is OrderStatus.PENDING and order.expires_at is not None and order.expires_at <= now:
        await fail(session, order, "It was not paid in time.")
        await tell_failed(session, order)


def _expire(order_id: UUID) -> Job:
    return Job(EXPIRE_ORDER, {"order": str(order_id)}, dedupe_key=dedupe_key_of(EXPIRE_ORDER, order_id))


async def _confirm(session: AsyncSession, order: Order, reason: str | None) -> None:
    order.expires_at = None
    await advance(session, order, OrderStatus.CONFIRMED, reason)
    await tell_confirmed(session, order)


async def _give_up(session: AsyncSession, order: Order, reason: str | None) -> None:
    """What is refunded as a whole is sent no more. One that was cancelled before stays so."""
    if order.status in BEING_FULFILLED:
        await cancel_parcels(session, order)
        await free_units(session, order)
        await follow(session, order)
    if order.status in ALIVE:
        await advance(session, order, OrderStatus.REFUNDED, reason)
