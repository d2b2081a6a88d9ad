"""What the staff does with promotion codes."""

import strawberry

from auth.permissions import Permission
from resolvers import promotions
from schema.declare import mutation
from schema.promotions_changes import (
    CreatePromoCodeInput,
    CreatePromoCodeResult,
    EndPromoCodeInput,
    EndPromoCodeResult,
    UpdatePromoCodeInput,
    UpdatePromoCodeResult,
)


@strawberry.type
class PromotionMutations:
    """Fields of the root of changes."""

    create_promo_code: CreatePromoCodeResult | None = mutation(
        promotions.create_promo_code,
        "Make a promotion code.",
        input=CreatePromoCodeInput,
        requires=Permission.PROMOTIONS_WRITE,
    )
    update_promo_code: UpdatePromoCodeResult | None = mutation(
        promotions.update_promo_code,
        "Change the terms of a promotion code, for those who use it from now on.",
        input=UpdatePromoCodeInput,
        requires=Permission.PROMOTIONS_WRITE,
    )
    end_promo_code: EndPromoCodeResult | None = mutation(
        promotions.end_promo_code,
        "Let nobody use a promotion code from now on.",
        input=EndPromoCodeInput,
        requires=Permission.PROMOTIONS_WRITE,
    )
