"""The outbox: what is to be done once a transaction has committed, written in that transaction.

The rows are PgQueuer's, and so is the statement that writes them; the worker (server/worker.py) takes them out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from pgqueuer.adapters.persistence.qb import DBSettings, QueryQueueBuilder
from sqlalchemy import ColumnElement, Text, cast, column, exists, literal, literal_column, table
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.core_statements import send

JsonValue: TypeAlias = "str | int | float | bool | Sequence[JsonValue] | Mapping[str, JsonValue] | None"

QUEUE_NAMES = DBSettings.model_construct()
"""How PgQueuer's tables are called in our migration. Made so, it does not read the environment."""

ENQUEUING = QueryQueueBuilder(QUEUE_NAMES).build_enqueue_query("skip")

JOB_ID = "job_id"
"""The header of a row that keeps the job's own id, which outlives the row and is unique beyond this database."""

_QUEUED = table("pgqueuer", column("dedupe_key", Text))
_IS_ALIVE: ColumnElement[bool] = literal_column("status IN ('queued', 'picked')")

AT_ONCE = timedelta()
NAME_LENGTH = 100


class Priority(IntEnum):
    """Which of the jobs that are due is begun first, whichever was enqueued first."""

    LAST = -1
    """What somebody else's server does, in its own time: when it hangs, nothing but its like is to wait."""
    USUAL = 0


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do once the transaction has committed: at least once, so that doing it again must do no harm."""

    name: str
    """Which handler does it (server/job_handlers.py)."""
    payload: Mapping[str, JsonValue]
    delay: timedelta = AT_ONCE
    """How long after the commit's transaction began to wait at least."""
    dedupe_key: str | None = None
    """While a job with this key waits or runs, another one is not enqueued."""
    priority: Priority = Priority.USUAL
    id: UUID = field(default_factory=uuid7, compare=False)
    """The same each time that the job is repeated."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= NAME_LENGTH:
            raise ValueError(f"The name of a job has 1 to {NAME_LENGTH} characters, not {len(self.name)}.")


async def enqueue(session: AsyncSession, *jobs: Job) -> None:
    """Have the jobs done if the session's transaction commits, and never if it does not."""
    if not jobs:
        return
    columns = (
        [job.priority for job in jobs],
        [job.name for job in jobs],
        [orjson.dumps(job.payload, default=dict) for job in jobs],
        [job.delay for job in jobs],
        [job.dedupe_key for job in jobs],
        [orjson.dumps({JOB_ID: str(job.id)}).decode() for job in jobs],
    )
    await send(session, ENQUEUING, *columns)


def dedupe_key_of(name: str, row_id: UUID) -> str:
    """The key of the only job of that name about a row."""
    return f"{name}:{row_id}"


def is_asked_for(name: str, row_id: Any) -> ColumnElement[bool]:
    """That job waits or runs, as SQL: who looks for the oldest rows to enqueue passes over those."""
    return exists().where(_QUEUED.c.dedupe_key == literal(f"{name}:").concat(cast(row_id, Text)), _IS_ALIVE)
