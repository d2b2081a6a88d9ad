"""What several promotion codes take off one purchase, as a function of values.

The order in which they were typed does not matter: percentages come before fixed amounts, and of a kind the code that
is first in the alphabet. Each takes from what the ones before it have left (decision 0043).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from domain.promotions import Basket, KnownPromotion, Skipped, SkipReason, apply_promotion
from models import DiscountType


@dataclass(frozen=True, slots=True)
class Offer:
    """A code that the buyer has given."""

    code: str
    """In capitals."""
    known: KnownPromotion | None
    """None for a code that there is not."""
    uses_by_customer: int = 0


@dataclass(frozen=True, slots=True)
class AppliedCode:
    """A code that takes something off."""

    promo_code_id: UUID
    code: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SkippedCode:
    """A code that takes nothing off, and why."""

    code: str
    reason: SkipReason
    missing: Decimal | None = None
    """How much more has to be bought, below the minimum."""


@dataclass(frozen=True, slots=True)
class Discounts:
    """What all codes take off together."""

    amounts: tuple[Decimal, ...]
    """Off each line, in the order of the basket."""
    applied: tuple[AppliedCode, ...]
    skipped: tuple[SkippedCode, ...]


def discounts_on(basket: Basket, offers: Sequence[Offer]) -> Discounts:
    """Apply the codes one after the other; one that is given twice counts once."""
    applied: list[AppliedCode] = []
    skipped: list[SkippedCode] = []
    for offer in sorted({offer.code: offer for offer in offers}.values(), key=_turn):
        if offer.known is None:
            skipped.append(SkippedCode(offer.code, SkipReason.UNKNOWN))
            continue
        discount = apply_promotion(offer.known.promotion, replace(basket, uses_by_customer=offer.uses_by_customer))
        if isinstance(discount, Skipped):
            skipped.append(SkippedCode(offer.code, discount.reason, discount.missing))
            continue
        applied.append(AppliedCode(offer.known.id, offer.code, discount.total))
        basket = _after(basket, discount.amounts)
    return Discounts(tuple(line.taken for line in basket.lines), tuple(applied), tuple(skipped))


def _turn(offer: Offer) -> tuple[bool, str]:
    is_fixed = offer.known is not None and offer.known.promotion.discount_type is DiscountType.FIXED
    return is_fixed, offer.code


def _after(basket: Basket, amounts: Sequence[Decimal]) -> Basket:
    lines = [replace(line, taken=line.taken + amount) for line, amount in zip(basket.lines, amounts, strict=True)]
    return replace(basket, lines=lines)
