"""Credentials: the one place where a password or an e-mail address of an account is exchanged for another.

With either of them every link that was sent before is dead, a second factor that was only begun is forgotten, and every
session ends but the one that asked for it: whoever knew the one before has nothing left to go on with.
"""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from auth.errors import TokenRefusedError
from auth.one_time_tokens import discard
from auth.security_log import record, written
from auth.sessions import end_sessions
from auth.visits import Visit
from domain.mail_jobs import MailTemplate, send_mail
from domain.outbox import enqueue
from domain.violations import refused_by
from models import ExternalIdentity, SecurityEvent, SessionEnd, TotpCredential, User


async def set_password(  # noqa: PLR0913 - what is set, and what it is called in the log
    session: AsyncSession,
    user: User,
    password_hash: str,
    visit: Visit,
    *,
    event: SecurityEvent = SecurityEvent.PASSWORD_CHANGED,
    but: UUID | None = None,
) -> None:
    """Give the account another password. Its owner is told by letter; the session `but` goes on."""
    user.password_hash = password_hash
    user.must_change_password = False
    await _void_what_was_begun(session, user.id)
    await end_sessions(session, user.id, SessionEnd.PASSWORD_CHANGED, visit, but=but)
    record(session, event, visit, user_id=user.id)
    values = {"name": user.first_name, "time": written(visit.at)}
    await enqueue(session, send_mail(MailTemplate.PASSWORD_CHANGED, user.email, values))


async def take_over_unverified(session: AsyncSession, user: User, visit: Visit) -> None:
    """Hand an account that was never verified to the owner of its address: what a stranger set up there is void."""
    user.is_email_verified = True
    user.password_hash = None
    await forget_identities(session, user.id)
    await discard(session, user.id)
    record(session, SecurityEvent.EMAIL_VERIFIED, visit, user_id=user.id)


async def forget_identities(session: AsyncSession, user_id: UUID) -> None:
    """Unlink the account from every identity provider."""
    await session.execute(delete(ExternalIdentity).where(ExternalIdentity.user_id == user_id))


async def set_email(session: AsyncSession, user: User, email: str, visit: Visit) -> None:
    """Give the account another address, which its owner has shown to be theirs. The old one is told.

    Raises TokenRefusedError when somebody else has got it since.
    """
    values = {"name": user.first_name, "new_email": email, "time": written(visit.at)}
    await enqueue(session, send_mail(MailTemplate.EMAIL_CHANGED, user.email, values))
    with refused_by({"uq_users_email": TokenRefusedError()}):
        user.email, user.is_email_verified = email, True
        await session.flush()
    await _void_what_was_begun(session, user.id)
    await end_sessions(session, user.id, SessionEnd.EMAIL_CHANGED, visit)
    record(session, SecurityEvent.EMAIL_CHANGED, visit, user_id=user.id)


async def _void_what_was_begun(session: AsyncSession, user_id: UUID) -> None:
    """End links, and a second factor that waits to be confirmed: an access token at hand would confirm it still."""
    await discard(session, user_id)
    begun = (TotpCredential.user_id == user_id, TotpCredential.confirmed_at.is_(None))
    await session.execute(delete(TotpCredential).where(*begun))
