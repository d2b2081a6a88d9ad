"""What a cart says besides its lines: where it goes, how, to whom it is confirmed, and its promotion codes."""

from typing import Any

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carts import Buyer, CartNotFoundError, LockedCart, change_cart, lock_cart
from domain.core_statements import execute
from domain.customization import unit_price
from domain.errors import DomainError
from domain.introductions import actor_is_told
from domain.promo_codes import normalised_code
from models import CartLine, ProductOptionSchema, ProductVariant, PromoCode, ShippingMethod
from models.carts import MOST_CODES


class PromoCodeUnknownError(DomainError):
    """There is no such code."""

    def __init__(self) -> None:
        super().__init__("There is no such promotion code. Look for a typing mistake.")


class TooManyPromoCodesError(DomainError):
    """The cart has as many codes as carts take."""

    def __init__(self) -> None:
        super().__init__(f"A cart takes {MOST_CODES} promotion codes at the most. Take one out first.")
        self.maximum = MOST_CODES


class ShippingMethodUnknownError(DomainError):
    """There is no such shipping method, or it is not offered any more."""

    def __init__(self) -> None:
        super().__init__("There is no such shipping method. Choose another.")


_METHOD = select(ShippingMethod.id).where(
    ShippingMethod.id == bindparam("method", type_=Uuid()), ShippingMethod.is_active, actor_is_told()
)
"""The `method`, if it is offered. What was to be changed at once may have been refused before."""


async def apply_code(session: AsyncSession, buyer: Buyer, text: str) -> LockedCart:
    """Put a code into the cart, whether it takes something off by now or not; one that is in it stays where it is.

    Raises CartNotFoundError, PromoCodeUnknownError and TooManyPromoCodesError.
    """
    code = normalised_code(text)
    cart = await lock_cart(session, buyer)
    if code in cart.promo_codes:
        return cart
    if await session.scalar(select(PromoCode.id).where(PromoCode.code == code)) is None:
        raise PromoCodeUnknownError
    if len(cart.promo_codes) >= MOST_CODES:
        raise TooManyPromoCodesError
    return await change_cart(session, buyer, promo_codes=[*cart.promo_codes, code])


async def remove_code(session: AsyncSession, buyer: Buyer, text: str) -> LockedCart:
    """Take a code out; one that is not in it may be anything. Raises CartNotFoundError."""
    code = normalised_code(text)
    cart = await lock_cart(session, buyer)
    return await change_cart(session, buyer, promo_codes=[each for each in cart.promo_codes if each != code])


async def set_details(session: AsyncSession, buyer: Buyer, **details: Any) -> LockedCart:
    """Say where the order goes, how, and to whom it is confirmed: columns of the cart, checked by whoever calls.

    Raises CartNotFoundError and ShippingMethodUnknownError.
    """
    try:
        return await change_cart(session, buyer, **details)
    except CartNotFoundError:
        method_id = details.get("shipping_method_id")
        if method_id is not None and not await execute(session, _METHOD, {"method": method_id}):
            raise ShippingMethodUnknownError from None
        raise


async def confirm_prices(session: AsyncSession, buyer: Buyer) -> LockedCart:
    """Take over the prices of now as those that the buyer has seen. Raises CartNotFoundError."""
    cart = await change_cart(session, buyer)
    statement = (
        select(CartLine, ProductVariant.price, ProductOptionSchema.surcharges)
        .join(ProductVariant, ProductVariant.id == CartLine.variant_id)
        .outerjoin(ProductOptionSchema, ProductOptionSchema.product_id == ProductVariant.product_id)
        .where(CartLine.cart_id == cart.id)
    )
    for line, price, surcharges in await session.execute(statement):
        line.unit_price_seen = unit_price(price, line.customization, surcharges)
    await session.flush()
    return cart
