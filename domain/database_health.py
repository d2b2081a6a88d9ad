"""What PostgreSQL's own statistics tell of the database: sizes, dead rows, indexes, connections, statements.

They are counted since they were reset, by the server that is asked: a replica counts for itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class DatabaseOverview:
    """The database as a whole."""

    bytes: int
    cache_hit_ratio: float | None
    """How much was found in shared buffers, from 0 to 1; None before anything was read."""
    statistics_since: datetime | None
    """When they were reset; None for never."""


@dataclass(frozen=True, slots=True)
class IndexHealth:
    """An index of a table."""

    schema_name: str
    table_name: str
    name: str
    bytes: int
    scans: int
    """How often it was read."""
    holds_rule: bool
    """Whether rows are kept apart by it, so that it is needed though nothing reads it."""


@dataclass(frozen=True, slots=True)
class TableHealth:
    """A table, or one partition of it."""

    schema_name: str
    name: str
    bytes: int
    """With its indexes and what is stored outside of its rows."""
    index_bytes: int
    row_estimate: int
    dead_row_estimate: int
    dead_share: float | None
    """Dead rows among all, from 0 to 1, by these estimates; None for an empty table."""
    vacuumed_at: datetime | None
    analyzed_at: datetime | None
    sequential_scans: int
    index_scans: int
    indexes: Sequence[IndexHealth] = ()


@dataclass(frozen=True, slots=True)
class ConnectionCount:
    """Connections of one state."""

    state: str | None
    """As pg_stat_activity has it; None for those that the owner of the tables may not see into."""
    number: int


@dataclass(frozen=True, slots=True)
class ConnectionHealth:
    """Who is connected to the server, whichever of its databases it is."""

    maximum: int
    """max_connections; some of them are kept for superusers."""
    used: int
    by_state: Sequence[ConnectionCount]


@dataclass(frozen=True, slots=True)
class OpenTransaction:
    """A transaction that is under way. While it is, no row that it may see is cleaned up."""

    application: str
    state: str
    seconds: float


class StatementsAbsence(StrEnum):
    """Why nothing is known of the statements."""

    NOT_INSTALLED = "NOT_INSTALLED"
    NOT_LOADED = "NOT_LOADED"
    NOT_PERMITTED = "NOT_PERMITTED"


@dataclass(frozen=True, slots=True)
class SlowStatement:
    """A statement of pg_stat_statements, with placeholders where it had values."""

    text: str
    calls: int
    total_seconds: float
    """What all of its runs took together."""
    mean_milliseconds: float
    rows: int


@dataclass(frozen=True, slots=True)
class StatementReport:
    """The statements that took the most time, or why there are none."""

    absence: StatementsAbsence | None
    slowest: Sequence[SlowStatement] | None
