"""Keeps the queue small and whole."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

TIDY_QUEUE = "tidy_queue"

FORGET = text("""
    DELETE FROM pgqueuer_log
    WHERE created < now() - CAST(:age AS interval)
      AND NOT EXISTS (SELECT FROM pgqueuer WHERE pgqueuer.id = pgqueuer_log.job_id)
""")
"""The log of a job that still waits says how often it was begun."""

RELEASE = text("""
    UPDATE pgqueuer AS held SET status = 'queued', execute_after = now(), updated = now(), queue_manager_id = NULL
    WHERE status = 'failed' AND NOT EXISTS (
        SELECT FROM pgqueuer AS other WHERE other.dedupe_key = held.dedupe_key
        AND (other.status IN ('queued', 'picked') OR other.status = 'failed' AND other.id < held.id)
    )
""")
"""One at a time of those with one dedupe key: no two may wait."""


async def tidy_queue(session: AsyncSession, log_age: timedelta) -> None:
    """Forget the log of jobs that ended that long ago, and release those that PgQueuer holds.

    It holds a job that it could neither put off nor end, because just then the database refused a statement.
    """
    await session.execute(FORGET, {"age": log_age})
    await session.execute(RELEASE)
