"""The worker: takes jobs from the queue and has them done, over one connection after another."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import asyncpg
from pgqueuer import PgQueuer, Queries
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Schedule
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.outbox import QUEUE_NAMES, Job, enqueue
from domain.repeating import Patience
from server.database import create_engine, open_connection
from server.database_roles import DatabaseRole
from server.job_execution import Handler, run_job
from server.job_handlers import SCHEDULE, Scheduled, job_handlers
from server.payments import build_payment_providers
from server.settings import Settings
from server.traces import load_traces

logger = logging.getLogger("merkato.jobs")

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10
CANCELLATION_SECONDS = 5
"""How long a job that is interrupted may take to let go."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much a worker does at once, and how it deals with what goes wrong."""

    concurrency: int
    takeover: timedelta
    """After so long without a sign of life from its worker a job is begun by another."""
    grace: timedelta
    """How long running jobs may take to end once the worker is asked to."""
    patience: Patience
    poll: timedelta = timedelta(seconds=5)
    """How often the worker looks for jobs that nobody told it of: those whose pause is over, or whose worker died."""


@dataclass(frozen=True, slots=True)
class Worker:
    """What a worker needs."""

    connect: Callable[[], Awaitable[asyncpg.Connection]]
    """Opens the connection to the queue. Jobs use those of the engine."""
    engine: AsyncEngine
    handlers: Mapping[str, Handler]
    schedule: Sequence[Scheduled]
    pace: Pace

    async def work(self, stopping: asyncio.Event) -> None:
        """Do jobs until the event comes, then let those that run come to their end, for a while."""
        pause = FIRST_PAUSE_SECONDS
        while not stopping.is_set():
            try:
                async with _opened(self.connect) as connection:
                    pause = FIRST_PAUSE_SECONDS
                    await self._work_over(connection, stopping)
            except Exception as error:  # noqa: BLE001 - whatever happened, jobs are done again after a new beginning
                logger.warning("No jobs are done until the queue can be reached: %s", str(error) or repr(error))
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await stopping.wait()
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _work_over(self, connection: asyncpg.Connection, stopping: asyncio.Event) -> None:
        queue = self._queue(connection)
        running = asyncio.create_task(self._run(queue))
        ending = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait((running, ending), return_when=asyncio.FIRST_COMPLETED)
            queue.shutdown.set()
            await asyncio.wait((running,), timeout=self.pace.grace.total_seconds())
        finally:
            ending.cancel()
            running.cancel()
            await asyncio.wait((running,), timeout=CANCELLATION_SECONDS)
        if running.done() and not running.cancelled():
            running.result()

    def _queue(self, connection: asyncpg.Connection) -> PgQueuer:
        driver = AsyncpgDriver(connection)
        queries = Queries(
            driver,
            QueryBuilderEnvironment(QUEUE_NAMES),
            QueryQueueBuilder(QUEUE_NAMES),
            QuerySchedulerBuilder(QUEUE_NAMES),
        )
        queue = PgQueuer(driver, QUEUE_NAMES.channel, queries=queries)
        for name, handler in self.handlers.items():
            doing = partial(run_job, self.engine, self.pace.patience, handler)
            queue.entrypoint(name, accepts_context=False, on_failure="hold")(doing)
        for entry in self.schedule:
            queue.schedule(entry.name, entry.times, accepts_context=False)(partial(_enqueue_due, self.engine))
        return queue

    async def _run(self, queue: PgQueuer) -> None:
        await queue.run(
            dequeue_timeout=self.pace.poll,
            batch_size=self.pace.concurrency // 2,
            max_concurrent_tasks=self.pace.concurrency,
            heartbeat_timeout=self.pace.takeover,
            log_aggregation_interval=timedelta(),
            shutdown_on_listener_failure=True,
        )


@asynccontextmanager
async def opened_worker(url: str, settings: Settings, grace: timedelta) -> AsyncIterator[Worker]:
    """A worker on that database that does every job of the list, and its engine for as long as the block runs."""
    engine, providers = create_engine(url, settings, role=DatabaseRole.SYSTEM), build_payment_providers(settings)
    pace = Pace(
        concurrency=settings.job_concurrency,
        takeover=timedelta(seconds=settings.job_takeover_seconds),
        grace=grace,
        patience=Patience(attempts=settings.job_attempts, limit=timedelta(seconds=settings.job_timeout_seconds)),
    )
    try:
        yield Worker(
            connect=lambda: open_connection(url, settings, limited=True, role=DatabaseRole.SYSTEM),
            engine=engine,
            handlers=_traced(job_handlers(engine, settings, providers), settings),
            schedule=SCHEDULE,
            pace=pace,
        )
    finally:
        await providers.aclose()
        await engine.dispose()


@asynccontextmanager
async def working(url: str, settings: Settings, grace: timedelta) -> AsyncIterator[None]:
    """Have jobs done beside whatever the block does."""
    stopping = asyncio.Event()
    async with opened_worker(url, settings, grace) as worker:
        task = asyncio.create_task(worker.work(stopping))
        try:
            yield
        finally:
            stopping.set()
            await task


@asynccontextmanager
async def _opened(connect: Callable[[], Awaitable[asyncpg.Connection]]) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect()
    try:
        yield connection
    finally:
        connection.terminate()


def _traced(handlers: Mapping[str, Handler], settings: Settings) -> Mapping[str, Handler]:
    """The handlers, with a span for each attempt if there are traces."""
    traces = load_traces(settings)
    return {name: traces.traced_handler(name, handler) for name, handler in handlers.items()} if traces else handlers


async def _enqueue_due(engine: AsyncEngine, due: Schedule) -> None:
    """Enqueue what is due, however often that takes: PgQueuer itself tries again at its next time, perhaps tomorrow."""
    pause = FIRST_PAUSE_SECONDS
    while not await _could_enqueue(engine, Job(due.entrypoint, {}, dedupe_key=due.entrypoint)):
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


async def _could_enqueue(engine: AsyncEngine, job: Job) -> bool:
    try:
        async with AsyncSession(engine) as session, session.begin():
            await enqueue(session, job)
    except Exception as error:  # noqa: BLE001 - whatever happened, it is still due
        logger.warning("Job %s is due and could not be enqueued: %s", job.name, str(error) or repr(error))
        return False
    return True
