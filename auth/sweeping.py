"""Sweeping: what is over and tells nobody anything any more is deleted, now and then, by the worker."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncSession

from models import ExternalSignIn, OneTimeToken, Throttle, UserSecurityLog, UserSession

SWEEP_ACCOUNTS = "sweep_accounts"
"""The name of the job."""

SESSIONS_KEPT = timedelta(days=90)
"""So long an ended session helps to know a network again, and its user to see what happened."""

LOG_KEPT = timedelta(days=365)
TOKENS_KEPT = timedelta(days=1)


async def sweep_accounts(session: AsyncSession, now: datetime) -> int:
    """Delete expired tokens and counters, sessions long over and old entries of the security log; gives how many.

    It may run at any time, and twice at once.
    """
    last_alive = func.least(UserSession.expires_at, UserSession.ended_at)
    over = (
        delete(OneTimeToken).where(OneTimeToken.expires_at < now - TOKENS_KEPT),
        delete(ExternalSignIn).where(ExternalSignIn.expires_at < now),
        delete(Throttle).where(Throttle.expires_at < now),
        delete(UserSession).where(last_alive < now - SESSIONS_KEPT),
        delete(UserSecurityLog).where(UserSecurityLog.created_at < now - LOG_KEPT),
    )
    deleted = 0
    for statement in over:
        result = await session.execute(statement.returning(*statement.table.primary_key))
        deleted += len(result.all())
    return deleted
