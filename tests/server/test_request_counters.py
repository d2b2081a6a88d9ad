"""Counting in sliding windows: in memory, and in a real Redis that may be away."""

import asyncio
from pathlib import Path

import pytest

from server.redis_counters import PAUSE_SECONDS, RedisCounters
from server.request_counters import MemoryCounters
from tests.redis_server import running_redis

PATIENT = 30.0
"""What a busy machine may take."""


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time it shows."""
        return self.now


async def test_window_slides() -> None:
    clock = Clock()
    counters = MemoryCounters(90, clock=clock)

    assert [await counters.take("a", 1, 3) for _ in range(4)] == [None, None, None, 120]
    assert await counters.take("b", 1, 3) is None
    clock.now += 90  # all three of the window before still count
    assert await counters.take("a", 1, 3) == 30
    clock.now += 30  # two of them do
    assert await counters.take("a", 1, 3) is None
    assert await counters.take("a", 1, 3) == 30
    clock.now += 900
    assert await counters.take("a", 3, 3) is None


async def test_wait_that_is_told_is_long_enough_and_no_second_longer() -> None:
    for pause in (0.0, 7.5, 44.0, 61.2, 89.9):
        clock = Clock()
        counters = MemoryCounters(60, clock=clock)
        assert await counters.take("a", 5, 10) is None
        clock.now += pause
        assert await counters.take("a", 4, 10) is None
        wait = await counters.take("a", 3, 10)
        if wait is None:
            assert pause > 60
            continue
        clock.now += wait - 1.01
        assert await counters.take("a", 3, 10) is not None
        clock.now += 1.01
        assert await counters.take("a", 3, 10) is None


async def test_more_at_once_than_the_limit_never_passes() -> None:
    assert await MemoryCounters(60).take("a", 4, 3) == 60


async def test_memory_is_bounded() -> None:
    """What came first is forgotten; what came lately is not."""
    counters = MemoryCounters(60, maximum_keys=100)

    for number in range(350):
        await counters.take(str(number), 1, 1)

    assert await counters.take("0", 1, 1) is None
    assert await counters.take("349", 1, 1) is not None


async def test_processes_count_together_in_redis(tmp_path: Path) -> None:
    with running_redis(tmp_path) as redis:
        one, other = (RedisCounters(redis.url, 60, patience_seconds=PATIENT) for _ in range(2))

        taken = await asyncio.gather(*(counters.take("a", 1, 5) for counters in (one, other) * 10))
        wait = await one.take("a", 1, 5)
        another = await other.take("b", 2, 5)
        await one.close()
        await other.close()

    assert taken.count(None) == 5
    assert wait is not None
    assert 1 <= wait <= 72
    assert another is None
    assert (one.failures, other.failures) == (0, 0)


async def test_process_counts_for_itself_while_redis_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    with running_redis(tmp_path) as redis:
        counters = RedisCounters(redis.url, 60, patience_seconds=PATIENT, clock=clock)
        assert await counters.take("a", 3, 3) is None

        redis.stop()
        assert [await counters.take("a", 1, 2) for _ in range(3)] == [None, None, 90]
        assert counters.failures == 1  # nobody asks again before the pause is over
        clock.now += PAUSE_SECONDS
        assert await asyncio.gather(*(counters.take(key, 1, 2) for key in "bcd")) == [None] * 3
        assert counters.failures == 2

        redis.start()
        clock.now += PAUSE_SECONDS
        assert await counters.take("a", 3, 3) is None  # it counts anew in the Redis that came back
        assert await counters.take("a", 1, 3) is not None
        await counters.close()

    assert counters.failures == 2
    assert [record.message.partition(",")[0] for record in caplog.records] == ["Redis is away", "Redis is back."]


async def test_redis_that_says_nothing_is_not_waited_for(tmp_path: Path) -> None:
    with running_redis(tmp_path) as redis:
        counters = RedisCounters(redis.url, 60, clock=Clock())
        with redis.silent():
            assert await asyncio.gather(*(counters.take("a", 1, 5) for _ in range(5))) == [None] * 5
        assert await counters.take("a", 1, 5) == 72  # five were counted here
        await counters.close()

    assert counters.failures == 5
