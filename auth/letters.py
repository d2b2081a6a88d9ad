"""Letters about accounts: what each one says to whom."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from auth.one_time_tokens import LIFETIMES, issue
from auth.visits import Visit
from domain.mail_jobs import MailTemplate, send_mail
from domain.outbox import enqueue
from models import TokenPurpose, User


async def send_verification(session: AsyncSession, user: User, visit: Visit) -> None:
    """Ask whether the account's address is theirs who gave it."""
    await send_confirmation(session, user.email, user, issue(session, user, TokenPurpose.VERIFY_EMAIL, visit))


async def send_confirmation(session: AsyncSession, to: str, user: User, token: str) -> None:
    """Ask whether `to` is the user's address, with a token that says yes."""
    hours = LIFETIMES[TokenPurpose.VERIFY_EMAIL] // timedelta(hours=1)
    values: dict[str, str | int] = {"name": user.first_name, "token": token, "hours": hours}
    await enqueue(session, send_mail(MailTemplate.VERIFY_EMAIL, to, values))


async def send_already_registered(session: AsyncSession, user: User) -> None:
    """Tell the owner of an account that somebody gave its address for another one."""
    await enqueue(session, send_mail(MailTemplate.ALREADY_REGISTERED, user.email, {"name": user.first_name}))


async def send_password_reset(session: AsyncSession, user: User, visit: Visit) -> None:
    """Send the link that sets another password."""
    token = issue(session, user, TokenPurpose.RESET_PASSWORD, visit)
    minutes = LIFETIMES[TokenPurpose.RESET_PASSWORD] // timedelta(minutes=1)
    values: dict[str, str | int] = {"name": user.first_name, "token": token, "minutes": minutes}
    await enqueue(session, send_mail(MailTemplate.RESET_PASSWORD, user.email, values))


async def send_invitation(session: AsyncSession, user: User, inviter: User, visit: Visit) -> None:
    """Send the link with which somebody takes over the account that was made for them."""
    token = issue(session, user, TokenPurpose.INVITATION, visit)
    days = LIFETIMES[TokenPurpose.INVITATION] // timedelta(days=1)
    values: dict[str, str | int] = {
        "name": user.first_name,
        "inviter": inviter.first_name,
        "token": token,
        "days": days,
    }
    await enqueue(session, send_mail(MailTemplate.INVITATION, user.email, values))
