"""The promotion codes of an order: given back when it comes to nothing, and used again when it is paid after all."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.promo_code_uses import release_code, use_code_again
from models import Order, OrderDiscount


async def release_codes(session: AsyncSession, order: Order) -> None:
    """Give the uses of the order's codes back, each once."""
    for code in await _codes_of(session, order):
        await release_code(session, code, order.id)


async def use_codes_again(session: AsyncSession, order: Order) -> None:
    """Use them as when it was placed, for whom they were used then. Raises PromoCodeNotUsableError."""
    for code in await _codes_of(session, order):
        await use_code_again(session, code, order.id)


async def _codes_of(session: AsyncSession, order: Order) -> list[UUID]:
    """In the order of their ids, in which everybody locks them."""
    codes = select(OrderDiscount.promo_code_id).where(OrderDiscount.order_id == order.id)
    used = await session.scalars(codes.where(OrderDiscount.promo_code_id.is_not(None)))
    return sorted(code for code in used if code is not None)
