"""Amounts of money: the one rounding function, and how an amount is divided without losing a cent."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate, pairwise

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
MOST_MONEY = Decimal("9999999999.99")
"""What NUMERIC(12, 2) has room for."""


def round_money(amount: Decimal) -> Decimal:
    """To whole cents, a half away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def divide(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Shares of the amount in proportion to the weights, which are amounts too; their sum is the amount.

    Each share is less than a cent from its exact proportion, and no larger than its weight if the amount is no larger
    than all of them together. What has been given so far is rounded, in whole cents, and each share is the step.
    """
    total = sum(map(_cents, weights))
    if total == 0:
        return [Decimal(0).quantize(CENT)] * len(weights)
    whole = _cents(amount)
    given = [(2 * whole * reached + total) // (2 * total) for reached in accumulate(map(_cents, weights), initial=0)]
    return [(after - before) * CENT for before, after in pairwise(given)]


def _cents(amount: Decimal) -> int:
    return int(amount / CENT)
