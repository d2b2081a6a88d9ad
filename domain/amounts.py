"""Amounts as people give them, which have no more decimals than their currency."""

from decimal import Decimal
from typing import Final

from domain.errors import InvalidField, InvalidInputError
from domain.money import decimals_of, round_money

IN_WORDS: Final = {2: "two", 3: "three", 4: "four"}


def too_fine(amount: Decimal | None, currency: str) -> str | None:
    """What an amount has for which the currency has no coins, as the end of a sentence; None where it has coins."""
    if amount is None or amount == round_money(amount, currency):
        return None
    decimals = decimals_of(currency)
    return f"has more than {IN_WORDS[decimals]} decimal places." if decimals else f"has decimals, and {currency} none."


def faults_of_amounts(currency: str, **amounts: Decimal | None) -> list[InvalidField]:
    """The fields of amounts with too many decimals."""
    found = {name: too_fine(amount, currency) for name, amount in amounts.items()}
    return [InvalidField((name,), f"{amounts[name]} {fault}") for name, fault in found.items() if fault is not None]


def require_amounts(currency: str, **amounts: Decimal | None) -> None:
    """Refuse amounts with too many decimals. Raises InvalidInputError."""
    faults = faults_of_amounts(currency, **amounts)
    if faults:
        raise InvalidInputError(faults)
