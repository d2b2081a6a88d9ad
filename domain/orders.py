"""Orders that are moved on: found and locked, and changed through the tables of moves."""

from uuid import UUID

from sqlalchemy import func, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import ConflictError, DomainError
from domain.order_states import FULFILLMENT_MOVES, ORDER_MOVES, PAYMENT_MOVES, require_move, require_possible
from models import FulfillmentStatus, Order, OrderStatus, PaymentStatus

REASON = "merkato.order_reason"
"""The setting that says to the triggers why the next change of an order is made."""

STATUSES = ("status", "payment_status", "fulfillment_status")


class OrderNotFoundError(DomainError):
    """There is no such order, or not for whoever asks."""

    def __init__(self) -> None:
        super().__init__("There is no such order.")


async def lock_order(session: AsyncSession, order_id: UUID, expected_version: int | None = None) -> Order:
    """The order as it is now; whoever else would change it waits. Raises OrderNotFoundError and ConflictError.

    Who changes an order locks it first of all, then payments, lines and stock. The lock lets others refer to it.
    """
    locking = select(Order).where(Order.id == order_id).with_for_update(key_share=True)
    order = await session.scalar(locking.execution_options(populate_existing=True))
    if order is None:
        raise OrderNotFoundError
    if expected_version is not None and order.version != expected_version:
        raise ConflictError(expected_version, order.version)
    return order


async def move_order(session: AsyncSession, order: Order, to: OrderStatus, reason: str | None = None) -> None:
    """Give the locked order another status, which its history tells. Raises OrderMoveRefusedError."""
    require_move(ORDER_MOVES, f"The order {order.number}", order.status, to)
    await advance(session, order, to, reason)


async def advance(session: AsyncSession, order: Order, to: OrderStatus, reason: str | None = None) -> None:
    """The same where it is known that the status may follow."""
    require_possible(ORDER_MOVES, order.status, to)
    order.status = to
    await save(session, order, reason)


def set_payment(order: Order, to: PaymentStatus) -> None:
    """Give its payment the status that follows from its sums."""
    if order.payment_status is not to:
        require_possible(PAYMENT_MOVES, order.payment_status, to)
        order.payment_status = to


def set_fulfillment(order: Order, to: FulfillmentStatus) -> None:
    """Give its fulfilment the status that follows from its units."""
    if order.fulfillment_status is not to:
        require_possible(FULFILLMENT_MOVES, order.fulfillment_status, to)
        order.fulfillment_status = to


async def save(session: AsyncSession, order: Order, reason: str | None = None) -> None:
    """Write what changed of the locked order, and tell those who watch it. The reason is that of a move."""
    if reason and _moves(order):
        with session.no_autoflush:  # the move is written after its reason
            await session.execute(select(func.set_config(REASON, reason, True)))  # noqa: FBT003 - of this transaction
    order.version += 1
    await session.flush()


def _moves(order: Order) -> bool:
    changes = inspect(order).attrs
    return any(changes[name].history.has_changes() for name in STATUSES)
