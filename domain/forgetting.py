"""Forgetting people: letters to somebody and carts are kept no more, and orders stay under nobody's name."""

from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.mail_jobs import SEND_MAIL
from models import Cart, DeadLetter, Order

DROP_LETTERS = text(
    "DELETE FROM pgqueuer WHERE entrypoint = :job AND strpos(convert_from(payload, 'UTF8'), :address) > 0"
)
"""Also those that are being sent: a worker whose job has left the queue neither repeats it nor keeps it."""


async def forget_letters(session: AsyncSession, email: str) -> None:
    """Drop every letter that has the e-mail address in it, as whom it is for or what it tells."""
    address = f'"{email}"'  # as JSON writes it, whole, because other addresses may end like it
    given_up = delete(DeadLetter).where(DeadLetter.name == SEND_MAIL)
    await session.execute(given_up.where(func.strpos(cast(DeadLetter.payload, Text), address) > 0))
    await session.execute(DROP_LETTERS, {"job": SEND_MAIL, "address": address})


async def forget_buyer(session: AsyncSession, user_id: UUID) -> None:
    """Empty what the account's orders say of a person: the books need what was bought, and not by whom.

    Of their history stays what happened, and not the reasons that the buyer gave (migration 0067).
    Its carts go: those that were bought are kept for a while too, with the address that they were sent to.
    """
    theirs = Order.user_id == user_id
    # Whoever writes a letter about an order has locked it: once all are locked, no letter is added.
    locked = await session.scalars(select(Order.email).where(theirs).order_by(Order.id).with_for_update())
    for email in {each for each in locked if each is not None}:
        await forget_letters(session, email)
    nobody: dict[str, Any] = {
        "customer": {},
        "email": None,
        "shipping_address": None,
        "billing_address": None,
        "customer_note": "",
    }
    await session.execute(update(Order).where(theirs).values(nobody))
    await session.execute(select(func.forget_order_reasons(user_id)))
    await session.execute(delete(Cart).where(Cart.user_id == user_id))
