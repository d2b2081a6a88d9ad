"""Counting in a Redis or Valkey that all processes share. Without it they go on, each counting for itself."""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

from limits import RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import BlockingConnectionPool
from redis.exceptions import RedisError

from server.request_counters import MemoryCounters, seconds_until_free

logger = logging.getLogger("merkato.rates")

PATIENCE_SECONDS = 0.25
"""What takes longer is away: to count must never be what a request waits for."""

PAUSE_SECONDS = 5.0
"""For so long nobody asks again."""

MAXIMUM_CONNECTIONS = 50

KEY_PREFIX = "merkato:rates"


class RedisCounters:
    """The counts of all processes.

    While Redis is away the process counts in its own memory: limits get looser, but nothing is refused for it.
    """

    def __init__(
        self,
        url: str,
        window_seconds: int,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._connections: BlockingConnectionPool = BlockingConnectionPool.from_url(
            url,
            max_connections=MAXIMUM_CONNECTIONS,
            timeout=patience_seconds,
            socket_timeout=patience_seconds,
            socket_connect_timeout=patience_seconds,
        )
        self._storage = RedisStorage(
            "redis://",  # the kind; the connections know the address
            implementation="redispy",
            key_prefix=KEY_PREFIX,
            connection_pool=self._connections,  # type: ignore[arg-type] # it is documented, and missing in the type
        )
        self._strategy = SlidingWindowCounterRateLimiter(self._storage)
        self._own = MemoryCounters(window_seconds, clock=clock)
        self._window = window_seconds
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._away_until = 0.0
        self._is_away = False
        self.failures = 0
        """How often Redis did not answer."""

    async def take(self, key: str, times: int, limit: int) -> int | None:
        """Count so many times under a key; if they are more than the limit, how many seconds to wait instead."""
        now = self._clock()
        if now < self._away_until:
            return await self._own.take(key, times, limit)
        if self._is_away:
            self._away_until = now + PAUSE_SECONDS  # this request tries for all that come meanwhile
        try:
            async with asyncio.timeout(self._patience_seconds):
                wait = await self._taken(key, times, limit)
        except (RedisError, OSError) as error:
            self._leave(error)
            return await self._own.take(key, times, limit)
        self._return()
        return wait

    async def close(self) -> None:
        """Let the connections go."""
        await self._connections.aclose()

    async def _taken(self, key: str, times: int, limit: int) -> int | None:
        item = RateLimitItemPerSecond(limit, self._window)
        if await self._strategy.hit(item, key, cost=times):
            return None
        before, before_left, counted, counted_left = await self._storage.get_sliding_window(
            item.key_for(key), self._window
        )
        left = before_left or max(0.0, counted_left - self._window)
        return seconds_until_free(before, left, counted, times, limit, self._window)

    def _leave(self, error: Exception) -> None:
        self.failures += 1
        self._away_until = self._clock() + PAUSE_SECONDS
        if not self._is_away:
            self._is_away = True
            logger.warning("Redis is away, each process counts for itself: %s", str(error) or type(error).__name__)

    def _return(self) -> None:
        if self._is_away:
            self._is_away = False
            self._away_until = 0.0
            logger.warning("Redis is back.")
