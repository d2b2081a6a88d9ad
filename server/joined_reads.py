"""Requests of one plan that come at the same time: those who would add to the load are read together."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

import asyncpg

from compiler.joining import NotJoinableError
from compiler.plan import BoundPlan, Plan
from server.read_pool import ReadPool

AT_ONCE = 2
"""How many statements of a plan are under way before others wait: while one is run, another is on its way."""

MOST_JOINED = 32
"""The most requests that are read together."""

NOT_THE_PLAN = (
    NotJoinableError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
)
"""What needs no rest: the plan knows by itself, or somebody ended the statement or its connection, or had no room."""

Observe = Callable[[float], None]


class Told(Enum):
    """What a request that waits may be told instead of what it asks for."""

    TURN = "turn"
    """It is the only one: it reads for itself, as one of the statements that are under way."""
    ALONE = "alone"
    """It could not be read together with others: it reads for itself."""


class Read(NamedTuple):
    """What was brought for a request, which may be None."""

    found: Any


@dataclass(slots=True, eq=False)
class Waiting:
    """A request that is read with the next statement of its plan."""

    bound: BoundPlan
    told: asyncio.Future[Read | Told]
    began_at: float = field(default_factory=monotonic)
    context: Context = field(default_factory=copy_context)

    def tell(self, told: Read | Told) -> None:
        """Let it go on, unless it has been cancelled."""
        if not self.told.done():
            self.told.set_result(told)

    def refuse(self, error: Exception) -> None:
        """Tell it what everybody met."""
        if not self.told.done():
            self.told.set_exception(error)

    @property
    def has_turn(self) -> bool:
        """Whether it was told so, even if it is cancelled in this very moment."""
        told = self.told
        return told.done() and not told.cancelled() and told.exception() is None and told.result() is Told.TURN


@dataclass(slots=True, eq=False)
class Flight:
    """The statements of one plan that are under way, and who waits for one of them to come back."""

    under_way: int = 0
    waiting: deque[Waiting] = field(default_factory=deque)

    def board(self) -> list[Waiting]:
        """Those who are read with the next statement, who wait no more."""
        share: list[Waiting] = []
        while self.waiting and len(share) < MOST_JOINED:
            one = self.waiting.popleft()
            if not one.told.done():  # nobody has cancelled it
                share.append(one)
        return share


class JoinedReads:
    """Reads plans over a pool. `observe` is told how many seconds each statement took.

    While some brief statements of a plan are under way, whoever asks for it waits for one of them to come back, and is
    read by one statement with all who came meanwhile. A request that is alone does not wait for others.
    """

    def __init__(self, pool: ReadPool, observe: Observe) -> None:
        self.pool = pool
        self._observe = observe
        self.joined = 0
        """How many requests were read together with others."""
        self._flights: dict[Plan, Flight] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def fetch(self, bound: BoundPlan) -> Any:
        """What the plan gives with its parameters; raises what ReadPool.run does."""
        plan = bound.plan
        if not plan.joining.is_due:
            return await self._alone(bound)
        flight = self._flights.get(plan)
        if flight is None:
            flight = self._flights[plan] = Flight()
        if flight.under_way >= AT_ONCE:
            return await self._after_others(bound, flight)
        flight.under_way += 1
        try:
            return await self._alone(bound)
        finally:
            self._land(plan, flight)

    async def _after_others(self, bound: BoundPlan, flight: Flight) -> Any:
        one = Waiting(bound, asyncio.get_running_loop().create_future())
        flight.waiting.append(one)
        try:
            told = await one.told
        except BaseException:
            if one.has_turn:
                self._land(bound.plan, flight)
            raise
        if isinstance(told, Read):
            return told.found
        try:
            return await self._alone(bound, one.began_at)
        finally:
            if told is Told.TURN:
                self._land(bound.plan, flight)

    def _alone(self, bound: BoundPlan, began_at: float | None = None) -> Awaitable[Any]:
        return self.pool.run(bound.fetch, partial(self._note, bound.plan, 1), began_at)

    def _land(self, plan: Plan, flight: Flight) -> None:
        """A statement has come back: the next one goes, if anybody waits for it."""
        share = flight.board()
        if not share:
            flight.under_way -= 1
            if not flight.under_way:
                del self._flights[plan]
        elif len(share) == 1:
            share[0].tell(Told.TURN)
        else:
            # The trace and the log tell the statement of whoever has waited longest.
            task = asyncio.get_running_loop().create_task(self._read(plan, flight, share), context=share[0].context)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _read(self, plan: Plan, flight: Flight, share: Sequence[Waiting]) -> None:
        """Read for all of them. What the database refuses each reads for itself, and finds out why."""
        fetch = partial(plan.joining.fetch, requests=[one.bound.parameters for one in share])
        try:
            rows = await self.pool.run(fetch, partial(self._note, plan, len(share)), share[0].began_at)
        except (asyncpg.PostgresError, NotJoinableError) as error:
            if not isinstance(error, NOT_THE_PLAN):
                plan.joining.rest()
            for one in share:
                one.tell(Told.ALONE)
        except Exception as error:  # noqa: BLE001 - whatever it is, all of them have met it
            for one in share:
                one.refuse(error)
        except asyncio.CancelledError:
            for one in share:
                one.told.cancel()
            raise
        else:
            self.joined += len(share)
            for one, row in zip(share, rows, strict=True):
                one.tell(Read(row))
        finally:
            self._land(plan, flight)

    def _note(self, plan: Plan, requests: int, seconds: float) -> None:
        plan.joining.note(seconds, requests)
        self._observe(seconds)
