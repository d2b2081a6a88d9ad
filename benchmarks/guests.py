"""Guests who buy from a server as fast as it serves them, and what that costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.cpu import cpu_seconds, ended_children_seconds
from benchmarks.data import Database
from benchmarks.errors import AbsentError
from benchmarks.load import Generator, Script
from benchmarks.serving import Server

GUESTS = 10
"""As many as a server has connections to the database; pgbench has as many."""

SCRIPT = Path(__file__).parent / "purchases.lua"

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Sales:
    """What the server did."""

    purchases: int
    """Those that came to their end."""
    per_second: float
    server_cpu_ms: float
    """Of the server, for one purchase; and the same of PostgreSQL and of all guests together."""
    database_cpu_ms: float
    client_cpu_ms: float


class Guests:
    """Buy from servers on one database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._generator = Generator()
        self._database = database
        self._file = folder / "purchases.jsonl"

    def buy(self, server: Server, bodies: Sequence[bytes], seconds: int) -> Sales:
        """Have each of them make one purchase after the other, of those whose bodies these are (`every_purchase`).

        Raises AbsentError when a guest is refused anything or gets no answer.
        """
        self._file.write_bytes(b"".join(body + b"\n" for body in bodies))
        before = self._used(server)
        result = self._generator.drive(Script(SCRIPT, [str(self._file)], GUESTS, GUESTS), server.url, seconds)
        after = self._used(server)
        count = _count(result)
        costs = (1000 * (late - early) / count for early, late in zip(before, after, strict=True))
        return Sales(count, count * MICROSECONDS / result["microseconds"], *costs)

    def _used(self, server: Server) -> Sequence[float]:
        return cpu_seconds(server.pid), cpu_seconds(self._database.pid), ended_children_seconds()


def _count(result: Any) -> int:
    """The purchases that were made. Raises AbsentError when one was not."""
    count: int = result["purchases"]
    if result["refused"]:
        raise AbsentError(f"a guest was refused: {result['refused']}")
    if result["unanswered"] or not count:
        raise AbsentError(f"{count} purchases were made, and {result['unanswered']} requests got no answer")
    return count
