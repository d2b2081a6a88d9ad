"""Forgetting people: of the letters to somebody, neither those that wait nor those that were given up are kept."""

from sqlalchemy import Text, cast, delete, func, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.mail_jobs import SEND_MAIL
from models import DeadLetter

DROP_WAITING = text(
    "DELETE FROM pgqueuer WHERE entrypoint = :job AND status = 'queued' "
    "AND strpos(convert_from(payload, 'UTF8'), :address) > 0"
)


async def forget_letters(session: AsyncSession, email: str) -> None:
    """Drop every letter that has the e-mail address in it, as whom it is for or what it tells."""
    address = f'"{email}"'  # as JSON writes it, whole, because other addresses may end like it
    given_up = delete(DeadLetter).where(DeadLetter.name == SEND_MAIL)
    await session.execute(given_up.where(func.strpos(cast(DeadLetter.payload, Text), address) > 0))
    await session.execute(DROP_WAITING, {"job": SEND_MAIL, "address": address})
