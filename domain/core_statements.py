"""Constant statements, sent to the driver past SQLAlchemy: what hot paths read and write takes a third as long so.

They run in the session's transaction and fail as its other statements do (decision 0057).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar, cast

import asyncpg
from sqlalchemy import Connection, Executable
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection, PGDialect_asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import SessionTransaction
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util import greenlet_spawn

from domain.introductions import ACTING, TELL, Introduction

Given = Mapping[str, Any]
Process = Callable[[Any], Any]
Kept = TypeVar("Kept")

NOTHING: Given = MappingProxyType({})
DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]

MOST_STATEMENTS = 256
"""Far more than there are constant statements."""


class Row(asyncpg.Record):
    """What a statement gives, as the driver reads it: its columns are attributes. Enums are text."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    is_given: bool
    """Whether it comes with each execution; else it is always the same."""
    value: Any
    process: Process | None

    def argument(self, given: Given) -> Any:
        if not self.is_given:
            return self.value
        value = given[self.name]
        return value if self.process is None else self.process(value)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is kept with a session, as long as its transaction lasts."""

    transaction: SessionTransaction | None
    """Or the savepoint."""
    connection: Connection


class NotAtOnceError(Exception):
    """A fault of ours: what would not be part of the one statement that a session writes, or tells nobody who acts."""

    def __init__(self) -> None:
        super().__init__(
            "This session writes one statement, which tells who acts. Begin a transaction for anything else."
        )


@dataclass(slots=True)
class AtOnce:
    """Kept with a session that sends no BEGIN: PostgreSQL commits each statement as it ends, and one may write."""

    is_done: bool = False
    """Whether it has."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A statement as the driver takes it."""

    sql: str
    parameters: Sequence[_Parameter]
    tells: bool
    """Whether it tells who acts (domain/introductions.py)."""

    def arguments(self, given: Given) -> list[Any]:
        return [parameter.argument(given) for parameter in self.parameters]


async def execute(
    session: AsyncSession | AsyncConnection, statement: Executable, given: Given = NOTHING
) -> Sequence[Row]:
    """The rows that a statement of a module gives within the session's transaction.

    Objects of the session neither change by it nor are written before it: flush what it is to find.
    """
    written = _written(statement)
    if not written.tells:
        return await send(session, written.sql, *written.arguments(given))
    at_once, pending = _kept(session, AtOnce), _pending(session)
    if at_once is not None and at_once.is_done:
        raise NotAtOnceError
    arguments = written.arguments({**given, ACTING: None if pending is None else pending.setting})
    rows = await _fetch(session, written.sql, arguments, begins=at_once is None)
    if at_once is not None:
        at_once.is_done = bool(rows)
    elif pending is not None and rows:
        pending.is_told = True
    return rows


async def send(session: AsyncSession | AsyncConnection, sql: str, *arguments: Any) -> Sequence[Row]:
    """The same for a statement as the driver takes it."""
    if _kept(session, AtOnce) is not None:
        raise NotAtOnceError
    pending = _pending(session)
    if pending is not None:
        await _fetch(session, TELL, (pending.setting,))
        pending.is_told = True
    return await _fetch(session, sql, arguments)


async def begin(session: AsyncSession | AsyncConnection) -> None:
    """Begin the transaction, which otherwise begins with its first statement."""
    connection = await _connection_of(session)
    adapter = _adapter_of(connection)
    try:
        await _begin(connection, adapter)
    except BaseException as error:
        await greenlet_spawn(_fail, connection, adapter, error, "BEGIN")
        raise


def lend(session: AsyncSession, connection: AsyncConnection) -> None:
    """Send the session's statements on this connection for as long as it has no transaction of its own."""
    session.info[_Known] = _Known(None, _begun(connection))


def _pending(session: AsyncSession | AsyncConnection) -> Introduction | None:
    """Who acts, if the database is still to be told."""
    introduction = _kept(session, Introduction)
    return None if introduction is None or introduction.is_told else introduction


