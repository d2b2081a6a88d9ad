"""How the failure of a command is told."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from sqlalchemy.exc import DBAPIError

from domain.errors import DomainError
from server.errors import ServerError

EXIT_FAILED = 1


class ConnectionLostError(ServerError):
    """The database went away in the middle of a command."""

    def __init__(self) -> None:
        super().__init__("The connection to the database was lost. Check that it runs, and repeat the command.")


@contextmanager
def failures_told() -> Iterator[None]:
    """Tell an expected failure of the block in a sentence or two, and end with exit code 1."""
    try:
        with _lost_connections_named():
            yield
    except (ServerError, DomainError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(EXIT_FAILED)


@contextmanager
def _lost_connections_named() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            raise ConnectionLostError from error
        raise
