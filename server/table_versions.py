"""Versions of the tables, kept by listening to what PostgreSQL notifies when a change is committed.

A notification usually arrives within a millisecond, but nothing promises it: a network, a backend or our own event loop
may stall. So versions are known only for LEASE_SECONDS after a round trip on the listening connection began. Before
PostgreSQL says that it is ready again, it delivers every notification of the transactions that had committed by then
(`PostgresMain` in its postgres.c), so that with the reply all versions are as of the time at which it was asked for.
"""

import asyncio
import select
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from math import inf
from time import monotonic

import asyncpg

from server.listening import Hearing, answers, listening

CHANNEL = "merkato_tables"

LEASE_SECONDS = 0.08
"""How long versions hold. With what it takes to answer it stays below the promised 0.1."""
RENEWAL_SECONDS = 0.04
"""After so long the next round trip begins, if somebody asks for versions; until it ends nobody has to wait."""
PATIENCE_SECONDS = 0.2
"""How long a request waits for a round trip before it does without versions, unless told otherwise."""

MOST_TOGETHER = 1000
"""For how many sets of tables it is remembered what their versions are."""

WATCHED_TABLES = """
    SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE tgname = 'notify_readers' AND tgenabled = 'A' AND pg_table_is_visible(tgrelid)
"""
"""The tables whose changes are notified: the database itself is asked, so that no list can promise too much."""

Versions = tuple[int, ...]


class TableVersions:
    """A number for each table that is another one after each change. While nobody listens there are none."""

    def __init__(
        self, connect: Callable[[], Awaitable[asyncpg.Connection]], patience: float = PATIENCE_SECONDS
    ) -> None:
        self._connect = connect
        self._patience = patience
        self._connection: asyncpg.Connection | None = None
        self._arrivals: select.poll | None = None
        self._confirmed_at = -inf
        self._renewal: asyncio.Task[None] | None = None
        self._latest = 0
        self._versions: dict[str, int] = {}
        self._together: dict[frozenset[str], Versions] = {}
        """The versions of tables that were asked for together, since the last change of any."""

    @property
    def is_listening(self) -> bool:
        """Whether changes are heard."""
        return self._connection is not None and not self._connection.is_closed()

    def listening(self) -> AbstractAsyncContextManager[None]:
        """Listen, over one connection after another, for as long as the block runs."""
        return listening(
            self._connect,
            Hearing(
                name="merkato listener",
                begin=self._begin,
                beat=lambda connection: asyncio.wait((self._renewed(connection),)),
                end=self._end,
                heard="The response cache is on.",
                unheard="The response cache is off until tables can be listened to",
            ),
        )

    async def current(self, tables: frozenset[str]) -> Versions | None:
        """The versions of these tables, with every change that was committed LEASE_SECONDS ago.

        None while they cannot be known: nobody listens, PostgreSQL does not answer, or a table is not watched.
        """
        asked_at = monotonic()
        if not self.is_confirmed(asked_at) and not await self._is_confirmed(asked_at - LEASE_SECONDS):
            return None
        deadline = monotonic() + self._patience
        while self._has_unread:
            if monotonic() > deadline:
                return None
            await asyncio.sleep(0)  # the event loop is who reads
        return self.known(tables)

    def is_confirmed(self, now: float) -> bool:
        """Whether every change that was committed LEASE_SECONDS ago is known, without having to wait for it."""
        if now - self._confirmed_at > RENEWAL_SECONDS and self._connection is not None:
            self._renewed(self._connection)
        return self._confirmed_at >= now - LEASE_SECONDS

    def settled(self, tables: frozenset[str]) -> Versions | None:
        """The versions of these tables, unless something has come in that was not read yet.

        That may be a notification, or the connection's end, which the event loop sees only after the requests that are
        ready to run.
        """
        return None if self._has_unread else self.known(tables)

    def known(self, tables: frozenset[str]) -> Versions | None:
        """The versions of these tables as far as notifications were read. None while nobody listens."""
        if not self.is_listening:
            return None
        together = self._together.get(tables)
        if together is not None:
            return together
        try:
            together = tuple([self._versions[table] for table in tables])
        except KeyError:
            return None
        if len(self._together) < MOST_TOGETHER:
            self._together[tables] = together
        return together

    @property
    def _has_unread(self) -> bool:
        return self.is_listening and self._arrivals is not None and bool(self._arrivals.poll(0))

    async def _is_confirmed(self, since: float) -> bool:
        """Whether a round trip that began since then has ended; waits for one, but not for long.

        The bound is the time of the question, not that of the answer: else a process under so much load that round
        trips outlast the lease would stop using its cache just when it needs it.
        """
        deadline = since + LEASE_SECONDS + self._patience
        while self._confirmed_at < since:
            patience = deadline - monotonic()
            if self._connection is None or patience <= 0:
                return False
            await asyncio.wait((self._renewed(self._connection),), timeout=patience)
        return True

    async def _begin(self, connection: asyncpg.Connection) -> None:
        """Listen, then give every table a new version, so that nothing read before is taken for current."""
        await connection.add_listener(CHANNEL, self._on_notification)
        began = monotonic()
        watched = await connection.fetch(WATCHED_TABLES)
        self._latest += 1
        self._versions = {table["relname"]: self._latest for table in watched}
        self._together.clear()
        self._arrivals = select.poll()
        self._arrivals.register(_socket_of(connection), select.POLLIN)
        self._connection, self._confirmed_at = connection, began

    def _end(self) -> None:
        self._connection = self._arrivals = None
        if self._renewal is not None:
            self._renewal.cancel()

    def _on_notification(self, _connection: object, _pid: int, _channel: str, table: object) -> None:
        if table in self._versions:
            self._latest += 1
            self._versions[str(table)] = self._latest
            self._together.clear()

    def _renewed(self, connection: asyncpg.Connection) -> asyncio.Task[None]:
        """The round trip that is under way, or a new one."""
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._confirm(connection))
        return self._renewal

    async def _confirm(self, connection: asyncpg.Connection) -> None:
        began = monotonic()
        if await answers(connection):
            self._confirmed_at = began


def _socket_of(connection: asyncpg.Connection) -> int:
    """The file descriptor of a connection."""
    transport: asyncio.Transport = connection._transport  # type: ignore[attr-defined]  # noqa: SLF001 - no other name
    number: int = transport.get_extra_info("socket").fileno()
    return number
