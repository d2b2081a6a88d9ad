"""Counting in sliding windows, in this process.

A window is followed by the next one, in whose course the count of the last one fades away: whoever asked 900 times in
15 minutes has 300 to their name after 10 more. Two numbers for each key are all that is kept.
"""

from collections.abc import Callable
from math import ceil
from time import monotonic
from typing import Protocol

MAXIMUM_KEYS = 200_000
"""How many keys a window may have. Then the next one begins before its time, so that memory is bounded."""


class Counters(Protocol):
    """Counts by key."""

    failures: int
    """How often they could not be kept where they belong."""

    async def take(self, key: str, times: int, limit: int) -> int | None:
        """Count so many times under a key; if they are more than the limit, how many seconds to wait instead."""

    async def close(self) -> None:
        """Let go of what they are kept in."""


class MemoryCounters:
    """The counts of this process."""

    def __init__(
        self, window_seconds: int, *, clock: Callable[[], float] = monotonic, maximum_keys: int = MAXIMUM_KEYS
    ) -> None:
        self._window = window_seconds
        self._clock = clock
        self._maximum = maximum_keys
        self._counts: dict[str, int] = {}
        self._counts_before: dict[str, int] = {}
        self._ends_at = clock() + window_seconds
        self.failures = 0

    async def close(self) -> None:
        """Nothing is held."""

    async def take(self, key: str, times: int, limit: int) -> int | None:
        """Count so many times under a key; if they are more than the limit, how many seconds to wait instead."""
        return self.take_now(key, times, limit)

    def take_now(self, key: str, times: int, limit: int) -> int | None:
        """The same for whoever knows that nobody has to be waited for."""
        seconds_left = self._ends_at - self._clock()
        if seconds_left <= 0:
            seconds_left = self._turned(seconds_left)
        counted = self._counts.get(key, 0)
        before = self._counts_before.get(key, 0)
        if before * seconds_left / self._window + counted + times > limit:
            return seconds_until_free(before, seconds_left, counted, times, limit, self._window)
        self._counts[key] = counted + times
        if len(self._counts) > self._maximum:
            self._turned(0)
        return None

    def _turned(self, seconds_left: float) -> float:
        """Begin the next window, and say how much of it is left. Nothing is left of one that ended long ago."""
        self._counts_before = self._counts if seconds_left > -self._window else {}
        self._counts = {}
        seconds_left = self._window - (-seconds_left % self._window)
        self._ends_at = self._clock() + seconds_left
        return seconds_left


def seconds_until_free(  # noqa: PLR0913, PLR0917 - the whole state of a sliding window
    before: int, seconds_left: float, counted: int, times: int, limit: int, window: float
) -> int:
    """After how many seconds so many times will be within the limit, if nothing else comes; at least one.

    What never will be is told a whole window.
    """
    if times > limit:
        return ceil(window)
    if before and counted + times <= limit:  # enough of the window before has to be over
        wait = seconds_left - (limit - counted - times) / before * window
    else:  # this one has to end, and then so much of it
        wait = seconds_left + (window - (limit - times) / counted * window if counted > limit - times else 0)
    return max(1, ceil(wait))
