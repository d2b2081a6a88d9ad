"""What is recorded of each table, and for how long: read by everybody who looks after it, changed by commands alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import DomainError, shown
from models import AuditedTable

LONGEST_RETENTION_DAYS = 36_500
ITSELF = "audit_config"
PERMISSION_DENIED = "42501"
LOCK_NOT_AVAILABLE = "55P03"
NOT_SUPPORTED = "0A000"

COLUMNS = text("""
    SELECT attname FROM pg_attribute
    WHERE attrelid = to_regclass(format('public.%I', CAST(:table_name AS text))) AND attnum > 0 AND NOT attisdropped
""")

LOCK_PATIENCE = text("SET LOCAL lock_timeout = '5s'")
"""Triggers are made while nobody writes to the table; whoever waits for that keeps later writers waiting."""


class UnknownTableError(DomainError):
    """Nothing is written down of a table with that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no table {shown(name)} that can be recorded. `merkato audit tables` lists them.")
        self.name = name


class UnknownColumnError(DomainError):
    """The table has no such column."""

    def __init__(self, table: str, column: str) -> None:
        super().__init__(f"The table {table} has no column {shown(column)}.")
        self.column = column


class AlwaysRecordedError(DomainError):
    """Who changes what is recorded is on record, always."""

    def __init__(self) -> None:
        super().__init__(f"The changes of {ITSELF} are always recorded, with all their columns.")


class NotTheOwnerError(DomainError):
    """The login of the database may not change what is recorded."""

    def __init__(self) -> None:
        super().__init__(
            "What is recorded is changed by the login that owns the tables, which is the one that migrates. "
            "Repeat the command with its DATABASE_URL."
        )


class NotRecordableError(DomainError):
    """A row of the table cannot be written down in the log."""

    def __init__(self, table: str) -> None:
        super().__init__(f"The table {table} has columns of the type json, which may hold what the log cannot.")


class TableInUseError(DomainError):
    """Somebody writes to the table all the time, or for long."""

    def __init__(self, table: str) -> None:
        super().__init__(f"The table {table} is in use. Try again when no long transaction writes to it.")


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """What is to become different; None for what stays."""

    is_on: bool | None = None
    exclude: Collection[str] = ()
    """Columns whose values are kept out from now on."""
    include: Collection[str] = ()
    """Columns whose values are recorded again."""
    retention_days: int | None = None
    reason: str | None = None


async def audited_tables(session: AsyncSession) -> Sequence[AuditedTable]:
    """All of them, by name."""
    return (await session.scalars(select(AuditedTable).order_by(AuditedTable.table_name))).all()


async def configure(session: AsyncSession, name: str, change: ConfigChange) -> AuditedTable:
    """Change what is recorded of a table; takes effect with the commit.

    What was recorded stays. Raises UnknownTableError, UnknownColumnError, AlwaysRecordedError, NotTheOwnerError,
    NotRecordableError and TableInUseError.
    """
    try:
        return await _configured(session, name, change)
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state == PERMISSION_DENIED:
            raise NotTheOwnerError from error
        if state == NOT_SUPPORTED:
            raise NotRecordableError(name) from error
        if state == LOCK_NOT_AVAILABLE:
            raise TableInUseError(name) from error
        raise


async def _configured(session: AsyncSession, name: str, change: ConfigChange) -> AuditedTable:
    await session.execute(LOCK_PATIENCE)
    row = await session.scalar(select(AuditedTable).where(AuditedTable.table_name == name).with_for_update())
    if row is None:
        raise UnknownTableError(name)
    if name == ITSELF and (change.is_on is False or change.exclude):
        raise AlwaysRecordedError
    await _require_columns(session, name, {*change.exclude, *change.include})
    excluded = {*row.excluded_columns, *change.exclude} - {*change.include}
    row.excluded_columns = sorted(excluded)
    row.ignored_columns = [column for column in row.ignored_columns if column not in {*change.exclude}]
    row.is_on = row.is_on if change.is_on is None else change.is_on
    row.retention_days = change.retention_days or row.retention_days
    row.reason = change.reason or row.reason
    await session.flush()
    return row


async def _require_columns(session: AsyncSession, table: str, wanted: Collection[str]) -> None:
    known = set(await session.scalars(COLUMNS, {"table_name": table}))
    for column in sorted(wanted):
        if column not in known:
            raise UnknownColumnError(table, column)
