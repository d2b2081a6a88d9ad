"""How promotion codes are filtered and sorted."""

from enum import Enum

from domain import conditions, promo_code_state
from schema.declare import sort_enum
from schema.enums import DiscountType
from schema.filters import condition, filter_input, in_span
from schema.orders import ascending, descending
from schema.values import DateTimeRange


@sort_enum("How promotion codes are sorted.")
class PromoCodeSort(Enum):
    """Orders of lists of promotion codes."""

    NEWEST = descending("promo-code:newest", lambda code: code.created_at, "The newest first.")
    OLDEST = ascending("promo-code:oldest", lambda code: code.created_at, "The oldest first.")
    CODE_ASC = ascending("promo-code:code-asc", lambda code: code.code, "By code.")
    CODE_DESC = descending("promo-code:code-desc", lambda code: code.code, "By code, backwards.")


@filter_input("Conditions on promotion codes, which must all hold.")
class PromoCodeFilter:
    """What promotion codes are filtered by."""

    discount_type: list[DiscountType] | None = condition(
        lambda code, types: conditions.one_of(code.discount_type, types), "Of one of these types."
    )
    is_usable: bool | None = condition(
        lambda code, wanted: promo_code_state.is_usable(code).is_(wanted), "Whether somebody can use them now."
    )
    created_at: DateTimeRange | None = condition(in_span(lambda code: code.created_at), "Made in this span of time.")
