"""Whether the replica may be read from: it answers, and it is not too far behind the primary.

The clocks of two machines say little about their distance, and a replica that lost its primary believes to have caught
up. So each beat notes how far the primary has written, and then asks the replica how far it has come: what the
replica has replayed it shows, and the newest note that it has passed says since when it can be behind at the most.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from math import inf
from time import monotonic

import asyncpg

logger = logging.getLogger("merkato.replica")

BEAT_SECONDS = 1.0
SILENCE_SECONDS = 2.0
"""Whoever does not answer a beat for so long is away."""

WRITTEN = "SELECT (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint WHERE NOT pg_is_in_recovery()"
REPLAYED = "SELECT (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint WHERE pg_is_in_recovery()"

Connect = Callable[[], Awaitable[asyncpg.Connection]]


class Probe:
    """Asks one server one question at a time, over one connection after another."""

    def __init__(self, connect: Connect, question: str) -> None:
        self._connect = connect
        self._question = question
        self._connection: asyncpg.Connection | None = None

    async def ask(self) -> int | None:
        """The answer; None when there is none in time."""
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                if self._connection is None:
                    self._connection = await self._connect()
                answer: int | None = await self._connection.fetchval(self._question)
                return answer
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            self.close()
            return None

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


@dataclass(frozen=True, slots=True)
class Note:
    """How far the primary had written at a moment."""

    at: float
    written: int


class Replica:
    """A standby of the primary that is watched, so that it is only read from while it is near enough."""

    def __init__(self, primary: Connect, standby: Connect, most_lag_seconds: float) -> None:
        self._primary = Probe(primary, WRITTEN)
        self._standby = Probe(standby, REPLAYED)
        self._most_lag_seconds = most_lag_seconds
        self._notes: deque[Note] = deque(maxlen=int(most_lag_seconds / BEAT_SECONDS) + 2)
        self._fresh_at = -inf
        self._usable_until = -inf
        self._was_usable: bool | None = None

    @property
    def is_usable(self) -> bool:
        """Whether it may be read from now."""
        return monotonic() <= self._usable_until

    @property
    def lag_seconds(self) -> float:
        """How far behind it may be at the most; infinite until it is known."""
        return monotonic() - self._fresh_at

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Watch it for as long as the block runs."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self._primary.close()
            self._standby.close()

    def distrust(self) -> None:
        """Do not read from it until the next beat: a read found nobody there."""
        self._usable_until = -inf

    async def beat(self) -> None:
        """Look once how far both are."""
        asked_at = monotonic()
        written = await self._primary.ask()
        replayed = await self._standby.ask()
        if written is not None:
            self._notes.append(Note(asked_at, written))
        if replayed is None:
            self._usable_until = -inf
        elif written is None:
            self._keep_on()
        else:
            passed = [note.at for note in self._notes if note.written <= replayed]
            self._fresh_at = max([self._fresh_at, *passed])
            self._usable_until = self._fresh_at + self._most_lag_seconds
        self._tell()

    def _keep_on(self) -> None:
        """While the primary is away nothing is written, and what was near enough stays so."""
        if self._was_usable:
            self._usable_until = monotonic() + 2 * (BEAT_SECONDS + SILENCE_SECONDS)

    def _tell(self) -> None:
        usable = self.is_usable
        if usable != self._was_usable:
            words = "is used" if usable else "is not used: it is away, too far behind, or no standby"
            logger.log(logging.INFO if usable else logging.WARNING, "The replica %s.", words)
        self._was_usable = usable

    async def _watch(self) -> None:
        while True:
            await self.beat()
            await asyncio.sleep(BEAT_SECONDS)
