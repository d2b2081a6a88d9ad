"""How much of a line's price goes back with some of its units. Pure."""

from decimal import Decimal

from domain.money import round_money


def share_of(total: Decimal, quantity: int, refunded: int, units: int) -> Decimal:
    """The part of a line's total that belongs to so many units, after others went back; all units make the total.

    What has gone back so far is rounded, and each share is the step, so that no cent is lost or made.
    """
    return _until(total, quantity, refunded + units) - _until(total, quantity, refunded)


def _until(total: Decimal, quantity: int, units: int) -> Decimal:
    return round_money(total * units / quantity)