def _kept(session: AsyncSession | AsyncConnection, kind: type[Kept]) -> Kept | None:
    """What of this kind is kept with a session, if anything is."""
    return None if isinstance(session, AsyncConnection) else session.info.get(kind)


async def _fetch(
    session: AsyncSession | AsyncConnection, sql: str, arguments: Sequence[Any], *, begins: bool = True
) -> Sequence[Row]:
    connection = await _connection_of(session)
    adapter = _adapter_of(connection)
    try:
        if begins and adapter._transaction is None:  # noqa: SLF001 - the adapter begins with the first statement
            await _begin(connection, adapter)
        rows: Sequence[Row] = await adapter.driver_connection.fetch(sql, *arguments, record_class=Row)
    except BaseException as error:
        await greenlet_spawn(_fail, connection, adapter, error, sql)
        raise
    return rows


def _adapter_of(connection: Connection) -> AsyncAdapt_asyncpg_connection:
    return cast("AsyncAdapt_asyncpg_connection", connection.connection.dbapi_connection)


async def _begin(connection: Connection, adapter: AsyncAdapt_asyncpg_connection) -> None:
    """Begin what ends with COMMIT, as SQLAlchemy does before its first statement; whoever listens may send one then."""
    if not connection.in_transaction():
        await greenlet_spawn(connection.begin)
    if adapter._transaction is None:  # noqa: SLF001 - as above
        await adapter._start_transaction()  # type: ignore[no-untyped-call] # noqa: SLF001 - the same


async def _connection_of(session: AsyncSession | AsyncConnection) -> Connection:
    """The connection that the session's transaction is on, which the session is asked for once.

    It is asked again when a flush has failed, and refuses.
    """
    if isinstance(session, AsyncConnection):
        return _begun(session)
    known: _Known | None = session.info.get(_Known)
    if known is not None and known.transaction is _transaction_of(session) and session.is_active:
        return known.connection
    connection = _begun(await session.connection())
    session.info[_Known] = _Known(_transaction_of(session), connection)
    return connection


def _transaction_of(session: AsyncSession) -> SessionTransaction | None:
    """The innermost: a savepoint begins on the connection when that is asked for."""
    return session.sync_session.get_nested_transaction() or session.sync_session.get_transaction()


def _begun(connection: AsyncConnection) -> Connection:
    assert connection.sync_connection is not None  # noqa: S101 - only one that was never begun has none
    return connection.sync_connection


def _fail(connection: Connection, adapter: AsyncAdapt_asyncpg_connection, error: BaseException, sql: str) -> NoReturn:
    """Raise what SQLAlchemy makes of an error of the driver, and let it end the connection if that is lost.

    Both are its own ways of doing so, which have no public names.
    """
    try:
        adapter._handle_exception(cast("Exception", error))  # noqa: SLF001
    except BaseException as translated:  # noqa: BLE001 - it rises again
        is_refusal = isinstance(translated, connection.dialect.loaded_dbapi.Error)
        connection._handle_dbapi_exception(translated, sql if is_refusal else None, None, None, None)  # noqa: SLF001


@lru_cache(maxsize=MOST_STATEMENTS)
def _written(statement: Executable) -> _Written:
    assert isinstance(statement, ClauseElement)  # noqa: S101 - what every statement is
    compiled = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what the dialect compiles statements with
    parameters = [_parameter(compiled, name) for name in compiled.positiontup or ()]
    return _Written(str(compiled), parameters, any(parameter.name == ACTING for parameter in parameters))


def _parameter(compiled: SQLCompiler, name: str) -> _Parameter:
    bind = compiled.binds[name]
    process = cast("Process | None", compiled._bind_processors.get(name))  # noqa: SLF001 - the dialect's own path
    if bind.required:
        return _Parameter(bind.key, is_given=True, value=None, process=process)
    value = bind.effective_value
    return _Parameter(bind.key, is_given=False, value=value if process is None else process(value), process=None)
