"""What the driver raises when a connection is lost: an OSError, told apart from all others where it arises.

Further out it could be anybody's: of a mail server, of a file. Those are mistakes of ours, and no reason to tell a
client that the database is away.
"""

from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool, PoolProxiedConnection

from resolvers.errors import DatabaseAwayError, DatabaseSilentError


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


def tell_lost_connections(engine: AsyncEngine) -> None:
    """Have the engine raise DatabaseAwayError for statements whose connection is lost."""
    event.listen(engine.sync_engine, "handle_error", _tell)


def _tell(failed: ExceptionContext) -> BaseException | None:
    error = failed.original_exception
    return as_database_away(error) if isinstance(error, OSError) else None
