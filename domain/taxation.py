"""How much tax there is in an amount, or comes on top of it."""

from decimal import Decimal

from domain.money import round_money


def tax_on(amount: Decimal, rate: Decimal, currency: str, *, is_included: bool) -> Decimal:
    """The tax, rounded once, a half up. An amount that has it in it gives the same as the amount without it did."""
    return round_money(amount * rate / (1 + rate) if is_included else amount * rate, currency)
