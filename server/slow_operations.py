"""Operations that took too long: told in the log, now and then with the plan of their statement.

The plan is PostgreSQL's generic one, made by EXPLAIN alone: the client's statement is not run again, and no value of it
is in the log.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from math import inf
from time import monotonic

import asyncpg

from compiler.plan import BoundPlan, Plan

logger = logging.getLogger("merkato.slow")

PAUSE_SECONDS = 10.0
"""No two plans are made within so long: what is slow is mostly so because the database has too much to do."""

REPEAT_SECONDS = 600.0
"""The same plan is not told again for so long."""

MOST_REMEMBERED = 500
PATIENCE_SECONDS = 5.0


class SlowOperations:
    """Tells what took at least so long. Plans are made in the background, one at a time, over their own connection."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], threshold_milliseconds: int) -> None:
        self._connect = connect
        self.threshold_seconds = threshold_milliseconds / 1000 if threshold_milliseconds else inf
        self._explained: OrderedDict[object, float] = OrderedDict()
        self._last_at = -inf
        self._explaining: asyncio.Task[None] | None = None

    def note(self, details: dict[str, object], bound: BoundPlan | None) -> None:
        """Tell of a slow operation; with the plan of its one statement, if it has one and it is its turn."""
        if bound is None or not self._is_due(bound.plan):
            logger.warning("Slow operation", extra=details)
            return
        self._explaining = asyncio.create_task(self._tell_with_plan(details, bound.plan))

    async def close(self) -> None:
        """Leave what is under way."""
        if self._explaining is not None:
            self._explaining.cancel()
            await asyncio.gather(self._explaining, return_exceptions=True)

    def _is_due(self, plan: Plan) -> bool:
        now = monotonic()
        is_busy = self._explaining is not None and not self._explaining.done()
        told_at = self._explained.get(plan.identity, -inf)
        if is_busy or now - self._last_at < PAUSE_SECONDS or now - told_at < REPEAT_SECONDS:
            return False
        self._last_at = self._explained[plan.identity] = now
        self._explained.move_to_end(plan.identity)
        if len(self._explained) > MOST_REMEMBERED:
            self._explained.popitem(last=False)
        return True

    async def _tell_with_plan(self, details: dict[str, object], plan: Plan) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                explained = await self._explain(plan)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            explained = f"none: {error}"
        logger.warning("Slow operation", extra={**details, "statement": plan.sql, "plan": explained})

    async def _explain(self, plan: Plan) -> str:
        connection = await self._connect()
        try:
            return await generic_plan(connection, plan)
        finally:
            connection.terminate()


async def generic_plan(connection: asyncpg.Connection, plan: Plan) -> str:
    """How PostgreSQL would run the statement for any values."""
    values = ", ".join(["NULL"] * len(plan.sources))
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    await connection.execute(f"PREPARE slow_operation AS {plan.sql}")
    lines = await connection.fetch(f"EXPLAIN EXECUTE slow_operation{f'({values})' if values else ''}")
    return "\n".join(line[0] for line in lines)
