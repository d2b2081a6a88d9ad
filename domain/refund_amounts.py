"""How much of a line's price goes back with some of its units. Pure."""

from decimal import Decimal

from domain.money import round_money
from models import OrderLine


def share_of(line: OrderLine, units: int) -> Decimal:
    """The part of the line's total that belongs to so many units, after others went back; all units make the total.

    What has gone back so far is rounded, and each share is the step, so that no coin is lost or made.
    """
    return _until(line, line.refunded_quantity + units) - _until(line, line.refunded_quantity)


def _until(line: OrderLine, units: int) -> Decimal:
    if units == line.quantity:
        return line.total  # which an order of before may have with more decimals than its currency has
    return round_money(line.total * units / line.quantity, line.currency)
