"""Sessions of transactions that may need none: most of their statements are sent straight to the driver.

To take a connection and let it go again takes a session as long as five such statements. One of these has a connection
from the beginning, and joins in its transaction when it is first asked for an object.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Session, SessionTransaction
from typing_extensions import override

from domain.actors import Actor
from domain.core_statements import AtOnce, NotAtOnceError, lend
from domain.introductions import TELL, Introduction


class JoiningSession(Session):
    """The session proper, which tells who acts before it sends anything: what it writes tells nobody."""


@event.listens_for(JoiningSession, "after_begin")
def _introduce(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    if AtOnce in session.info:
        raise NotAtOnceError
    introduction: Introduction | None = session.info.get(Introduction)
    if introduction is not None and not introduction.is_told:
        connection.exec_driver_sql(TELL, (introduction.setting,))
        introduction.is_told = True


class ConnectedSession(AsyncSession):
    """A session that ends its connection's transaction with its own, and the connection with itself.

    With an actor each of its transactions tells who acts, by whatever it sends first. One that writes `at_once` has no
    transaction but its one statement.
    """

    sync_session_class = JoiningSession

    def __init__(self, connection: AsyncConnection, actor: Actor | None = None, *, at_once: bool = False) -> None:
        super().__init__(connection, expire_on_commit=False)
        self._connection = connection
        self._introduction = None if actor is None else Introduction(actor.setting)
        if self._introduction is not None:
            self.info[Introduction] = self._introduction
        if at_once:
            self.info[AtOnce] = AtOnce()
        lend(self, connection)

    @override
    async def flush(self, objects: Sequence[Any] | None = None) -> None:
        if self.in_transaction():
            await super().flush(objects)

    @override
    async def commit(self) -> None:
        if self.in_transaction():
            await super().commit()
        await self._connection.commit()
        self._forget()

    @override
    async def rollback(self) -> None:
        await super().rollback()
        await self._connection.rollback()
        self._forget()

    async def reconnect(self) -> None:
        """Take another connection for the one at hand, which turned out to be lost with whatever was done on it."""
        await self._connection.invalidate()
        await self._connection.rollback()
        await self._connection.get_raw_connection()
        self._forget()

    @override
    async def invalidate(self) -> None:
        await self._connection.invalidate()

    @override
    async def close(self) -> None:
        try:
            if self.in_transaction() or self.identity_map:
                await super().close()
        finally:
            await self._connection.close()

    def _forget(self) -> None:
        """The next transaction has to be told anew."""
        if self._introduction is not None:
            self._introduction.is_told = False
