"""Transactions that write: committed or rolled back as a whole, and begun anew when PostgreSQL ends one for another."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from random import uniform
from types import MappingProxyType
from typing import Any, TypeVar

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.actors import Actor
from domain.connected_sessions import ConnectedSession
from domain.core_statements import begin
from resolvers.errors import CommitUnknownError, ContentionError, DatabaseAwayError, DatabaseSilentError

Result = TypeVar("Result")

NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})

PAUSES_SECONDS = (0.02, 0.08, 0.32)
"""How long to wait before each further attempt, on average: those who met are to miss each other."""

CONTENTION_STATES = frozenset({"40001", "40P01"})
"""Serialisation failure and deadlock: the transaction was in order, and may succeed when it begins anew."""


@asynccontextmanager
async def transaction(
    engine: AsyncEngine, actor: Actor | None = None, *, at_once: bool = False
) -> AsyncIterator[AsyncSession]:
    """A session whose transaction is committed when the block ends well, and rolled back when it raises.

    The actor is on record for what it changes. What is written `at_once` is committed with the statement.
    """
    session = ConnectedSession(await engine.connect(), actor, at_once=at_once)
    try:
        if actor is not None and not at_once:
            await _begin(session)
        yield session
        await session.commit()
    except DatabaseAwayError:
        await session.invalidate()  # to roll back would be one more wait for whoever does not answer
        raise
    finally:
        await session.close()


async def tried_again(attempt: Callable[[], Awaitable[Result]], has_committed: Callable[[], bool]) -> Result:
    """The result of the attempt, which begins anew after contention, unless part of it is committed already.

    Raises ContentionError when it may not begin anew, or the last attempt meets others too.
    """
    pauses = iter(PAUSES_SECONDS)
    while True:
        try:
            return await attempt()
        except DBAPIError as error:
            if not is_contention(error):
                raise
            pause_seconds = next(pauses, None)
            if pause_seconds is None or has_committed():
                raise ContentionError from error
        await asyncio.sleep(pause_seconds * uniform(0.5, 1.5))  # noqa: S311 - no secret


async def made_sure(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """The result of an attempt that does the same when it is made twice: it is, where a lost connection leaves it open.

    Nobody waits twice for a database that is silent. Raises CommitUnknownError where it stays open.
    """
    try:
        return await attempt()
    except CommitUnknownError as error:
        if isinstance(error.__cause__, DatabaseSilentError):
            raise
        unknown = error
    try:
        return await attempt()
    except DatabaseAwayError as error:
        raise unknown from error


async def _begin(session: ConnectedSession) -> None:
    """Begin the transaction: once more on another connection if the session's turns out to be lost."""
    try:
        await begin(session)
    except (DatabaseAwayError, DBAPIError) as error:
        if not _is_lost(error):
            raise
        await session.reconnect()
        await begin(session)


async def on_living_connection(
    session: AsyncSession, begin: Callable[[], Awaitable[Result]], options: Mapping[str, Any] = NO_OPTIONS
) -> Result:
    """What the first statements of a session give: once more on another connection if theirs turns out to be lost.

    The pool does not ask a connection that it has just got back whether it still answers. Where none can be had at all,
    nobody tries again.
    """
    await session.connection(execution_options=options)
    try:
        return await begin()
    except (DatabaseAwayError, DBAPIError) as error:
        if not _is_lost(error):
            raise
    await session.invalidate()
    await session.connection(execution_options=options)
    return await begin()


def _is_lost(error: DatabaseAwayError | DBAPIError) -> bool:
    """Whether the connection turned out to be lost at once; nobody waits twice for a database that is silent."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    return not isinstance(error, DatabaseSilentError)


def may_have_committed(error: Exception) -> bool:
    """Whether the transaction may have been committed, if that is what its COMMIT came to.

    PostgreSQL's own refusals undo it; of those with which it ends a connection (57P01 to 57P03) nobody can be sure.
    """
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        return error.connection_invalidated or state is None or state.startswith("57P")
    return isinstance(error, DatabaseAwayError | asyncpg.InterfaceError | asyncpg.InternalClientError)


def is_contention(error: DBAPIError) -> bool:
    """Whether PostgreSQL ended the transaction because of others."""
    return getattr(error.orig, "sqlstate", None) in CONTENTION_STATES
