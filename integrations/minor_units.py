"""Amounts as payment providers count them: in the smallest unit of the currency."""

from decimal import Decimal

from domain.money import round_money

NO_DECIMALS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""As Stripe counts them (docs.stripe.com/currencies). ISK and UGX have no decimals and are counted with two."""


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
    return round_money(Decimal(units).scaleb(-_decimals(currency)))


def _decimals(currency: str) -> int:
    if currency in NO_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2
