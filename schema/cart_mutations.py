"""What buyers do with their carts."""

import strawberry

from auth.permissions import Gate
from resolvers import carts
from schema.cart_changes import (
    AddToCartInput,
    AddToCartResult,
    ApplyPromoCodeResult,
    ClearCartResult,
    ConfirmCartPricesResult,
    MergeCartResult,
    PromoCodeInput,
    RemoveFromCartInput,
    RemoveFromCartResult,
    RemovePromoCodeResult,
    SetCartDetailsInput,
    SetCartDetailsResult,
    UpdateCartLinesInput,
    UpdateCartLinesResult,
)
from schema.declare import mutation


@strawberry.type
class CartMutations:
    """Fields of the root of changes."""

    add_to_cart: AddToCartResult | None = mutation(
        carts.add_to_cart,
        "Put something into one's cart. Visitors become guests by it, and get a token to keep.",
        input=AddToCartInput,
        requires=Gate.PUBLIC,
    )
    update_cart_lines: UpdateCartLinesResult | None = mutation(
        carts.update_cart_lines,
        "Change how many units lines of one's cart have.",
        input=UpdateCartLinesInput,
        requires=Gate.PUBLIC,
    )
    remove_from_cart: RemoveFromCartResult | None = mutation(
        carts.remove_from_cart,
        "Take lines out of one's cart. Those that are out already stay so.",
        input=RemoveFromCartInput,
        requires=Gate.PUBLIC,
    )
    clear_cart: ClearCartResult | None = mutation(
        carts.clear_cart, "Take everything out of one's cart, codes included.", requires=Gate.PUBLIC
    )
    set_cart_details: SetCartDetailsResult | None = mutation(
        carts.set_cart_details,
        "Say where the order goes, how, and to whom it is confirmed.",
        input=SetCartDetailsInput,
        requires=Gate.PUBLIC,
    )
    apply_promo_code: ApplyPromoCodeResult | None = mutation(
        carts.apply_promo_code,
        "Put a promotion code into one's cart, whether or not it takes something off yet.",
        input=PromoCodeInput,
        requires=Gate.PUBLIC,
        attempt=True,
    )
    remove_promo_code: RemovePromoCodeResult | None = mutation(
        carts.remove_promo_code,
        "Take a promotion code out of one's cart.",
        input=PromoCodeInput,
        requires=Gate.PUBLIC,
    )
    confirm_cart_prices: ConfirmCartPricesResult | None = mutation(
        carts.confirm_cart_prices,
        "Take the prices of now for those that the buyer has seen.",
        requires=Gate.PUBLIC,
    )
    merge_cart: MergeCartResult | None = mutation(
        carts.merge_cart,
        "Put what the guest of the header `Guest-Token` has filled into one's own cart, as signing in does by itself.",
        requires=Gate.SIGNED_IN,
    )
