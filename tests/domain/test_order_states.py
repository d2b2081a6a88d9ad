"""The tables of moves permit whatever can become of units and of money: a state that follows is never refused."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from domain.order_states import FULFILLMENT_MOVES, PAYMENT_MOVES, Paid, Units
from models import PaymentStatus

ORDERED = 3


def after_one_step(units: Units) -> Iterator[Units]:
    """What may happen to some of them: packed, unpacked, sent, delivered, or given up, also out of their parcels."""
    for count in range(1, ORDERED + 1):
        if units.fulfilled + count <= units.wanted:
            yield replace(units, fulfilled=units.fulfilled + count)
            yield replace(units, wanted=units.wanted - count)
        if units.shipped + count <= units.fulfilled:
            yield replace(units, fulfilled=units.fulfilled - count)
            yield replace(units, shipped=units.shipped + count)
        if units.delivered + count <= units.shipped:
            yield replace(units, delivered=units.delivered + count)
    yield replace(units, wanted=units.shipped, fulfilled=units.shipped)


def reachable() -> set[Units]:
    """All that can become of an order of so many units."""
    found, new = set[Units](), {Units(wanted=ORDERED, fulfilled=0, shipped=0, delivered=0)}
    while new:
        found |= new
        new = {after for units in new for after in after_one_step(units)} - found
    return found


@pytest.mark.parametrize("units", sorted(reachable(), key=repr), ids=repr)
def test_whatever_happens_to_units_their_state_may_follow(units: Units) -> None:
    refused = [
        after
        for after in after_one_step(units)
        if after.status is not units.status and after.status not in FULFILLMENT_MOVES[units.status]
    ]
    assert refused == []


NOTHING, TOTAL = Decimal(0), Decimal(3)


@dataclass(frozen=True, slots=True)
class Money:
    """The sums of an order, and where its payment stands by them."""

    paid: Paid
    status: PaymentStatus

    def after(self, **sums: Decimal) -> "Money":
        """With other sums."""
        paid = replace(self.paid, **sums)
        return Money(paid, paid.status(self.status))


def after_one_move(money: Money) -> Iterator[Money]:
    """What may happen to money: promised, let go of, taken in part or as a whole, given back, and sent back again."""
    paid = money.paid
    yield money.after(authorized=TOTAL)
    if not paid.captured:
        yield money.after(authorized=NOTHING)
    for amount in map(Decimal, range(1, int(TOTAL) + 1)):
        if paid.captured + amount <= TOTAL:
            yield money.after(authorized=TOTAL, captured=paid.captured + amount)
        if paid.refunded + amount <= paid.captured:
            yield money.after(refunded=paid.refunded + amount)
        if amount <= paid.refunded:
            yield money.after(refunded=paid.refunded - amount)


def reachable_money() -> set[Money]:
    """All that can become of the money of an order, also of one that was given up or cancelled before it came."""
    given_up = (PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.CANCELLED)
    unpaid = Paid(TOTAL, NOTHING, NOTHING, NOTHING)
    found, new = set[Money](), {Money(unpaid, status) for status in given_up}
    while new:
        found |= new
        new = {after for money in new for after in after_one_move(money)} - found
    return found


@pytest.mark.parametrize("money", sorted(reachable_money(), key=repr), ids=repr)
def test_whatever_happens_to_money_its_state_may_follow(money: Money) -> None:
    refused = {
        after.status
        for after in after_one_move(money)
        if after.status is not money.status and after.status not in PAYMENT_MOVES[money.status]
    }
    assert refused == set()
