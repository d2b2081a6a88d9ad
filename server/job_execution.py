"""Runs one job: its time limit, its pauses, and its end among the dead letters."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job as QueuedJob
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from structlog.contextvars import bound_contextvars

from domain.actors import Actor, introduce
from domain.dead_letters import Failure, bury, error_text
from domain.outbox import JOB_ID
from domain.repeating import HopelessError, Patience
from models import ActorKind

logger = logging.getLogger("merkato.jobs")

Payload: TypeAlias = Mapping[str, Any]  # what JSON holds
Handler: TypeAlias = Callable[[UUID, Payload], Awaitable[None]]
"""Does a job, told its id and its payload. It may be told twice, and then by the same id."""

TIMES_BEGUN = text("SELECT count(*) FROM pgqueuer_log WHERE job_id = :row AND status = 'picked'")
"""PgQueuer's own counter does not see the attempts that took their process down."""


class WorkerEndedError(Exception):
    """The last attempt left no word."""


class TooSlowError(Exception):
    """A job did not end in time."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a job."""

    row: QueuedJob
    number: int

    @property
    def job_id(self) -> UUID:
        """The id that the job has had since it was enqueued."""
        return UUID(str((self.row.headers or {})[JOB_ID]))

    @property
    def payload(self) -> dict[str, Any]:
        """What the job was told when it was enqueued."""
        payload: dict[str, Any] = orjson.loads(self.row.payload or b"{}")
        return payload

    def __str__(self) -> str:
        return f"{self.row.entrypoint} {self.job_id}"


async def run_job(engine: AsyncEngine, patience: Patience, handler: Handler, row: QueuedJob) -> None:
    """Do a job, or raise RetryRequested.

    Nothing else may rise: PgQueuer takes a job that fails, or that is cancelled, for one that has ended. It also stores
    the whole chain of errors in its log, which outlives the job. One with the character NUL among them would keep it
    from storing anything, and one that quotes an address would keep that of somebody who is forgotten; hence
    `from None`, and a reason that names no more than the type.
    """
    try:
        attempt = Attempt(row, await _times_begun(engine, row))
        failure = await _failure_of(attempt, handler, patience)
        if failure is None:
            return
        if isinstance(failure, HopelessError) or attempt.number >= patience.attempts:
            await _give_up(engine, attempt, failure)
            return
    except asyncio.CancelledError:
        raise RetryRequested(reason="The worker ended.") from None
    except Exception as error:
        logger.exception("Job %s could not be counted or given up. It is repeated.", row.entrypoint)
        raise RetryRequested(patience.pause_after(row.attempts + 1), type(error).__name__) from None
    logger.warning(
        "Job %s failed, attempt %d of %d. %s", attempt, attempt.number, patience.attempts, error_text(failure)
    )
    raise RetryRequested(patience.pause_after(attempt.number), type(failure).__name__) from None


async def _failure_of(attempt: Attempt, handler: Handler, patience: Patience) -> Exception | None:
    """What kept the job from being done; None when it is done."""
    if attempt.number > patience.attempts:
        return WorkerEndedError(f"Its worker ended in the middle of {patience.attempts} attempts.")
    began = perf_counter()
    limit = asyncio.timeout(patience.limit.total_seconds())
    try:
        with bound_contextvars(job=attempt.row.entrypoint, job_id=str(attempt.job_id)):  # for what it logs
            async with limit:
                await handler(attempt.job_id, attempt.payload)
    except Exception as error:  # noqa: BLE001 - a handler may fail in any way, and its job is tried again
        late = TooSlowError(f"It did not end within {patience.limit.total_seconds():g} seconds.")
        return late if limit.expired() else error
    logger.info("Job %s is done, after %.3f seconds.", attempt, perf_counter() - began)
    return None


async def _give_up(engine: AsyncEngine, attempt: Attempt, failure: Exception) -> None:
    actor = Actor(ActorKind.JOB, name=attempt.row.entrypoint, request_id=str(attempt.job_id))
    async with AsyncSession(engine) as session, session.begin():
        await introduce(session, actor)
        await bury(session, _described(attempt, failure))
    logger.error("Job %s is given up after attempt %d.", attempt, attempt.number, exc_info=failure)


def _described(attempt: Attempt, failure: Exception) -> Failure:
    return Failure(
        row=attempt.row.id,
        job_id=attempt.job_id,
        name=attempt.row.entrypoint,
        payload=attempt.payload,
        attempts=attempt.number,
        error=error_text(failure),
        enqueued_at=attempt.row.created,
    )


async def _times_begun(engine: AsyncEngine, row: QueuedJob) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(TIMES_BEGUN, {"row": row.id}))
