"""What shipping costs, as a function of values."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domain.money import NOTHING, round_money

GRAMS_OF_A_KILOGRAM = Decimal(1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingTerms:
    """A shipping method as it is stored, with the rate of tax on it."""

    method_id: UUID
    name: str
    price: Decimal
    free_over: Decimal | None = None
    """From what the goods cost on it is free."""
    price_per_kg: Decimal = NOTHING
    tax_rate: Decimal


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent, as far as its price asks."""

    goods: Decimal
    """What everything that is bought costs, after discounts."""
    grams: int
    """What all that is sent weighs."""


def shipping_price(terms: ShippingTerms, parcel: Parcel, currency: str) -> Decimal:
    """What sending costs, rounded once. A weight is charged to the gram, on top of the price."""
    if terms.free_over is not None and parcel.goods >= terms.free_over:
        return NOTHING
    return round_money(terms.price + terms.price_per_kg * parcel.grams / GRAMS_OF_A_KILOGRAM, currency)
