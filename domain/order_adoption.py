"""Orders that somebody placed as a guest become those of their account once they have signed in (decision 0049)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.actors import Actor
from domain.order_notes import Note, add_note
from models import Cart, Order, PromoCodeUse, User

ADOPTED: Final = "It was placed by a guest, who has signed in since."


async def adopt_orders(session: AsyncSession, guest_id: UUID, user_id: UUID, actor: Actor, at: datetime) -> None:
    """Give the account what the guest has bought; the guest's token opens it no more, and their uses of codes go along.

    An account that is gone gets nothing. Orders are locked before carts, as by whoever changes an order.
    """
    active = select(User.id).where(User.id == user_id, User.is_active)
    if await session.scalar(active.with_for_update(read=True, key_share=True)) is None:
        return
    placed = select(Order).where(Order.guest_id == guest_id).order_by(Order.id)
    locking = placed.with_for_update(key_share=True).execution_options(populate_existing=True)
    orders = list(await session.scalars(locking))
    for order in orders:
        order.guest_id, order.user_id = None, user_id
        await add_note(session, order, Note(ADOPTED, is_public=False, actor=actor, at=at))
    await _take_along(session, orders, user_id)


async def _take_along(session: AsyncSession, orders: Sequence[Order], user_id: UUID) -> None:
    """The carts that they came from, which may be opened again, and the uses of codes."""
    if not orders:
        return
    carts = [order.cart_id for order in orders if order.cart_id is not None]
    bought = update(Cart).where(Cart.id.in_(carts), Cart.completed_at.is_not(None))
    uses = update(PromoCodeUse).where(PromoCodeUse.order_id.in_([order.id for order in orders]))
    for moving in (bought.values(guest_id=None, user_id=user_id), uses.values(user_id=user_id)):
        await session.execute(moving.execution_options(synchronize_session=False))
