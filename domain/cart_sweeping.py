"""Carts that nobody has touched for long go, a batch at a time."""

from datetime import timedelta

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models import Cart

SWEEP_CARTS = "sweep_carts"
"""The name of the job."""

COMPLETED_KEPT = timedelta(days=30)
"""So long a cart that was bought can still be opened again, because its payment came to nothing."""

BATCH_LENGTH = 500


async def sweep_batch(session: AsyncSession) -> bool:
    """Delete some carts that have expired, or were bought long ago; whether there may be more.

    It may run at any time, and twice at once. Those that somebody changes at this moment stay.
    """
    now = func.statement_timestamp()
    is_over = or_(
        and_(Cart.completed_at.is_(None), Cart.expires_at < now),
        Cart.completed_at < now - COMPLETED_KEPT,
    )
    some = select(Cart.id).where(is_over).order_by(Cart.id).limit(BATCH_LENGTH)
    over = some.with_for_update(skip_locked=True).cte()  # one that is run once: a subquery might be run for each row
    gone = await session.scalars(delete(Cart).where(Cart.id.in_(select(over.c.id))).returning(Cart.id))
    return len(gone.all()) == BATCH_LENGTH
