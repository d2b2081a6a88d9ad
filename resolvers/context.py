"""What a request carries: its viewer, its loaders, the one connection that its reads share, and its transactions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from time import monotonic, perf_counter
from types import TracebackType
from typing import Any, Self

from aiodataloader import DataLoader
from sqlalchemy import Row, Select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.actors import actor_of
from auth.row_security import identify
from auth.safeguards import Safeguards
from auth.viewer import Viewer
from auth.visits import Visit
from domain.payment_providers import PaymentProviders
from resolvers.counts import Counts
from resolvers.errors import Changes, CommitUnknownError, DatabaseAwayError
from resolvers.refresh_cookies import RefreshCookie
from resolvers.writing import may_have_committed, on_living_connection, transaction

AnySelect = Select[*tuple[Any, ...]]
AnyRow = Row[*tuple[Any, ...]]

MOST_IMPORTED_ROWS = 2_000
"""So many take three to five seconds where a processor is shared; an operation may take ten."""

BEGINNING = text("SELECT")
"""Begins a transaction where no statement is at hand: SQLAlchemy tells PostgreSQL of it with the first one."""

SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class ReadingEndedError(Exception):
    """A statement came after its operation was answered."""


class Reading:
    """The reads of one request: one snapshot of the database, on one connection, one statement at a time.

    Sibling resolvers run concurrently; the lock makes them take turns, because a session serves one at a time.
    The connection is taken when the first statement comes. Whoever is no visitor is told to the database before it.
    """

    def __init__(self, engine: AsyncEngine, viewer: Viewer) -> None:
        self._engine = engine
        self.viewer = viewer
        """Whom the next snapshot is read for."""
        self._session: AsyncSession | None = None
        self._turn = asyncio.Lock()
        self._reader: asyncio.Task[Any] | None = None
        """Who reads at this moment: often the batch of a loader, which nobody else cancels."""
        self._failure: Exception | None = None
        self.statements = 0
        self.seconds = 0.0
        """How long the database took for them, without the wait for a connection."""
        self.observed: list[AnySelect] | None = None
        """With a list, statements are put there as they come."""
        self._is_closed = False

    async def rows(self, statement: AnySelect, given: Mapping[str, Any] | None = None) -> Sequence[AnyRow]:
        """The rows of a statement, whose named parameters are `given`.

        Raises ReadingEndedError once the operation is answered. Some of its resolvers may still run then, because
        an error made their values unwanted. After a failure every statement fails like the first: PostgreSQL would
        only say that the transaction is aborted, and who waited in vain once is not made to wait again.
        """
        async with self._turn:
            if self._is_closed:
                raise ReadingEndedError
            if self._failure is not None:
                raise self._failure
            self._reader = asyncio.current_task()
            try:
                return await self._read(statement, given)
            except DatabaseAwayError as error:
                self._failure = error
                await self._give_up()
                raise
            except Exception as error:
                self._failure = error
                raise
            finally:
                self._reader = None

    async def _read(self, statement: AnySelect, given: Mapping[str, Any] | None) -> Sequence[AnyRow]:
        if self.observed is not None:
            self.observed.append(statement if given is None else statement.params(given))
        if self._session is not None:
            return await self._rows(self._session, statement, given)
        session = self._session = AsyncSession(self._engine, autoflush=False, expire_on_commit=False)

        async def begin() -> Sequence[AnyRow]:
            if not self.viewer.is_visitor:
                await identify(session, self.viewer)
            return await self._rows(session, statement, given)

        return await on_living_connection(session, begin, SNAPSHOT)

    async def _rows(
        self, session: AsyncSession, statement: AnySelect, given: Mapping[str, Any] | None
    ) -> Sequence[AnyRow]:
        self.statements += 1
        began = perf_counter()
        try:
            return (await session.execute(statement, given)).all()
        finally:
            self.seconds += perf_counter() - began

    async def _give_up(self) -> None:
        """Let a lost connection go: to end its transaction would be one more wait for whoever does not answer."""
        if self._session is not None:
            await self._session.invalidate()
            self._session = None

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Nothing is read while the block runs, and no connection is held; what comes later is a snapshot of its own.

        Raises ReadingEndedError, and the failure of an earlier statement.
        """
        async with self._turn:
            if self._is_closed:
                raise ReadingEndedError
            if self._failure is not None:
                raise self._failure
            if self._session is not None:
                await self._session.close()
                self._session = None
            self._reader = asyncio.current_task()
            try:
                yield
            finally:
                self._reader = None

    async def close(self) -> None:
        """Give the connection back."""
        if self._session is None and not self._turn.locked():  # nothing was read, as where one statement answers
            self._is_closed = True
            return
        async with self._turn:
            self._is_closed = True
            if self._session is not None:
                await self._session.close()
                self._session = None

    async def abandon(self) -> None:
        """Stop the statement under way, if there is one, and read no more."""
        self._is_closed = True
        if self._reader is not None:
            self._reader.cancel()
        await self.close()

    def begin_anew(self) -> None:
        """Read again after it was closed, from a snapshot that begins with the next statement."""
        self._is_closed = False
        self._failure = None


