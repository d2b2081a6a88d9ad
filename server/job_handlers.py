"""Which function does which job, and which jobs are enqueued by the clock. This list is all there is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.sweeping import SWEEP_ACCOUNTS, sweep_accounts
from domain.mail_jobs import SEND_MAIL
from domain.queue_upkeep import TIDY_QUEUE, tidy_queue
from server.job_execution import Handler, Payload
from server.mailing import mail_handler
from server.settings import Settings


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A job without a payload that is enqueued again and again, unless the one before still waits."""

    name: str
    times: str
    """A cron expression, in UTC."""


SCHEDULE = (Scheduled(TIDY_QUEUE, "*/5 * * * *"), Scheduled(SWEEP_ACCOUNTS, "17 * * * *"))


def job_handlers(engine: AsyncEngine, settings: Settings) -> Mapping[str, Handler]:
    """The handlers by the names of their jobs."""
    return {
        SEND_MAIL: mail_handler(settings),
        TIDY_QUEUE: in_transaction(engine, partial(tidy_queue, log_age=timedelta(days=settings.job_log_days))),
        SWEEP_ACCOUNTS: in_transaction(engine, lambda session: sweep_accounts(session, datetime.now(UTC))),
    }


def in_transaction(engine: AsyncEngine, work: Callable[[AsyncSession], Awaitable[object]]) -> Handler:
    """A handler that does some work on the database, in one transaction. It needs no payload."""

    async def handle(_job_id: UUID, _payload: Payload) -> None:
        async with AsyncSession(engine) as session, session.begin():
            await work(session)

    return handle
