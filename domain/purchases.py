"""What somebody means to buy, and what comes of asking for its price."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from domain.promo_code_uses import Customer
from domain.totals import Quote


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    """Units of one variant that cost the same."""

    key: UUID
    """What the caller knows the line by."""
    variant_id: UUID
    quantity: int
    unit_price: Decimal
    """With what options add."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseFacts:
    """All that a price depends on, besides what the shop itself says."""

    lines: tuple[PurchaseLine, ...]
    currency: str
    country_code: str | None = None
    """Where it goes; the first country that the shop sells to while nobody knows."""
    shipping_method_id: UUID | None = None
    codes: tuple[str, ...] = ()
    """As they are stored, in capitals."""
    customer: Customer


class LeftOutReason(StrEnum):
    """Why a line has no price."""

    GONE = "GONE"
    """There is no such variant any more."""
    INACTIVE = "INACTIVE"
    """Its product is not on sale."""
    OTHER_CURRENCY = "OTHER_CURRENCY"
    """Its price is in another currency than that of the purchase."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line that is no part of the quote, and why."""

    key: UUID
    reason: LeftOutReason


class ShippingFault(StrEnum):
    """Why what is bought cannot be sent as it stands."""

    COUNTRY_NOT_SERVED = "COUNTRY_NOT_SERVED"
    """The shop does not sell to the country."""
    METHOD_MISSING = "METHOD_MISSING"
    """None was chosen."""
    METHOD_UNAVAILABLE = "METHOD_UNAVAILABLE"
    """The one that was chosen is not offered any more, or not for the country, or in another currency."""


@dataclass(frozen=True, slots=True)
class PurchaseQuote:
    """What a purchase costs, and what keeps it from being made."""

    quote: Quote
    country_code: str | None
    """Whose taxes are in it; None where the shop sells to no country."""
    left_out: tuple[LeftOut, ...]
    """Without these the sums are whole. Whoever sells must refuse where there is any."""
    shipping_fault: ShippingFault | None
    """None where everything can be sent, or nothing has to be."""
