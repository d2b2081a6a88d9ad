"""Whether a promotion code can be used now, as SQL; `domain.promotions` says the same of values."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_


def is_usable(promo_code: Any) -> ColumnElement[bool]:
    """It has begun, is not over, and is not used up."""
    now = func.statement_timestamp()
    return and_(
        promo_code.ended_at.is_(None),
        promo_code.valid_from <= now,
        or_(promo_code.valid_to.is_(None), promo_code.valid_to > now),
        or_(promo_code.usage_limit.is_(None), promo_code.used_count < promo_code.usage_limit),
    )
