"""How the database does, read for whoever may see it. Each part is read when it is selected."""

from collections.abc import Awaitable

from domain import database_statistics
from domain.database_health import (
    ConnectionHealth,
    DatabaseOverview,
    IndexHealth,
    OpenTransaction,
    StatementReport,
    TableHealth,
)
from resolvers.context import Context


def database_overview(context: Context) -> Awaitable[DatabaseOverview]:
    """The database as a whole."""
    return database_statistics.read_overview(context.reading.rows)


def connections(context: Context) -> Awaitable[ConnectionHealth]:
    """Who is connected."""
    return database_statistics.read_connections(context.reading.rows)


def transactions(context: Context) -> Awaitable[list[OpenTransaction]]:
    """What has been open for longest."""
    return database_statistics.read_transactions(context.reading.rows)


def tables(context: Context) -> Awaitable[list[TableHealth]]:
    """The largest tables."""
    return database_statistics.read_tables(context.reading.rows)


def unused_indexes(context: Context) -> Awaitable[list[IndexHealth]]:
    """What nothing has read."""
    return database_statistics.read_unused_indexes(context.reading.rows)


def statements(context: Context) -> Awaitable[StatementReport]:
    """What took the most time."""
    return database_statistics.read_statements(context.reading.rows)
