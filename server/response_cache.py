"""Answers to visitors, kept as bytes until a table that they were read from changes.

Only for viewers without identity. Which answers may be served is decided by the versions of their tables
(server/table_versions.py), taken before the statement ran, so that a change under way makes an answer look too old and
never too new. An answer that depends on the time is kept for TIMED_SECONDS at most.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from math import inf
from sys import getsizeof
from time import monotonic

from compiler.plan import BoundPlan
from server.explanation import Explanation, Found
from server.table_versions import LEASE_SECONDS, TableVersions, Versions

TIMED_SECONDS = 1.0
"""How long an answer is kept whose statement compares with the time, such as that a post is published by now."""

OVERHEAD_BYTES = 500
"""What an entry takes apart from its answer and its key."""

Read = Callable[[], Awaitable[bytes]]


@dataclass(slots=True)
class CacheMetrics:
    """What has happened to the cache since it was made, and what it holds."""

    hits: int = 0
    misses: int = 0
    shared: int = 0
    """Answers that came from a statement which another request had begun."""
    evictions: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer that is kept."""

    answer: bytes
    versions: Versions
    expires_at: float
    weight: int


@dataclass(frozen=True, slots=True)
class Flight:
    """A statement under way, and the moment before it."""

    task: asyncio.Task[bytes]
    versions: Versions
    began_at: float


class ResponseCache:
    """The answers served last, up to a number of bytes."""

    def __init__(self, versions: TableVersions, maximum_bytes: int) -> None:
        self.metrics = CacheMetrics()
        self._versions = versions
        self._maximum_bytes = maximum_bytes
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._flights: dict[Hashable, Flight] = {}
        self._tasks: set[asyncio.Task[bytes]] = set()

    @property
    def is_on(self) -> bool:
        """Whether anything is ever kept."""
        return self._maximum_bytes > 0

    @property
    def size(self) -> int:
        """How many answers are kept."""
        return len(self._entries)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Use the cache for as long as the block runs. Outside, or without room, everything is read."""
        if not self._maximum_bytes:
            yield
            return
        async with self._versions.listening():
            yield
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def kept(self, bound: BoundPlan) -> bytes | None:
        """The JSON of `data` for a visitor, if it is kept and nobody has to be asked whether it still holds."""
        now = monotonic()
        if not self._versions.is_confirmed(now):
            return None
        versions = self._versions.settled(bound.plan.tables)
        return None if versions is None else self._find(bound, versions, now)

    async def answer(self, bound: BoundPlan, read: Read, explanation: Explanation | None = None) -> bytes:
        """The JSON of `data` for a visitor: as it was kept, else as it is read. Raises what `read` does."""
        versions = await self._versions.current(bound.plan.tables)
        if versions is None:
            return await read()
        now = monotonic()
        found = self._find(bound, versions, now)
        if found is not None:
            if explanation is not None:
                explanation.response = Found.HIT
            return found
        flight = self._flights.get(bound.key)
        is_shared = flight is not None and flight.versions == versions and now - flight.began_at <= LEASE_SECONDS
        if explanation is not None:
            explanation.response = Found.SHARED if is_shared else Found.MISS
        if flight is not None and is_shared:
            self.metrics.shared += 1
        else:
            self.metrics.misses += 1
            flight = self._fly(bound.key, bound, versions, read)
        return await asyncio.shield(flight.task)

    def _find(self, bound: BoundPlan, versions: Versions, now: float) -> bytes | None:
        entry = self._entries.get(bound.key)
        if entry is None or entry.versions != versions or now >= entry.expires_at:
            return None
        self._entries.move_to_end(bound.key)
        self.metrics.hits += 1
        return entry.answer

    def _fly(self, key: Hashable, bound: BoundPlan, versions: Versions, read: Read) -> Flight:
        """Begin to read, in a task of its own: whoever asked first may go away without the others noticing."""

        async def run() -> bytes:
            answer = await read()
            self._keep(key, bound, answer, flight)
            return answer

        flight = Flight(asyncio.create_task(run()), versions, monotonic())
        self._flights[key] = flight
        self._tasks.add(flight.task)
        flight.task.add_done_callback(partial(self._land, key))
        return flight

    def _land(self, key: Hashable, task: asyncio.Task[bytes]) -> None:
        self._tasks.discard(task)
        flight = self._flights.get(key)
        if flight is not None and flight.task is task:
            del self._flights[key]
        if not task.cancelled():
            task.exception()  # Everybody who asked may have gone away; asyncio would call it forgotten.

    def _keep(self, key: Hashable, bound: BoundPlan, answer: bytes, flight: Flight) -> None:
        weight = OVERHEAD_BYTES + len(answer) + _size(bound.parameters) + _size(bound.shaping)
        if weight > self._maximum_bytes or self._versions.known(bound.plan.tables) != flight.versions:
            return
        expires_at = flight.began_at + TIMED_SECONDS if bound.plan.depends_on_time else inf
        self._drop(key)
        self._entries[key] = Entry(answer, flight.versions, expires_at, weight)
        self.metrics.bytes += weight
        while self.metrics.bytes > self._maximum_bytes:
            self._drop(next(iter(self._entries)))
            self.metrics.evictions += 1

    def _drop(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.metrics.bytes -= entry.weight


def _size(values: object) -> int:
    """The bytes that values take; those of lists with their items."""
    own = getsizeof(values)
    return own + sum(map(_size, values)) if isinstance(values, list) else own
