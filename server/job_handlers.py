"""Which function does which job, and which jobs are enqueued by the clock. This list is all there is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.sweeping import SWEEP_ACCOUNTS, sweep_accounts
from domain.actors import Actor, introduce
from domain.audit_log import KEEP_AUDIT_LOG, SEAL_AUDIT_LOG, keep, seal_batch
from domain.cart_sweeping import SWEEP_CARTS, sweep_batch
from domain.counting import SHOW_COUNTS, show_counts
from domain.idempotency import SWEEP_KEYS, sweep_keys
from domain.integrity import CHECK_INTEGRITY
from domain.mail_jobs import SEND_MAIL
from domain.order_payments import EXPIRE_ORDERS, expire_overdue
from domain.payment_providers import PaymentProviders
from domain.payment_reconciling import RECONCILE_PAYMENTS
from domain.provider_events import SWEEP_EVENTS, sweep_events
from domain.publishing_due import PUBLISH_DUE, publish_due
from domain.queue_upkeep import TIDY_QUEUE, tidy_queue
from domain.releases_due import PUBLISH_DUE_RELEASES, publish_due_release
from domain.rendering import RENDER_TEXTS, render_texts
from domain.revision_sweeping import SWEEP_REVISIONS, sweep_revisions
from domain.vault import Vault, parse_keys
from models import ActorKind
from resolvers.content_report import CHECK_CONTENT, check_content
from server.integrity_reports import check_and_log
from server.job_execution import Handler, Payload
from server.mailing import mail_handler
from server.payment_jobs import payment_handlers
from server.payment_method_jobs import payment_method_handlers
from server.settings import Settings


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A job without a payload that is enqueued again and again, unless the one before still waits."""

    name: str
    times: str
    """A cron expression, in UTC."""


SCHEDULE = (
    Scheduled(TIDY_QUEUE, "*/5 * * * *"),
    Scheduled(SWEEP_ACCOUNTS, "17 * * * *"),
    Scheduled(SWEEP_CARTS, "7 * * * *"),
    Scheduled(SWEEP_KEYS, "47 * * * *"),
    Scheduled(PUBLISH_DUE, "* * * * *"),
    Scheduled(PUBLISH_DUE_RELEASES, "* * * * *"),
    Scheduled(RENDER_TEXTS, "*/10 * * * *"),
    Scheduled(CHECK_CONTENT, "33 * * * *"),
    Scheduled(SHOW_COUNTS, "*/5 * * * *"),
    Scheduled(SEAL_AUDIT_LOG, "* * * * *"),
    Scheduled(EXPIRE_ORDERS, "* * * * *"),
    Scheduled(RECONCILE_PAYMENTS, "*/5 * * * *"),
    Scheduled(SWEEP_EVENTS, "37 3 * * *"),
    Scheduled(SWEEP_REVISIONS, "41 3 * * *"),
    Scheduled(KEEP_AUDIT_LOG, "23 2 * * *"),
    Scheduled(CHECK_INTEGRITY, "53 2 * * *"),
)


def job_handlers(engine: AsyncEngine, settings: Settings, providers: PaymentProviders) -> Mapping[str, Handler]:
    """The handlers by the names of their jobs."""
    return {
        SEND_MAIL: mail_handler(settings),
        TIDY_QUEUE: in_transaction(
            engine, TIDY_QUEUE, partial(tidy_queue, log_age=timedelta(days=settings.job_log_days))
        ),
        SWEEP_ACCOUNTS: in_transaction(
            engine, SWEEP_ACCOUNTS, lambda session: sweep_accounts(session, datetime.now(UTC))
        ),
        SWEEP_CARTS: in_transactions(engine, SWEEP_CARTS, sweep_batch),
        SWEEP_KEYS: in_transaction(engine, SWEEP_KEYS, lambda session: sweep_keys(session, datetime.now(UTC))),
        RENDER_TEXTS: in_transactions(engine, RENDER_TEXTS, render_texts),
        PUBLISH_DUE_RELEASES: in_transactions(engine, PUBLISH_DUE_RELEASES, publish_due_release),
        PUBLISH_DUE: in_transactions(engine, PUBLISH_DUE, publish_due),
        CHECK_CONTENT: in_transaction(engine, CHECK_CONTENT, check_content),
        SHOW_COUNTS: in_transactions(engine, SHOW_COUNTS, show_counts),
        SEAL_AUDIT_LOG: in_transactions(engine, SEAL_AUDIT_LOG, seal_batch),
        EXPIRE_ORDERS: in_transactions(
            engine, EXPIRE_ORDERS, lambda session: expire_overdue(session, datetime.now(UTC))
        ),
        KEEP_AUDIT_LOG: in_transaction(engine, KEEP_AUDIT_LOG, keep),
        CHECK_INTEGRITY: in_transaction(engine, CHECK_INTEGRITY, check_and_log),
        SWEEP_EVENTS: in_transaction(engine, SWEEP_EVENTS, lambda session: sweep_events(session, datetime.now(UTC))),
        SWEEP_REVISIONS: in_transactions(
            engine,
            SWEEP_REVISIONS,
            partial(sweep_revisions, kept=settings.revisions_kept, age=timedelta(days=settings.revision_days)),
        ),
        **payment_handlers(engine, providers),
        **payment_method_handlers(engine, providers, Vault(parse_keys(settings.encryption_keys.get_secret_value()))),
    }


def in_transaction(engine: AsyncEngine, name: str, work: Callable[[AsyncSession], Awaitable[object]]) -> Handler:
    """A handler that does some work on the database, in one transaction. It needs no payload.

    The job of that name is on record for what it changes.
    """

    async def handle(job_id: UUID, _payload: Payload) -> None:
        async with AsyncSession(engine) as session, session.begin():
            await introduce(session, Actor(ActorKind.JOB, name=name, request_id=str(job_id)))
            await work(session)

    return handle


def in_transactions(engine: AsyncEngine, name: str, work: Callable[[AsyncSession], Awaitable[bool]]) -> Handler:
    """A handler that works in one transaction after the other, for as long as there is more to do."""

    async def handle(job_id: UUID, _payload: Payload) -> None:
        is_more = True
        while is_more:
            async with AsyncSession(engine) as session, session.begin():
                await introduce(session, Actor(ActorKind.JOB, name=name, request_id=str(job_id)))
                is_more = await work(session)

    return handle
