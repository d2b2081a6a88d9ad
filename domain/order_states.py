"""The three state machines of an order, as tables of moves, and what follows from sums and units. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar

from domain.errors import DomainError
from models import FulfillmentStatus, OrderStatus, ParcelStatus, PaymentStatus

State = TypeVar("State", bound=StrEnum)
Moves = Mapping[State, frozenset[State]]


class OrderMoveRefusedError(DomainError):
    """What is asked for does not follow from the state."""

    def __init__(self, name: str, state: StrEnum, to: StrEnum, allowed: Collection[StrEnum]) -> None:
        may_follow = f"{', '.join(sorted(allowed))} may follow" if allowed else "nothing follows"
        super().__init__(f"{name} is {state} and cannot become {to}: {may_follow}.")
        self.state, self.to, self.allowed = state.value, to.value, sorted(each.value for each in allowed)


_PAID_BACK = frozenset({OrderStatus.CANCELLED, OrderStatus.REFUNDED})

ORDER_MOVES: Final[Moves[OrderStatus]] = MappingProxyType(
    {
        OrderStatus.PENDING: frozenset({OrderStatus.CONFIRMED, OrderStatus.CANCELLED, OrderStatus.FAILED}),
        OrderStatus.CONFIRMED: frozenset(
            {
                OrderStatus.PROCESSING,
                OrderStatus.PREPARING,
                OrderStatus.DISPATCHED,
                OrderStatus.SHIPPED,
                OrderStatus.DELIVERED,
                *_PAID_BACK,
            }
        ),
        OrderStatus.PROCESSING: frozenset(
            {
                OrderStatus.PREPARING,
                OrderStatus.DISPATCHED,
                OrderStatus.SHIPPED,
                OrderStatus.DELIVERED,
                *_PAID_BACK,
            }
        ),
        OrderStatus.PREPARING: frozenset(
            {OrderStatus.DISPATCHED, OrderStatus.SHIPPED, OrderStatus.DELIVERED, *_PAID_BACK}
        ),
        OrderStatus.DISPATCHED: frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED, *_PAID_BACK}),
        OrderStatus.SHIPPED: frozenset({OrderStatus.DELIVERED, *_PAID_BACK}),  # cancelled, once all of it came back
        OrderStatus.DELIVERED: frozenset({OrderStatus.REFUNDED}),
        OrderStatus.CANCELLED: frozenset(),
        OrderStatus.REFUNDED: frozenset(),
        OrderStatus.FAILED: frozenset({OrderStatus.CONFIRMED}),  # it was paid after all, and its stock is there
    }
)

PAYMENT_MOVES: Final[Moves[PaymentStatus]] = MappingProxyType(
    {
        PaymentStatus.PENDING: frozenset(
            {PaymentStatus.AUTHORIZED, PaymentStatus.PAID, PaymentStatus.FAILED, PaymentStatus.CANCELLED}
        ),
        PaymentStatus.AUTHORIZED: frozenset(
            {
                PaymentStatus.PAID,
                PaymentStatus.FAILED,
                PaymentStatus.CANCELLED,
                PaymentStatus.PARTIALLY_REFUNDED,  # of what was promised a part was taken
                PaymentStatus.REFUNDED,
            }
        ),
        PaymentStatus.PAID: frozenset(
            {
                PaymentStatus.PARTIALLY_REFUNDED,
                PaymentStatus.REFUNDED,
                PaymentStatus.CANCELLED,  # of an order that cost nothing, so that nothing goes back
            }
        ),
        PaymentStatus.PARTIALLY_REFUNDED: frozenset(
            {PaymentStatus.REFUNDED, PaymentStatus.PAID, PaymentStatus.AUTHORIZED}  # a bank may send money back
        ),
        PaymentStatus.REFUNDED: frozenset(
            {PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.PAID, PaymentStatus.AUTHORIZED}
        ),
        PaymentStatus.FAILED: frozenset({PaymentStatus.PENDING, PaymentStatus.AUTHORIZED, PaymentStatus.PAID}),
        PaymentStatus.CANCELLED: frozenset({PaymentStatus.AUTHORIZED, PaymentStatus.PAID}),  # news may come late
    }
)

FULFILLMENT_MOVES: Final[Moves[FulfillmentStatus]] = MappingProxyType(
    {
        FulfillmentStatus.UNFULFILLED: frozenset(
            {FulfillmentStatus.PARTIAL, FulfillmentStatus.FULFILLED, FulfillmentStatus.SHIPPED}
        ),
        FulfillmentStatus.PARTIAL: frozenset(
            {
                FulfillmentStatus.UNFULFILLED,
                FulfillmentStatus.FULFILLED,
                FulfillmentStatus.SHIPPED,
                FulfillmentStatus.DELIVERED,
            }
        ),
        FulfillmentStatus.FULFILLED: frozenset(
            {
                FulfillmentStatus.UNFULFILLED,
                FulfillmentStatus.PARTIAL,
                FulfillmentStatus.SHIPPED,
                FulfillmentStatus.DELIVERED,  # the rest, which was packed, is not sent any more
            }
        ),
        FulfillmentStatus.SHIPPED: frozenset({FulfillmentStatus.DELIVERED}),
        FulfillmentStatus.DELIVERED: frozenset(),
    }
)

PARCEL_MOVES: Final[Moves[ParcelStatus]] = MappingProxyType(
    {
        ParcelStatus.PACKED: frozenset({ParcelStatus.SHIPPED, ParcelStatus.CANCELLED}),
        ParcelStatus.SHIPPED: frozenset({ParcelStatus.DELIVERED}),
        ParcelStatus.DELIVERED: frozenset(),
        ParcelStatus.CANCELLED: frozenset(),
    }
)

STAFF_MOVES: Final = frozenset({OrderStatus.PROCESSING, OrderStatus.PREPARING, OrderStatus.DISPATCHED})
"""What the staff says of an order. All else follows from payments and parcels, or has a mutation of its own."""

BEING_FULFILLED: Final = frozenset({OrderStatus.CONFIRMED, *STAFF_MOVES})
"""The states in which units are packed and sent."""

ALIVE: Final = frozenset({*BEING_FULFILLED, OrderStatus.SHIPPED, OrderStatus.DELIVERED})
"""The states of an order that the shop counts on."""

OVER: Final = frozenset(OrderStatus) - ALIVE - {OrderStatus.PENDING}
"""The states of an order for whose money nobody waits any more, and that is not to be sent."""

WITH_BUYER_UNSTARTED: Final = frozenset({OrderStatus.PENDING, OrderStatus.CONFIRMED})
"""The states in which its buyer may cancel an order."""


class ImpossibleMoveError(Exception):
    """A fault of ours: something was to follow that nothing permits."""


def require_possible(moves: Moves[State], state: State, to: State) -> None:
    """Raise ImpossibleMoveError unless the state may follow, for moves that follow from what was checked before."""
    if to not in moves[state]:
        raise ImpossibleMoveError(f"{state} cannot become {to}.")


def require_move(moves: Moves[State], name: str, state: State, to: State) -> None:
    """Raise OrderMoveRefusedError unless the state may follow."""
    if to not in moves[state]:
        raise OrderMoveRefusedError(name, state, to, moves[state])


@dataclass(frozen=True, slots=True)
class Paid:
    """The sums of an order's money."""

    total: Decimal
    authorized: Decimal
    captured: Decimal
    refunded: Decimal

    def status(self, before: PaymentStatus) -> PaymentStatus:
        """What they make of the payment. Where nothing was promised, it is what was said of it before."""
        if self.refunded:
            is_all = self.refunded == self.captured
            return PaymentStatus.REFUNDED if is_all else PaymentStatus.PARTIALLY_REFUNDED
        if self.captured == self.total:
            return PaymentStatus.PAID
        if self.authorized:
            return PaymentStatus.AUTHORIZED
        return PaymentStatus.CANCELLED if before is PaymentStatus.AUTHORIZED else before


@dataclass(frozen=True, slots=True)
class Units:
    """The units of an order that are to be sent, and how far they are."""

    wanted: int
    """All but those that were cancelled."""
    fulfilled: int
    shipped: int
    delivered: int

    @property
    def status(self) -> FulfillmentStatus:
        """What they make of the fulfilment."""
        if self.fulfilled == 0:
            return FulfillmentStatus.UNFULFILLED
        if self.fulfilled < self.wanted:
            return FulfillmentStatus.PARTIAL
        if self.delivered == self.wanted:
            return FulfillmentStatus.DELIVERED
        return FulfillmentStatus.SHIPPED if self.shipped == self.wanted else FulfillmentStatus.FULFILLED
