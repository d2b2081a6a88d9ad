"""How an order stands as it is placed: confirmed at once where there is money for it, or none is needed. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from domain.money import NOTHING
from domain.order_states import ORDER_MOVES, PAYMENT_MOVES, Paid, require_possible
from domain.payment_standing import Standing
from models import OrderStatus, PaymentStatus


@dataclass(frozen=True, slots=True)
class Beginning:
    """The columns of an order that its first payment decides. Its history tells each move to here (migration 0060)."""

    status: OrderStatus = OrderStatus.PENDING
    payment_status: PaymentStatus = PaymentStatus.PENDING
    authorized_total: Decimal = NOTHING
    captured_total: Decimal = NOTHING

    @property
    def is_waiting(self) -> bool:
        """Whether the shop does not count on it yet."""
        return self.status is OrderStatus.PENDING


def beginning_of(total: Decimal, payment: Standing | None) -> Beginning:
    """Where an order of that total stands, by where its payment stands; None if nothing is to be paid."""
    if payment is not None and not payment.holds_money:
        return Beginning()
    held = payment or Standing()
    paid = Paid(total, held.authorized, held.captured, NOTHING).status(PaymentStatus.PENDING)
    require_possible(PAYMENT_MOVES, PaymentStatus.PENDING, paid)
    require_possible(ORDER_MOVES, OrderStatus.PENDING, OrderStatus.CONFIRMED)
    return Beginning(OrderStatus.CONFIRMED, paid, held.authorized, held.captured)
