"""Workers for tests, with handlers of the test's own."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.outbox import Job, enqueue
from domain.repeating import Patience
from server.database import open_connection
from server.job_execution import Handler, Payload
from server.job_handlers import Scheduled
from server.worker import Pace, Worker
from tests.databases import settings_for
from tests.factories import writing
from tests.patience import PATIENCE_SECONDS

QUICK = Patience(
    attempts=3,
    limit=timedelta(seconds=5),
    first_pause=timedelta(milliseconds=10),
    longest_pause=timedelta(milliseconds=100),
)


@dataclass(slots=True)
class Recorder:
    """A handler that notes what it was told, and fails as often as it is asked to."""

    failures: int = 0
    told: list[UUID] = field(default_factory=list)

    async def __call__(self, job_id: UUID, payload: Payload) -> None:
        """Note the job."""
        await asyncio.sleep(0.01)
        self.told.append(job_id)
        if len(self.told) <= self.failures:
            raise ConnectionError("nobody\0there")

    async def wait_for(self, count: int) -> None:
        """Wait until it was told so often."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.told) < count:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)


def worker_for(
    engine: AsyncEngine,
    handlers: Mapping[str, Handler],
    *,
    schedule: Sequence[Scheduled] = (),
    grace: timedelta = timedelta(seconds=5),
    patience: Patience = QUICK,
) -> Worker:
    """A worker on the engine's database."""
    url = str(engine.get_execution_options()["url"])
    pace = Pace(4, takeover=timedelta(seconds=2), grace=grace, patience=patience, poll=timedelta(seconds=0.1))
    return Worker(lambda: open_connection(url, settings_for(url), limited=True), engine, handlers, schedule, pace)


@asynccontextmanager
async def working(*workers: Worker) -> AsyncIterator[asyncio.Event]:
    """The workers at work while the block runs; with the event they may be stopped before."""
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(worker.work(stopping)) for worker in workers]
    try:
        yield stopping
    finally:
        stopping.set()
        await asyncio.gather(*tasks)


async def add_jobs(engine: AsyncEngine, *jobs: Job) -> None:
    """Enqueue and commit."""
    async with writing(engine) as session:
        await enqueue(session, *jobs)


async def fetch(engine: AsyncEngine, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """The rows of a statement, which may also change something."""
    async with engine.begin() as connection:
        result = await connection.execute(text(statement), values)
        return [tuple(row) for row in result] if result.returns_rows else []


async def until_empty(engine: AsyncEngine) -> None:
    """Wait until no job is left in the queue."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await fetch(engine, "SELECT 1 FROM pgqueuer"):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
