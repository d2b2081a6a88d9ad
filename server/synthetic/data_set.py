"""What all rows of a synthetic data set are computed from: its size, its time span, ids and chance.

No row is looked up while another one is written. Ids, times and prices follow from the rows' numbers, so that a data
set of any size takes the same memory, and the same command on the same day writes the same rows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID
from zlib import crc32

from asyncpg.pgproto import pgproto

from server.synthetic.texts import Texts

SPAN = timedelta(days=730)
FEWEST_USERS = 50
FEWEST_POSTS = 10

Row = tuple[object, ...]
"""A record for COPY: a value for each of the table's columns."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """One run's data: how much there is, when it ends and which sentences it uses."""

    run: int
    products: int
    now: datetime
    texts: Texts

    @property
    def users(self) -> int:
        """Enough for each review of a product to be by somebody else."""
        return max(self.products // 5, FEWEST_USERS)

    @property
    def posts(self) -> int:
        """One for two products."""
        return max(self.products // 2, FEWEST_POSTS)

    def random(self, table: str, numbers: range) -> Random:
        """Chance for these rows of the table."""
        return Random(f"{self.run} {table} {numbers.start}")  # noqa: S311 - made-up data

    def at(self, fraction: float) -> datetime:
        """The moment when that part of the two years had passed."""
        return self.now - SPAN * (1 - fraction)

    def ids(self, table: str) -> Callable[[int], UUID]:
        """Gives the row of a number its UUIDv7: the time of the run, the run, the table and the number."""
        milliseconds = int(self.now.timestamp() * 1000)
        first = milliseconds << 80 | 0x7 << 76 | self.run << 64 | 0x2 << 62 | crc32(table.encode()) % 256 << 48

        def identify(number: int) -> UUID:
            return pgproto.UUID((first + number).to_bytes(16, "big"))

        return identify

    def name(self, number: int) -> str:
        """What makes a slug unique: `s1-27` is row 27 of the first run."""
        return f"s{self.run}-{number}"


def scatter(number: int, choices: int) -> int:
    """One of so many choices for each number, without a pattern that shows."""
    return (number * 2_654_435_761 >> 7) % choices


def turn(pattern: Sequence[int], number: int) -> int:
    """The number's place in a pattern that repeats."""
    return pattern[number % len(pattern)]


@dataclass(frozen=True, slots=True)
class SyntheticTable:
    """How a table is filled: for each number in turn, as many rows as its place in the pattern says."""

    name: str
    columns: tuple[str, ...]
    rows: Callable[[DataSet, range], Iterator[Row]]
    pattern: Sequence[int] = (1,)

    def count(self, numbers: range) -> int:
        """How many rows the numbers have."""
        return sum(turn(self.pattern, number) for number in numbers)
