"""What shipping costs, as a function of values."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domain.money import NOTHING, round_money
from models import ShippingRateKind

GRAMS_OF_A_KILOGRAM = Decimal(1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingTerms:
    """A shipping method as it is stored, with the rate of tax on it."""

    method_id: UUID
    name: str
    rate_kind: ShippingRateKind
    price: Decimal
    free_over: Decimal | None = None
    price_per_kg: Decimal | None = None
    tax_rate: Decimal


def shipping_price(terms: ShippingTerms, *, goods: Decimal, grams: int) -> Decimal:
    """The price of sending goods of that price, after discounts, and of that weight; rounded once.

    A weight is charged to the gram, on top of the price.
    """
    if terms.rate_kind is ShippingRateKind.FREE_OVER and terms.free_over is not None and goods >= terms.free_over:
        return NOTHING
    if terms.rate_kind is ShippingRateKind.WEIGHT and terms.price_per_kg is not None:
        return round_money(terms.price + terms.price_per_kg * grams / GRAMS_OF_A_KILOGRAM)
    return terms.price
