"""Amounts of money: the one rounding function, and how an amount is divided without losing a coin.

Each currency has as many decimals as ISO 4217 says. An amount of fewer than two is written with two all the same, as it
is stored: 1250.00 yen.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate, pairwise

from models.currencies import UNUSUAL_DECIMALS, USUAL_DECIMALS

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
MOST_MONEY = Decimal("9999999999.99")
"""What NUMERIC(12, 2) has room for."""


def decimals_of(currency: str) -> int:
    """How many decimals amounts of the currency have."""
    return UNUSUAL_DECIMALS.get(currency, USUAL_DECIMALS)


def smallest_of(currency: str) -> Decimal:
    """The smallest amount of the currency: a cent, a yen, a fils."""
    return Decimal(1).scaleb(-decimals_of(currency))


def round_money(amount: Decimal, currency: str) -> Decimal:
    """To what there are coins for, a half away from zero."""
    return amount.quantize(smallest_of(currency), ROUND_HALF_UP) + NOTHING


def divide(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Shares of the amount in proportion to the weights, which are amounts too; their sum is the amount.

    Each share is less than the smallest amount of the currency from its exact proportion, and no larger than its weight
    if the amount is no larger than all of them together. What has been given so far is rounded, and each share is the
    step.
    """
    smallest = smallest_of(currency)
    counted = [int(weight / smallest) for weight in weights]
    total, whole = sum(counted), int(amount / smallest)
    if total == 0:
        return [NOTHING] * len(weights)
    given = [(2 * whole * reached + total) // (2 * total) for reached in accumulate(counted, initial=0)]
    return [(after - before) * smallest + NOTHING for before, after in pairwise(given)]
