"""Reads the statistics of PostgreSQL, each part by one statement or two.

What others do is shown to few: `database_sessions` and `database_statements` (migration 0022) see it with the rights of
whoever owns the tables. The rest is open to every login.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from sqlalchemy import Row, Select, column, select, text

from domain.database_health import (
    ConnectionCount,
    ConnectionHealth,
    DatabaseOverview,
    IndexHealth,
    OpenTransaction,
    SlowStatement,
    StatementReport,
    StatementsAbsence,
    TableHealth,
)

AnySelect: TypeAlias = Select[*tuple[Any, ...]]
Read: TypeAlias = Callable[[AnySelect], Awaitable[Sequence[Row[*tuple[Any, ...]]]]]
"""Gives the rows of a statement."""

MOST_TABLES = 100
MOST_LISTED = 20


def _statement(sql: str, *columns: str) -> AnySelect:
    return select(text(sql).columns(*map(column, columns)).subquery("found"))


OVERVIEW = _statement(
    """
    SELECT pg_database_size(datname) AS bytes,
           blks_hit::float8 / nullif(blks_hit + blks_read, 0) AS cache_hit_ratio,
           stats_reset AS statistics_since
    FROM pg_stat_database WHERE datname = current_database()
    """,
    "bytes",
    "cache_hit_ratio",
    "statistics_since",
)

TABLES = _statement(
    f"""
    SELECT schemaname AS schema_name, s.relname AS name, pg_total_relation_size(relid) AS bytes,
           pg_indexes_size(relid) AS index_bytes, n_live_tup AS row_estimate, n_dead_tup AS dead_row_estimate,
           n_dead_tup::float8 / nullif(n_live_tup + n_dead_tup, 0) AS dead_share,
           greatest(last_vacuum, last_autovacuum) AS vacuumed_at,
           greatest(last_analyze, last_autoanalyze) AS analyzed_at,
           coalesce(seq_scan, 0) AS sequential_scans, coalesce(idx_scan, 0) AS index_scans
    FROM pg_stat_user_tables AS s JOIN pg_class ON pg_class.oid = relid
    WHERE relkind <> 'p'
    ORDER BY bytes DESC, schema_name, name LIMIT {MOST_TABLES}
    """,  # noqa: S608 - a number of ours
    "schema_name",
    "name",
    "bytes",
    "index_bytes",
    "row_estimate",
    "dead_row_estimate",
    "dead_share",
    "vacuumed_at",
    "analyzed_at",
    "sequential_scans",
    "index_scans",
)
"""A table in partitions has no rows of its own."""

INDEXES = _statement(
    """
    SELECT schemaname AS schema_name, relname AS table_name, indexrelname AS name,
           pg_relation_size(indexrelid) AS bytes, idx_scan AS scans,
           indisunique OR indisexclusion OR indisreplident AS holds_rule
    FROM pg_stat_user_indexes JOIN pg_index USING (indexrelid)
    ORDER BY bytes DESC, schema_name, name
    """,
    "schema_name",
    "table_name",
    "name",
    "bytes",
    "scans",
    "holds_rule",
)

CONNECTIONS = _statement(
    """
    SELECT current_setting('max_connections')::int AS maximum, state, count(*) AS number
    FROM database_sessions() GROUP BY state ORDER BY number DESC, state
    """,
    "maximum",
    "state",
    "number",
)

TRANSACTIONS = _statement(
    f"""
    SELECT application, state, seconds FROM database_sessions()
    WHERE is_here AND seconds IS NOT NULL ORDER BY seconds DESC LIMIT {MOST_LISTED}
    """,  # noqa: S608 - a number of ours
    "application",
    "state",
    "seconds",
)

STATEMENTS = _statement(
    f"""
    SELECT absence, statement AS text, calls, total_seconds, mean_milliseconds, rows
    FROM database_statements({MOST_LISTED})
    """,  # noqa: S608 - a number of ours
    "absence",
    "text",
    "calls",
    "total_seconds",
    "mean_milliseconds",
    "rows",
)


async def read_overview(read: Read) -> DatabaseOverview:
    """The database as a whole."""
    (found,) = await read(OVERVIEW)
    return DatabaseOverview(**found._asdict())


async def read_tables(read: Read) -> list[TableHealth]:
    """The tables with their indexes, the largest first, and no more than MOST_TABLES."""
    indexes = defaultdict[tuple[str, str], list[IndexHealth]](list)
    for index in await _read_indexes(read):
        indexes[index.schema_name, index.table_name].append(index)
    tables = [TableHealth(**found._asdict()) for found in await read(TABLES)]
    return [replace(table, indexes=indexes[table.schema_name, table.name]) for table in tables]


async def read_unused_indexes(read: Read) -> list[IndexHealth]:
    """What nothing has read, and holds no rule, the largest first."""
    return [index for index in await _read_indexes(read) if not index.scans and not index.holds_rule]


async def read_connections(read: Read) -> ConnectionHealth:
    """How many are connected. There is always one that asks."""
    found = await read(CONNECTIONS)
    counts = [ConnectionCount(row.state, row.number) for row in found]
    return ConnectionHealth(found[0].maximum, sum(count.number for count in counts), counts)


async def read_transactions(read: Read) -> list[OpenTransaction]:
    """Those that have been open for longest, the one that asks among them."""
    return [OpenTransaction(**found._asdict()) for found in await read(TRANSACTIONS)]


async def read_statements(read: Read) -> StatementReport:
    """The statements that took the most time."""
    found = [row._asdict() for row in await read(STATEMENTS)]
    absences = [row.pop("absence") for row in found]
    if any(absences):
        return StatementReport(StatementsAbsence(absences[0]), None)
    return StatementReport(None, [SlowStatement(**row) for row in found])


async def _read_indexes(read: Read) -> list[IndexHealth]:
    return [IndexHealth(**found._asdict()) for found in await read(INDEXES)]
