"""What is somebody's own: read over connections that are told whose they are, once for all that an answer asks for."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any

import asyncpg

from auth.row_security import IDENTIFY_SESSION, Identity
from compiler.plan import BoundPlan
from server.joined_reads import Observe, Read
from server.read_pool import ReadPool


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """What is read over the connection that was told for another row, once it is told."""

    bound: BoundPlan
    observe: Observe
    told: asyncio.Future[Read | None]
    """None where it has to be read by itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Lease:
    """A connection that one viewer's rows are read over, from before it is told whose it is."""

    identity: Identity
    waiting: deque[Waiting] = field(default_factory=deque)
    """Who comes next."""


class OwnReads:
    """The reads of one answer.

    What is asked for while a connection is told the same identity, or read from, is read over it afterwards. An answer
    is sent when all of its rows are there, so that nobody waits for what is somebody else's.
    """

    def __init__(self) -> None:
        self._lease: Lease | None = None

    async def fetch(self, pool: ReadPool, identity: Identity, bound: BoundPlan, observe: Observe) -> Any:
        """What the plan gives; raises what ReadPool.run does. `observe` is told how many seconds it took."""
        while self._lease is not None and self._lease.identity == identity:
            one = Waiting(bound, observe, asyncio.get_running_loop().create_future())
            self._lease.waiting.append(one)
            if (read := await one.told) is not None:
                return read.found
        lease = self._lease = Lease(identity)
        try:
            return await pool.run(partial(_read_all, lease, bound, observe))
        finally:
            self._lease = None
            for one in lease.waiting:
                _tell(one, None)


async def _read_all(lease: Lease, bound: BoundPlan, observe: Observe, connection: asyncpg.Connection) -> Any:
    """What was asked for first. Those who came meanwhile are told what they asked for."""
    began = perf_counter()
    try:
        await connection.fetchrow(IDENTIFY_SESSION, *lease.identity.settings)
        found = await bound.fetch(connection)
    finally:
        observe(perf_counter() - began)
    while lease.waiting and not connection.is_closed():
        await _bring(connection, lease.waiting.popleft())
    return found


async def _bring(connection: asyncpg.Connection, one: Waiting) -> None:
    """Read for one who waits. What is refused is theirs; whatever else happens ends the connection."""
    began = perf_counter()
    try:
        _tell(one, Read(await one.bound.fetch(connection)))
    except asyncpg.PostgresError as error:
        if not one.told.done():
            one.told.set_exception(error)
    finally:
        _tell(one, None)
        one.observe(perf_counter() - began)


def _tell(one: Waiting, read: Read | None) -> None:
    """Let it go on, unless it has been cancelled or told before."""
    if not one.told.done():
        one.told.set_result(read)