class Context:
    """The context of one operation, used as `async with`."""

    def __init__(  # noqa: PLR0913 - all that a request brings
        self,
        engine: AsyncEngine,
        viewer: Viewer,
        safeguards: Safeguards | None = None,
        arrived: Callable[[], Visit] | None = None,
        refresh_cookie: RefreshCookie | None = None,
        *,
        writing_engine: AsyncEngine | None = None,
        most_imported_rows: int = MOST_IMPORTED_ROWS,
        payments: PaymentProviders | None = None,
        counts: Counts | None = None,
    ) -> None:
        """`writing_engine` writes, if it is another one: it acts as the server, where `engine` reads as the viewer."""
        self.viewer = viewer
        self._arrived = arrived
        self.began_at = monotonic()
        self.refresh_cookie = refresh_cookie or RefreshCookie()
        self._safeguards = safeguards
        self.reading = Reading(engine, viewer)
        self.commits = 0
        """How many transactions it has written."""
        self.changes = Changes.NONE
        """What has become of what it changed."""
        self.cost = 0
        """What the operation costs, once that is known."""
        self._writing_engine = writes = writing_engine or engine
        self.payments = payments or PaymentProviders()
        """Who moves money for the shop; nobody in tests of reads."""
        self.counts = counts or Counts(writes)
        """Where views are counted."""
        self.most_imported_rows = most_imported_rows
        """So long may a file be that a mutation imports."""
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    @cached_property
    def visit(self) -> Visit:
        """When the request came, and from where: made out when it is first asked for, because most do not ask."""
        return Visit(datetime.now(UTC)) if self._arrived is None else self._arrived()

    def go_on_as(self, viewer: Viewer) -> None:
        """Take whoever has just come in for the viewer. Nothing may have been read since the last transaction."""
        self.viewer = self.reading.viewer = viewer

    @property
    def safeguards(self) -> Safeguards:
        """What accounts are guarded with. Raises LookupError where there is none, as in tests of reads."""
        if self._safeguards is None:
            raise LookupError("This context was made without safeguards.")
        return self._safeguards

    @asynccontextmanager
    async def writing(self, *, at_once: bool = False) -> AsyncIterator[AsyncSession]:
        """A transaction of a mutation: committed with the end of the block, rolled back when the block raises.

        What is read afterwards is read anew, so that it shows what was written. Until then nothing is read but by the
        session: the request gives back the connection that it reads with before it takes one that writes, because
        requests that each hold one and wait for another would bring the pool to a standstill.

        What is written `at_once` is one statement, which is committed as it ends: no BEGIN, and no COMMIT.

        Raises CommitUnknownError when the connection is lost between COMMIT and its answer.
        """
        await self.reading.close()
        before, is_committing = self.changes, False
        actor = actor_of(self.viewer, self.visit)
        try:
            async with transaction(self._writing_engine, actor, at_once=at_once) as session:
                if at_once:
                    self.changes, is_committing = Changes.UNKNOWN, True
                yield session
                await session.flush()
                self.changes, is_committing = Changes.UNKNOWN, True  # a COMMIT that is sent cannot be taken back
            self.commits += 1
            self.changes = Changes.KEPT if before is Changes.NONE else before
        except Exception as error:
            if is_committing and may_have_committed(error):
                raise CommitUnknownError(str(error)) from error
            self.changes = before
            raise
        finally:
            self._loaders.clear()
            self.reading.begin_anew()

    @asynccontextmanager
    async def consulting(self) -> AsyncIterator[AsyncSession]:
        """Read with the server's own rights, for rules about rows that the viewer does not see, such as codes.

        One snapshot. The request gives back the connection that it reads with first, as `writing` does.
        """
        async with self.reading.paused(), AsyncSession(self._writing_engine, autoflush=False) as session:
            await on_living_connection(session, lambda: session.execute(BEGINNING), SNAPSHOT)
            yield session

    def loader(self, key: Hashable, make: Callable[[], DataLoader[Any, Any]]) -> DataLoader[Any, Any]:
        """The loader under this key, made when it is first asked for."""
        if key not in self._loaders:
            self._loaders[key] = make()
        return self._loaders[key]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, asyncio.CancelledError):
            await self.reading.abandon()
        else:
            await self.reading.close()
