"""Verification: an e-mail address is somebody's when they open the link that was sent there."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auth.credentials import set_email
from auth.emails import require_email
from auth.letters import send_verification
from auth.one_time_tokens import redeem
from auth.security_log import record
from auth.throttling import Attempt, Transactions, require_patience
from auth.unhurried import taking_at_least
from auth.visits import Visit
from models import SecurityEvent, ThrottledAction, TokenPurpose, User

LINKS = frozenset({TokenPurpose.VERIFY_EMAIL, TokenPurpose.CHANGE_EMAIL})


async def request_verification(transactions: Transactions, email: str, visit: Visit) -> None:
    """Send the link again. The answer is the same whether or not there is such an account and what it needs."""
    known = require_email(email)
    async with taking_at_least():
        await require_patience(transactions, Attempt(ThrottledAction.MAIL_REQUEST, known, visit))
        async with transactions() as session:
            user = await session.scalar(select(User).where(User.email == known, User.is_active))
            if user is not None and not user.is_email_verified:
                await send_verification(session, user, visit)


async def verify_email(session: AsyncSession, token: str, visit: Visit) -> User:
    """The user whose address it is from now on: a first one, or one that replaces it. Raises TokenRefusedError.

    A link opens once. That somebody opened a letter says nothing of who they are, so that nobody is signed in.
    """
    user, used = await redeem(session, token, LINKS, visit)
    if used.purpose is TokenPurpose.CHANGE_EMAIL:
        await set_email(session, user, used.email, visit)
    else:
        user.is_email_verified = True
        record(session, SecurityEvent.EMAIL_VERIFIED, visit, user_id=user.id)
    return user
