"""How the database does, as permitted operators see it: PostgreSQL's own statistics, not the shop's rows."""

from datetime import datetime

import strawberry

from resolvers import database_health
from schema.declare import field
from schema.enums import StatementsAbsence
from schema.scalars import BigInt

READ_COST = 50
"""What reading a part of the statistics costs: it asks for the size of every table's files."""


@strawberry.type(description="An index, and how often it was read.")
class IndexHealth:
    """An index."""

    schema_name: str = strawberry.field(description="The schema that it is in.")
    table_name: str = strawberry.field(description="The table that it belongs to.")
    name: str = strawberry.field(description="What it is called.")
    bytes: BigInt = strawberry.field(description="Its size.")
    scans: BigInt = strawberry.field(description="How often it was read, by this server and not by its replicas.")
    holds_rule: bool = strawberry.field(
        description="Whether rows are kept apart by it, so that it is needed though nothing reads it."
    )


@strawberry.type(description="A table, or one partition of it. What is said of rows is PostgreSQL's estimate.")
class TableHealth:
    """A table."""

    schema_name: str = strawberry.field(description="The schema that it is in.")
    name: str = strawberry.field(description="What it is called.")
    bytes: BigInt = strawberry.field(description="Its size with its indexes and what is stored outside of its rows.")
    index_bytes: BigInt = strawberry.field(description="The size of its indexes.")
    row_estimate: BigInt = strawberry.field(description="About how many rows it has.")
    dead_row_estimate: BigInt = strawberry.field(
        description="About how many rows were deleted or replaced and still take room."
    )
    dead_share: float | None = strawberry.field(
        description="Dead rows among all, from 0 to 1, by these estimates: how bloated it is; null for an empty table."
    )
    vacuumed_at: datetime | None = strawberry.field(description="When dead rows were last cleaned up; null for never.")
    analyzed_at: datetime | None = strawberry.field(
        description="When what its queries are planned by was last counted; null for never."
    )
    sequential_scans: BigInt = strawberry.field(description="How often all of it was read.")
    index_scans: BigInt = strawberry.field(description="How often it was read by an index.")
    indexes: list[IndexHealth] = strawberry.field(description="Its indexes, the largest first.")


@strawberry.type(description="Connections that are in the same state.")
class ConnectionCount:
    """A state and its connections."""

    state: str | None = strawberry.field(
        description="Such as `active`, `idle` or `idle in transaction`; null for those that the owner of the tables "
        "may not see into, as long as it is no member of pg_monitor."
    )
    number: int = strawberry.field(description="How many there are.")


@strawberry.type(description="Who is connected to the PostgreSQL server, whichever of its databases it is.")
class ConnectionHealth:
    """Connections."""

    maximum: int = strawberry.field(description="How many there may be, with those for superusers.")
    used: int = strawberry.field(description="How many there are.")
    by_state: list[ConnectionCount] = strawberry.field(description="The same by what they do, the most first.")


@strawberry.type(description="A transaction that is under way. While it is, no row that it may see is cleaned up.")
class OpenTransaction:
    """A transaction."""

    application: str = strawberry.field(description="What the client calls itself.")
    state: str = strawberry.field(description="Such as `active` or `idle in transaction`.")
    seconds: float = strawberry.field(description="How long ago it began.")


@strawberry.type(description="A statement, with placeholders where it had values.")
class SlowStatement:
    """A statement."""

    text: str = strawberry.field(description="The statement, cut after 2000 characters.")
    calls: BigInt = strawberry.field(description="How often it ran.")
    total_seconds: float = strawberry.field(description="What all of its runs took together.")
    mean_milliseconds: float = strawberry.field(description="What a run took on average.")
    rows: BigInt = strawberry.field(description="How many rows they gave or changed.")


@strawberry.type(description="What pg_stat_statements tells, or why it does not.")
class StatementReport:
    """Statements."""

    absence: StatementsAbsence | None = strawberry.field(
        description="Why nothing is known: the extension is not installed in this database, the server was started "
        "without its library, or the owner of the tables is no member of pg_monitor; null when it is known."
    )
    slowest: list[SlowStatement] | None = strawberry.field(
        description="Those that took the most time, all runs together; null when nothing is known."
    )


@strawberry.type(
    description="How the database does, by PostgreSQL's own statistics. They are counted since they were reset."
)
class DatabaseHealth:
    """The database as a whole, and its parts, each of which is read when it is asked for."""

    bytes: BigInt = strawberry.field(description="The size of the database.")
    cache_hit_ratio: float | None = strawberry.field(
        description="How much of what was read was found in shared buffers, from 0 to 1; what the system's own cache "
        "had is not known. Null before anything was read."
    )
    statistics_since: datetime | None = strawberry.field(
        description="Since when it is counted; null when it was never reset."
    )
    connections: ConnectionHealth = field(
        lambda _health, info: database_health.connections(info.context), "Who is connected.", cost=READ_COST
    )
    transactions: list[OpenTransaction] = field(
        lambda _health, info: database_health.transactions(info.context),
        "The 20 transactions of this database that have been open for longest, the one that asks among them.",
        cost=READ_COST,
    )
    tables: list[TableHealth] = field(
        lambda _health, info: database_health.tables(info.context), "The 100 largest tables.", cost=READ_COST
    )
    unused_indexes: list[IndexHealth] = field(
        lambda _health, info: database_health.unused_indexes(info.context),
        "What nothing has read since the statistics were reset, the largest first, but for what holds a rule. See "
        "whether a replica reads them before you drop any.",
        cost=READ_COST,
    )
    statements: StatementReport = field(
        lambda _health, info: database_health.statements(info.context), "The slowest statements.", cost=READ_COST
    )
