"""What the driver raises when a connection is lost: an OSError, told apart from all others where it arises.

Further out it could be anybody's: of a mail server, of a file. Those are mistakes of ours, and no reason to tell a
client that the database is away.
"""

from time import monotonic
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, PoolProxiedConnection

from resolvers.errors import DatabaseAwayError, DatabaseSilentError

TRUSTED_SECONDS = 1
"""So long after its last use a connection is handed out without asking whether it still answers, which takes three
messages. That the server has closed it is known without asking; only a network that fell silent is not."""

ENDED = "57P"
"""How the states begin with which PostgreSQL says that it ends a connection."""

GIVEN_BACK = "given_back"
"""When a connection was last used, among what the pool keeps of it."""


def as_database_away(error: OSError) -> DatabaseAwayError:
    """The same error as one of the database."""
    if isinstance(error, DatabaseAwayError):
        return error
    if isinstance(error, TimeoutError):
        return DatabaseSilentError("no answer to a statement")
    return DatabaseAwayError(str(error) or type(error).__name__)


class WatchedPool(AsyncAdaptedQueuePool):
    """A pool whose connections, when one is lost as it is tried before it is handed out, are the database's."""

    def connect(self) -> PoolProxiedConnection:
        """A connection. Raises DatabaseAwayError."""
        try:
            return super().connect()
        except OSError as error:
            raise as_database_away(error) from error


def lend_living_connections(engine: AsyncEngine) -> None:
    """Have the engine's pool replace connections that are lost, instead of handing them out."""
    dialect = engine.sync_engine.dialect

    def lend(connection: Any, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        if connection.driver_connection.is_closed():
            raise DisconnectionError
        if monotonic() - entry.info.get(GIVEN_BACK, monotonic()) > TRUSTED_SECONDS:
            try:
                dialect.do_ping(connection)
            except dialect.loaded_dbapi.Error as error:
                raise InvalidatePoolError from error

    event.listen(engine.sync_engine, "checkout", lend)
    event.listen(engine.sync_engine, "checkin", _given_back)


def _given_back(_connection: Any, entry: ConnectionPoolEntry) -> None:
    entry.info[GIVEN_BACK] = monotonic()


def tell_lost_connections(engine: AsyncEngine) -> None:
    """Have the engine raise DatabaseAwayError for statements whose connection is lost."""
    event.listen(engine.sync_engine, "handle_error", _tell)


def _tell(failed: ExceptionContext) -> BaseException | None:
    error = failed.original_exception
    if (getattr(error, "sqlstate", None) or "").startswith(ENDED):
        failed.is_disconnect = True
    return as_database_away(error) if isinstance(error, OSError) else None
