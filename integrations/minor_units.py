"""Amounts as payment providers count them: in the smallest unit of the currency."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from domain.money import NOTHING, decimals_of

COUNTED_OTHERWISE: Final[Mapping[str, int]] = MappingProxyType({"ISK": 2, "MGA": 0, "UGX": 2})
"""The decimals that Stripe counts with where ISO 4217 says otherwise (docs.stripe.com/currencies)."""


class UncountableAmountError(ValueError):
    """An amount that the currency has no coin for."""

    def __init__(self, amount: Decimal, currency: str) -> None:
        super().__init__(f"{amount} {currency} is no whole number of the currency's smallest unit.")


def to_minor(amount: Decimal, currency: str) -> int:
    """The amount in the smallest unit. Raises UncountableAmountError."""
    scaled = amount.scaleb(_decimals(currency))
    if scaled != scaled.to_integral_value():
        raise UncountableAmountError(amount, currency)
    return int(scaled)


def from_minor(units: int, currency: str) -> Decimal:
    """The amount that so many of the smallest unit are."""
    return Decimal(units).scaleb(-_decimals(currency)) + NOTHING


def _decimals(currency: str) -> int:
    return COUNTED_OTHERWISE.get(currency, decimals_of(currency))
