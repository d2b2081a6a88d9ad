"""Jobs that failed for the last time: kept, listed, and done again or forgotten when somebody asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pgqueuer.adapters.persistence.qb import QueryQueueBuilder
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import DomainError
from domain.mail_jobs import SEND_MAIL
from domain.outbox import QUEUE_NAMES, Job, Priority, enqueue
from models import DeadLetter

LONGEST_ERROR = 4_000
SECRETS = frozenset({"token"})
MASKED = "(secret)"


class DeadLetterNotFoundError(DomainError):
    """Nothing was given up under that id, or somebody has had it done again or dropped."""

    def __init__(self, letter_id: UUID) -> None:
        super().__init__(f"There is no dead letter {letter_id}. It may have been replayed or dropped already.")
        self.letter_id = letter_id


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that is given up, and why."""

    row: int
    """Its number in the queue."""
    job_id: UUID
    name: str
    payload: dict[str, Any]  # what JSON holds
    attempts: int
    error: str
    """As `error_text` gives it."""
    enqueued_at: datetime


async def bury(session: AsyncSession, failure: Failure) -> bool:
    """Move a job from the queue to the dead letters. False if it left the queue before: another worker was done."""
    connection = await session.connection()
    ended = ([failure.row], ["exception"], [None])
    if (await connection.exec_driver_sql(QueryQueueBuilder(QUEUE_NAMES).build_log_job_query(), ended)).rowcount == 0:
        return False
    values = {
        "name": failure.name,
        "payload": failure.payload,
        "attempts": failure.attempts,
        "error": failure.error,
        "enqueued_at": failure.enqueued_at,
    }
    written = insert(DeadLetter).values(id=failure.job_id, **values)
    await session.execute(written.on_conflict_do_update(index_elements=[DeadLetter.id], set_=values))
    return True


async def newest_dead_letters(session: AsyncSession, limit: int) -> Sequence[DeadLetter]:
    """What was given up last, the newest first."""
    newest = select(DeadLetter).order_by(DeadLetter.failed_at.desc(), DeadLetter.id.desc()).limit(limit)
    return (await session.scalars(newest)).all()


async def replay(session: AsyncSession, letter_id: UUID) -> Job:
    """Have a dead letter done again, under the id it had. Raises DeadLetterNotFoundError."""
    job = await drop(session, letter_id)
    await enqueue(session, job)
    return job


async def drop(session: AsyncSession, letter_id: UUID) -> Job:
    """Forget a dead letter; gives the job that is never done. Raises DeadLetterNotFoundError."""
    letter = await session.scalar(delete(DeadLetter).where(DeadLetter.id == letter_id).returning(DeadLetter))
    if letter is None:
        raise DeadLetterNotFoundError(letter_id)
    return _job(letter)


async def replay_all(session: AsyncSession) -> int:
    """Have every dead letter done again; gives their number."""
    jobs = await drop_all(session)
    await enqueue(session, *jobs)
    return len(jobs)


async def drop_all(session: AsyncSession) -> Sequence[Job]:
    """Forget every dead letter; gives the jobs that are never done."""
    return [_job(letter) for letter in await session.scalars(delete(DeadLetter).returning(DeadLetter))]


def error_text(error: Exception) -> str:
    """The type of an error and its message, of a length to be read, without the characters that PostgreSQL refuses."""
    text = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
    return text.replace("\0", "�").encode("utf-8", "replace").decode("utf-8")


def without_secrets(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload as it may be shown: the links that it mails open accounts."""
    return {name: _masked(name, value) for name, value in payload.items()}


def _masked(name: str, value: object) -> object:
    if name in SECRETS:
        return MASKED
    return without_secrets(value) if isinstance(value, dict) else value


def _job(letter: DeadLetter) -> Job:
    priority = Priority.LAST if letter.name == SEND_MAIL else Priority.USUAL
    return Job(letter.name, letter.payload, priority=priority, id=letter.id)
