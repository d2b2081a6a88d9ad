"""Refunds that the staff asks for: an amount, the price of some units, or all that is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.amounts import require_amounts
from domain.errors import DomainError
from domain.order_returns import refund_lines, return_lines
from domain.order_units import LineUnits, chosen, lines_of, require_unrefunded
from domain.orders import lock_order
from domain.payments import lock_payment
from domain.refund_amounts import share_of
from domain.refunding import RefundTooLargeError, refundable, start_refund
from models import Order, OrderLine, Payment, PaymentTransaction


class NothingToRefundError(DomainError):
    """Nothing was taken for the order that is not given back, or about to be."""

    def __init__(self) -> None:
        super().__init__("There is no money of this order that could be given back.")


@dataclass(frozen=True, slots=True)
class RefundWish:
    """What is asked for. Without an amount it is what the units cost; without units either, all that is left."""

    order_id: UUID
    reason: str
    key: str
    amount: Decimal | None = None
    units: LineUnits = field(default_factory=dict)
    restocks: bool = False
    """Whether those of the units that had left the house are back, and can be sold again."""


async def refund_order(session: AsyncSession, wish: RefundWish) -> PaymentTransaction:
    """Begin to give money back. Units that are in no parcel yet are not sent any more.

    Raises InvalidInputError, OrderNotFoundError, UnitsNotThereError, NothingToRefundError and RefundTooLargeError.
    """
    order = await lock_order(session, wish.order_id)
    lines = await lines_of(session, order)
    payment = await _fullest(session, order)
    units = wish.units if wish.units or wish.amount is not None else _all_of(lines)
    require_unrefunded(lines, units)
    amount = _amount(wish, lines, payment)
    require_amounts(payment.currency, amount=wish.amount)
    if amount <= 0:
        raise NothingToRefundError
    if amount > refundable(payment):
        raise RefundTooLargeError(amount, refundable(payment), payment.currency)
    if units:
        left_before = _outside(chosen(lines, units))
        await refund_lines(session, order, units)
        if wish.restocks and left_before:
            await return_lines(session, order, left_before, to_stock=True)
    return await start_refund(session, payment, amount, wish.reason, key=wish.key, units=units)


async def _fullest(session: AsyncSession, order: Order) -> Payment:
    """The payment of the order of which most could be given back, locked. Raises NothingToRefundError."""
    keys = await session.scalars(select(Payment.id).where(Payment.order_id == order.id).order_by(Payment.id))
    payments = [(await lock_payment(session, key))[1] for key in keys]
    found = max(payments, key=refundable, default=None)
    if found is None or refundable(found) <= 0:
        raise NothingToRefundError
    return found


def _amount(wish: RefundWish, lines: Sequence[OrderLine], payment: Payment) -> Decimal:
    """Raises UnitsNotThereError."""
    if wish.amount is not None:
        return wish.amount
    if not wish.units:
        return refundable(payment)
    return sum((share_of(line, count) for line, count in chosen(lines, wish.units)), Decimal(0))


def _all_of(lines: Sequence[OrderLine]) -> LineUnits:
    """All units whose price has not gone back."""
    left = {line.id: line.quantity - line.refunded_quantity for line in lines}
    return {key: count for key, count in left.items() if count}


def _outside(meant: Sequence[tuple[OrderLine, int]]) -> Mapping[UUID, int]:
    """Those of the units that have left the house and are not back; units that never left are freed instead."""
    counts = {
        line.id: min(count - min(count, _unsent(line)), line.shipped_quantity - line.returned_quantity)
        for line, count in meant
    }
    return {key: count for key, count in counts.items() if count > 0}


def _unsent(line: OrderLine) -> int:
    """The units that are in no parcel, and go back first."""
    return line.quantity - line.cancelled_quantity - line.fulfilled_quantity
