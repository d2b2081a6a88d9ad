"""What one process has counted and not yet written: kept in memory, and added to the tables at an interval."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

import models
from auth.viewer import VISITOR
from auth.visibility import visible
from domain.counting import Counted, Subject, Tally, add_tallies
from resolvers.writing import may_have_committed, transaction

logger = logging.getLogger("merkato.counts")

MOST_COUNTED: Final = 10_000
"""So many things on a day are kept; whoever counts a further one waits until these are written."""

LAST_ATTEMPTS: Final = 5
LAST_PAUSE_SECONDS: Final = 1.0
"""How often, and with which pauses, a process that ends tries to write what it has."""

SEEN: Final[Mapping[Subject, ColumnElement[bool]]] = MappingProxyType(
    {
        Subject.POST: visible(models.Post, models.Post, VISITOR),
        Subject.SERVICE: visible(models.Service, models.Service, VISITOR),
    }
)
"""Only what every visitor sees is counted, whoever looks."""

NUMBER = text("SELECT pg_current_xact_id()::text")
FATE = text("""
    SELECT CASE WHEN CAST(CAST(:number AS text) AS xid8) < pg_snapshot_xmax(pg_current_snapshot())
        THEN pg_xact_status(CAST(CAST(:number AS text) AS xid8)) END
""")
"""What became of a transaction; null where PostgreSQL does not know it, as after a restore."""

Tallies = dict[Counted, Tally]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Counts whose COMMIT was sent and never answered, and the number of their transaction."""

    tallies: Tallies
    number: str


class UndecidedError(Exception):
    """A transaction is still under way whose connection was lost."""


class Counts:
    """Counts of this process. Only `kept` writes, in one task: nothing that a request does can cut a COMMIT short.

    What a process that is killed had not yet written is lost: the counts of one interval.
    """

    def __init__(self, engine: AsyncEngine, interval_seconds: float = 1) -> None:
        self._engine = engine
        self._interval_seconds = interval_seconds
        self._tallies: Tallies = {}
        self._doubt: Doubt | None = None
        self._is_wanted = asyncio.Event()
        """Set when there is no more room, or nothing more to come."""
        self._has_room = asyncio.Event()
        self._has_room.set()

    async def record(self, counted: Counted, *, views: int = 0, shares: int = 0) -> None:
        """Count what happened; wait while there is no room."""
        await self._has_room.wait()
        self._note({counted: Tally(views, shares)})

    async def flush(self) -> None:
        """Add to the tables what was counted. When that fails, it is kept for the next time."""
        await self._settle()
        taken, self._tallies = self._tallies, {}
        self._has_room.set()
        if not taken:
            return
        doubt: Doubt | None = None
        try:
            async with transaction(self._engine) as session:
                number = str(await session.scalar(NUMBER))
                await add_tallies(session, taken, SEEN)
                doubt = Doubt(taken, number)
        except Exception as error:
            if doubt is not None and may_have_committed(error):
                self._doubt = doubt
            else:
                self._note(taken)
            raise

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Write while the block runs, and all that is left when it ends."""
        stopping = asyncio.Event()
        task = asyncio.create_task(self._keep(stopping))
        try:
            yield
        finally:
            stopping.set()
            self._is_wanted.set()
            await task

    async def _keep(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval_seconds):
                    await self._is_wanted.wait()
            self._is_wanted.clear()
            await self._flushed()
        for _ in range(LAST_ATTEMPTS):
            if await self._flushed():
                return
            await asyncio.sleep(LAST_PAUSE_SECONDS)
        logger.error("Views and shares were lost: the database could not be reached before the process had to end.")

    async def _flushed(self) -> bool:
        """Whether it could be written."""
        try:
            await self.flush()
        except Exception as error:  # noqa: BLE001 - whatever happened, nothing is lost, and the next time may do
            logger.warning("Views and shares wait to be written: %s", str(error) or repr(error))
            return False
        return True

    async def _settle(self) -> None:
        """Find out what became of counts whose COMMIT was not answered. Raises UndecidedError."""
        if self._doubt is None:
            return
        async with AsyncSession(self._engine) as session:
            fate = await session.scalar(FATE, {"number": self._doubt.number})
        if fate == "in progress":
            raise UndecidedError("PostgreSQL has not yet ended a transaction whose connection was lost.")
        doubt, self._doubt = self._doubt, None
        if fate != "committed":
            self._note(doubt.tallies)

    def _note(self, tallies: Tallies) -> None:
        for counted, tally in tallies.items():
            self._tallies.setdefault(counted, Tally()).add(tally)
        if len(self._tallies) >= MOST_COUNTED:
            self._has_room.clear()
            self._is_wanted.set()
