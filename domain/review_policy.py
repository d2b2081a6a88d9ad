"""What the shop wishes of reviews."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import Shop
from models.shop import SHOP_ID


async def moderates_first(session: AsyncSession) -> bool:
    """Whether reviews wait for a moderator before everybody reads them."""
    return (await session.scalars(select(Shop.moderates_reviews_first).where(Shop.id == SHOP_ID))).one()


async def set_policy(session: AsyncSession, *, moderates_first: bool) -> Shop:
    """Whether reviews wait from now on. Those that wait already go on waiting."""
    shop = await session.get_one(Shop, SHOP_ID, with_for_update=True)
    shop.moderates_reviews_first = moderates_first
    await session.flush()
    return shop
