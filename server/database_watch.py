"""A look at the database for health checks and metrics: whether it answers, its revision, its queue of jobs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from time import monotonic, perf_counter

import asyncpg
import orjson

from resolvers.errors import DatabaseAwayError

PATIENCE_SECONDS = 3.0
"""A database that does not answer for so long is away as far as others are concerned."""

FRESH_SECONDS = 1.0
"""How long a look is good for, so that nobody can make work by asking."""

LOOK = """
    SELECT
        (SELECT coalesce(array_agg(version_num::text), ARRAY[]::text[]) FROM alembic_version) AS revisions,
        (SELECT coalesce(extract(epoch FROM now() - min(execute_after)), 0)::float8
         FROM pgqueuer WHERE status = 'queued' AND execute_after <= now()) AS oldest_job_seconds,
        (SELECT json_agg(json_build_array(entrypoint, status, number))
         FROM (SELECT entrypoint, status, count(*) AS number FROM pgqueuer GROUP BY 1, 2) AS counted) AS jobs,
        (SELECT json_object_agg(name, number)
         FROM (SELECT name, count(*) AS number FROM dead_letters GROUP BY 1) AS counted) AS dead_letters,
        coalesce((SELECT total FROM integrity_check_logs ORDER BY checked_at DESC LIMIT 1), 0) AS broken_promises
"""


@dataclass(frozen=True, slots=True)
class JobKind:
    """Jobs of one name in one state."""

    name: str
    status: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look found."""

    milliseconds: float
    revisions: tuple[str, ...] = ()
    """Those of the migrations; none when nothing was ever migrated."""
    oldest_job_seconds: float = 0.0
    """For how long a job could have been begun, and was not."""
    jobs: Mapping[JobKind, int] = field(default_factory=dict)
    dead_letters: Mapping[str, int] = field(default_factory=dict)
    """How many jobs were given up, by name."""
    broken_promises: int = 0
    """How many rows the last check of integrity found that break what must always hold."""


class DatabaseWatch:
    """Looks over a connection of its own: the pools may be exhausted just when somebody has to know."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._connection: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()
        self._sight: Sight | None = None
        self._looked_at = -inf

    async def look(self) -> Sight | None:
        """What is to be seen, a second ago at the most; None while the database does not answer."""
        async with self._turn:
            if not self._is_fresh:
                self._sight = await self._look_now()
                self._looked_at = monotonic()
            return self._sight

    @property
    def _is_fresh(self) -> bool:
        """Whether the last look is good enough: nothing was wrong then, and the connection has not ended since."""
        lives = self._connection is not None and not self._connection.is_closed()
        return lives and self._sight is not None and monotonic() - self._looked_at <= FRESH_SECONDS

    async def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _look_now(self) -> Sight | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                if self._connection is None:
                    self._connection = await self._connect()
                return await _seen(self._connection)
        except (OSError, DatabaseAwayError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            await self.close()
            return None


async def _seen(connection: asyncpg.Connection) -> Sight:
    began = perf_counter()
    try:
        found = await connection.fetchrow(LOOK)
    except asyncpg.UndefinedTableError:
        return Sight(_milliseconds_since(began))
    assert found is not None  # noqa: S101 - a SELECT without FROM gives one row
    counted = orjson.loads(found["jobs"] or "[]")
    return Sight(
        milliseconds=_milliseconds_since(began),
        revisions=tuple(found["revisions"]),
        oldest_job_seconds=found["oldest_job_seconds"],
        jobs={JobKind(name, status): number for name, status, number in counted},
        dead_letters=orjson.loads(found["dead_letters"] or "{}"),
        broken_promises=found["broken_promises"],
    )


def _milliseconds_since(began: float) -> float:
    return round((perf_counter() - began) * 1000, 3)
