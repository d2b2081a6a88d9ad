"""Requests at an even pace, whatever becomes of those before: who waits is counted with all the wait."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.client import Connection

CONNECTIONS = 40
"""More than requests are under way at once, or they would wait for each other in the load generator."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long requests of one run took, from the moment that each was due."""

    count: int
    p50_ms: float
    p99_ms: float
    longest_ms: float


@dataclass(frozen=True, slots=True)
class Pace:
    """What is sent, how often, from where, and with which further lines of the head."""

    bodies: Sequence[bytes]
    per_second: int
    address: str
    headers: bytes = b""


async def send(port: int, pace: Pace, seconds: float) -> Latency:
    """Send the bodies in turn. Raises AbsentError for an answer that is no good one."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    connections = [await Connection.opened(port, pace.address) for _ in range(CONNECTIONS)]
    for connection in connections:
        free.put_nowait(connection)
    began = time.perf_counter()
    sent = []
    for number, body in zip(range(int(pace.per_second * seconds)), itertools.cycle(pace.bodies), strict=False):
        due = began + number / pace.per_second
        await asyncio.sleep(due - time.perf_counter())
        sent.append(asyncio.create_task(_ask(free, body, pace.headers, due)))
    taken = await asyncio.gather(*sent)
    for connection in connections:
        connection.close()
    return latency(taken)


async def _ask(free: asyncio.Queue[Connection], body: bytes, headers: bytes, due: float) -> float:
    connection = await free.get()
    await connection.ask(body, headers)
    free.put_nowait(connection)
    return time.perf_counter() - due


def latency(seconds: Sequence[float]) -> Latency:
    """The figures of so many requests."""
    ms = [1000 * each for each in seconds]
    return Latency(len(ms), median(ms), quantiles(ms, n=100)[-1], max(ms))
