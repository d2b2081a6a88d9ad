"""Events as they come in, handed to every subscription of this process in a queue of its own that is bounded."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from enum import StrEnum
from typing import Self
from uuid import UUID

import asyncpg

from domain.events import CHANNEL, Event, EventKind, read_event
from server.listening import Connect, Hearing, answers, listening

PATIENCE_SECONDS = 5.0
"""How long a subscription waits for the listening connection."""


class EventsAwayError(Exception):
    """Nobody can tell of events for now: PostgreSQL is not listened to."""


class StreamEnd(StrEnum):
    """Why a stream ended."""

    UNWANTED = "unwanted"
    SLOW = "slow"
    """Events came faster than they were taken."""
    INTERRUPTED = "interrupted"
    """The listening connection was lost, and events may have been with it."""


class EventStream:
    """The events of one subscription, in the order of their commits."""

    def __init__(self, most: int, key: UUID | None) -> None:
        """With a `key`, those of that row alone: a subscriber to one row never falls behind because of the others."""
        self._most = most
        self._key = key
        self._waiting: deque[Event] = deque()
        self._changed = asyncio.Event()
        self.end: StreamEnd | None = None

    def put(self, event: Event) -> None:
        """Add an event, if it is of the row; one too many ends the stream."""
        if self._key not in {None, event.key}:
            return
        if len(self._waiting) >= self._most:
            self.stop(StreamEnd.SLOW)
        elif self.end is None:
            self._waiting.append(event)
            self._changed.set()

    def stop(self, end: StreamEnd) -> None:
        """End it at once: what waits is not given any more."""
        if self.end is None:
            self.end = end
            self._waiting.clear()
            self._changed.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._waiting:
            if self.end is not None:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._waiting.popleft()


class Events:
    """Listens for events, and hands each to the subscriptions of its kind."""

    def __init__(self, connect: Connect, most_waiting: int) -> None:
        """`most_waiting` is how many events may wait for one subscription."""
        self._connect = connect
        self._most_waiting = most_waiting
        self._streams: dict[EventKind, set[EventStream]] = {kind: set() for kind in EventKind}
        self._heard = asyncio.Event()
        self.received = dict.fromkeys(EventKind, 0)
        """How many events came in, by their kind."""

    @property
    def is_listening(self) -> bool:
        """Whether events are heard."""
        return self._heard.is_set()

    @property
    def subscriptions(self) -> dict[EventKind, int]:
        """How many subscriptions there are, by their kind."""
        return {kind: len(streams) for kind, streams in self._streams.items()}

    def listening(self) -> AbstractAsyncContextManager[None]:
        """Listen for as long as the block runs."""
        return listening(
            self._connect,
            Hearing(
                name="merkato events",
                begin=self._begin,
                beat=answers,
                end=self._end,
                heard="Events are heard.",
                unheard="No subscription is told anything until events can be listened to",
            ),
        )

    @asynccontextmanager
    async def of(self, kind: EventKind, key: UUID | None) -> AsyncIterator[EventStream]:
        """A stream of the events of that kind, and of that row if there is a key, that are committed from now on.

        Raises EventsAwayError.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._heard.wait()
        except TimeoutError as error:
            raise EventsAwayError from error
        with self._joined(self._streams[kind], EventStream(self._most_waiting, key)) as stream:
            yield stream

    @contextmanager
    def _joined(self, streams: set[EventStream], stream: EventStream) -> Iterator[EventStream]:
        streams.add(stream)
        try:
            yield stream
        finally:
            streams.remove(stream)

    async def _begin(self, connection: asyncpg.Connection) -> None:
        await connection.add_listener(CHANNEL, self._on_notification)
        self._heard.set()

    def _end(self) -> None:
        self._heard.clear()
        for streams in self._streams.values():
            for stream in streams:
                stream.stop(StreamEnd.INTERRUPTED)

    def _on_notification(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        event = read_event(str(payload))
        if event is None:
            return
        self.received[event.kind] += 1
        for stream in self._streams[event.kind]:
            stream.put(event)
