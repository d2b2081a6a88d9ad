"""What operations over a socket are answered with: queries and mutations once, subscriptions once for each event."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass, field
from time import perf_counter

from graphql import GraphQLError

from auth.viewer import Viewer
from domain.events import Event
from resolvers.context import Context
from resolvers.errors import OperationTimeoutError
from server.deadlines import deadline
from server.events import Events, EventsAwayError, EventStream, StreamEnd
from server.graphql_errors import disguised, is_database_away, overdue
from server.graphql_execution import Answer, Executor
from server.graphql_request import GraphQLRequest, RequestRefusedError
from server.live_operations import LiveOperation, SubscriptionAskedError
from server.observation import Observation
from server.socket_identity import SocketIdentity
from server.websocket_messages import CloseCode, SocketClosedError

ANSWERS_AT_ONCE = 5
"""So many answers of one socket are made, or wait to be taken in, and are in memory meanwhile."""

SLOW = "Events came faster than they were read. Connect again."
MISSED = "Events may have been missed. Connect again."


class Running:
    """An operation under way, for as long as its client wants it."""

    def __init__(self) -> None:
        self.is_wanted = True
        self._stream: EventStream | None = None

    def follow(self, stream: EventStream) -> None:
        """Take note of the events that it waits for."""
        self._stream = stream
        if not self.is_wanted:
            stream.stop(StreamEnd.UNWANTED)

    def stop(self) -> None:
        """Want no more of it."""
        self.is_wanted = False
        if self._stream is not None:
            self._stream.stop(StreamEnd.UNWANTED)


@dataclass(frozen=True, slots=True)
class OperationAnswers:
    """Answers what comes over one socket, each time as the viewer who is behind it by then, in a fresh context."""

    executor: Executor
    events: Events
    following: Callable[[], AbstractContextManager[None]]
    """Counts a subscription while it runs. Raises RequestRefusedError where there are too many."""
    open_context: Callable[[Viewer], Context]
    identity: SocketIdentity
    observation: Observation
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(ANSWERS_AT_ONCE))
    """Each answer keeps its turn until the client has taken it in."""

    async def to(self, request: GraphQLRequest, running: Running) -> AsyncGenerator[Answer]:
        """The answers, until there are no more, or nobody wants them. Raises SocketClosedError."""
        began = perf_counter()
        try:
            async with self.turns:
                began = perf_counter()
                yield self._counted(await self._one(request), began)
        except SubscriptionAskedError as asked:
            async with aclosing(self._many(asked.live, running)) as answers:
                async for each in answers:
                    yield each
        except RequestRefusedError as refused:
            yield self._counted(_refusal(refused), began)
        except SocketClosedError:
            raise
        except Exception as unexpected:  # noqa: BLE001 - the edge, where every error becomes an answer
            yield self._counted(Answer([disguised(unexpected)]), began)

    def _counted(self, answer: Answer, began: float) -> Answer:
        self.observation.answered(answer, began)
        return answer

    async def _one(self, request: GraphQLRequest) -> Answer:
        run = self.executor.explain if request.explain else self.executor.run
        async with self.open_context(await self.identity.viewer()) as context:
            return await run(request, context)

    async def _many(self, live: LiveOperation, running: Running) -> AsyncGenerator[Answer]:
        try:
            with self.following():
                async with aclosing(self._each(live, running)) as answers:
                    async for each in answers:
                        yield each
        except RequestRefusedError as refused:
            yield _refusal(refused)

    async def _each(self, live: LiveOperation, running: Running) -> AsyncGenerator[Answer]:
        try:
            followed = self.executor.following(live, await self.identity.present_viewer())
            if isinstance(followed, GraphQLError):
                yield Answer([followed])
                return
            async with self.events.of(live.source.kind, followed) as stream:
                running.follow(stream)
                async for event in stream:
                    async with self.turns:
                        answer = await self._in_time(live, event)
                        if answer is not None:
                            yield answer
                _require_whole(stream)
        except Exception as error:
            if isinstance(error, EventsAwayError) or is_database_away(error):
                raise SocketClosedError(CloseCode.TRY_AGAIN_LATER, MISSED) from error
            raise

    async def _in_time(self, live: LiveOperation, event: Event) -> Answer | None:
        """The same; that the time was over is told of this event only, and the next one is waited for."""
        try:
            async with deadline(self.executor.limit_seconds):
                return await self._of_event(live, event)
        except OperationTimeoutError as error:
            return Answer([overdue(error.limit_seconds)], is_executed=True)

    async def _of_event(self, live: LiveOperation, event: Event) -> Answer | None:
        """What the viewer is told of the event, if anything."""
        viewer = await self.identity.present_viewer()
        followed = self.executor.following(live, viewer)
        if isinstance(followed, GraphQLError):
            return Answer([followed])
        async with self.open_context(viewer) as context:
            row = await live.source.row_of(event, context)
            return None if row is None else await self.executor.run_event(live, row, context)


def _refusal(refused: RequestRefusedError) -> Answer:
    extensions = {"code": refused.code.value, **refused.details}
    return Answer([GraphQLError(refused.message, extensions=extensions)])


def _require_whole(stream: EventStream) -> None:
    """Raise SocketClosedError for a stream that has ended without all of its events."""
    if stream.end is StreamEnd.SLOW:
        raise SocketClosedError(CloseCode.TRY_AGAIN_LATER, SLOW)
    if stream.end is StreamEnd.INTERRUPTED:
        raise SocketClosedError(CloseCode.TRY_AGAIN_LATER, MISSED)
