"""Sessions of transactions that may need none: most of their statements are sent straight to the driver.

To take a connection and let it go again takes a session as long as five such statements. One of these has a connection
from the beginning, and joins in its transaction when it is first asked for an object.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from typing_extensions import override

from domain.core_statements import lend


class ConnectedSession(AsyncSession):
    """A session that ends its connection's transaction with its own, and the connection with itself."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection, expire_on_commit=False)
        self._connection = connection
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

    @override
    async def rollback(self) -> None:
        await super().rollback()
        await self._connection.rollback()

    async def reconnect(self) -> None:
        """Take another connection for the one at hand, which turned out to be lost with whatever was done on it."""
        await self._connection.invalidate()
        await self._connection.rollback()
        await self._connection.get_raw_connection()

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
