"""Whether a promotion code applies to a basket, and what it takes off each line: a function of values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from domain.money import divide, round_money
from models import DiscountType

HUNDRED = Decimal(100)


class SkipReason(StrEnum):
    """Why a code takes nothing off."""

    NOT_YET_VALID = "NOT_YET_VALID"
    OVER = "OVER"
    USED_UP = "USED_UP"
    USED_UP_BY_CUSTOMER = "USED_UP_BY_CUSTOMER"
    OTHER_CURRENCY = "OTHER_CURRENCY"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    NOTHING_IT_IS_FOR = "NOTHING_IT_IS_FOR"
    NOTHING_LEFT = "NOTHING_LEFT"
    """Other codes have taken off all that it could."""
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A code as it is stored."""

    discount_type: DiscountType
    amount: Decimal
    currency: str
    valid_from: datetime
    valid_to: datetime | None = None
    ended_at: datetime | None = None
    usage_limit: int | None = None
    used_count: int = 0
    limit_per_customer: int | None = None
    minimum_subtotal: Decimal | None = None
    is_restricted: bool = False
    product_ids: frozenset[UUID] = frozenset()
    category_ids: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class KnownPromotion:
    """A code that there is."""

    id: UUID
    promotion: Promotion


@dataclass(frozen=True, slots=True)
class BasketLine:
    """What is bought, as far as a promotion asks."""

    product_id: UUID
    category_path: frozenset[UUID]
    """The product's category and all above it; empty without one."""
    total: Decimal
    """For all units, before any discount."""
    taken: Decimal = Decimal("0.00")
    """What other codes have taken off."""


@dataclass(frozen=True, slots=True)
class Basket:
    """What somebody is about to buy."""

    lines: Sequence[BasketLine]
    currency: str
    at: datetime
    uses_by_customer: int = 0
    """How often this customer has used the code before."""

    @property
    def subtotal(self) -> Decimal:
        """The sum of the lines."""
        return sum((line.total for line in self.lines), Decimal("0.00"))


@dataclass(frozen=True, slots=True)
class Discount:
    """What is taken off each line, in the order of the basket."""

    amounts: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        """What is taken off altogether."""
        return sum(self.amounts, Decimal("0.00"))


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing is taken off, and why."""

    reason: SkipReason
    missing: Decimal | None = None
    """How much more has to be bought, below the minimum."""


def apply_promotion(promotion: Promotion, basket: Basket) -> Discount | Skipped:
    """What the code takes off, or why it does not. The minimum is asked of the whole basket, before any discount.

    It takes from what other codes have left. Each line is rounded once: a percentage on its own, a fixed amount as a
    share of it in proportion to the line. A fixed amount takes off no more than there is left of what it is for.
    """
    reason = _not_usable(promotion, basket)
    if reason is not None:
        return Skipped(reason)
    if promotion.minimum_subtotal is not None and basket.subtotal < promotion.minimum_subtotal:
        return Skipped(SkipReason.BELOW_MINIMUM, promotion.minimum_subtotal - basket.subtotal)
    if not any(line.total for line in basket.lines if _is_for(promotion, line)):
        return Skipped(SkipReason.NOTHING_IT_IS_FOR)
    weights = [line.total - line.taken if _is_for(promotion, line) else Decimal("0.00") for line in basket.lines]
    if not any(weights):
        return Skipped(SkipReason.NOTHING_LEFT)
    return Discount(tuple(_amounts(promotion, weights, basket.currency)))


def _not_usable(promotion: Promotion, basket: Basket) -> SkipReason | None:
    if basket.at < promotion.valid_from:
        return SkipReason.NOT_YET_VALID
    if any(end is not None and end <= basket.at for end in (promotion.valid_to, promotion.ended_at)):
        return SkipReason.OVER
    if promotion.usage_limit is not None and promotion.used_count >= promotion.usage_limit:
        return SkipReason.USED_UP
    if promotion.limit_per_customer is not None and basket.uses_by_customer >= promotion.limit_per_customer:
        return SkipReason.USED_UP_BY_CUSTOMER
    needs_currency = promotion.discount_type is DiscountType.FIXED or promotion.minimum_subtotal is not None
    return SkipReason.OTHER_CURRENCY if needs_currency and promotion.currency != basket.currency else None


def _is_for(promotion: Promotion, line: BasketLine) -> bool:
    if not promotion.is_restricted:
        return True
    return line.product_id in promotion.product_ids or not promotion.category_ids.isdisjoint(line.category_path)


def _amounts(promotion: Promotion, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    if promotion.discount_type is DiscountType.PERCENT:
        # A price of before that has more decimals than its currency would be rounded up beyond itself.
        return [min(round_money(weight * promotion.amount / HUNDRED, currency), weight) for weight in weights]
    return divide(min(promotion.amount, sum(weights, Decimal(0))), weights, currency)
