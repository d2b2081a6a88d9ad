"""Gives a command its database: the configured one, or the embedded one of the data directory."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from server.embedded import EmbeddedPostgres, FolderInUseError, running_url
from server.settings import Settings
from server.stopping import undisturbed

RUNNING_PATIENCE_SECONDS = 30
POLL_SECONDS = 0.1


@contextmanager
def provided_database(settings: Settings) -> Iterator[str]:
    """The address of the database, started for as long as the block runs unless somebody else keeps it running.

    Raises EmbeddedPostgresError.
    """
    with ExitStack() as stack:
        try:
            url = stack.enter_context(owned_database(settings))
        except FolderInUseError:
            url = _wait_for_running(settings.data_directory)
        yield url


@contextmanager
def owned_database(settings: Settings) -> Iterator[str]:
    """The address of the database; FolderInUseError when another process keeps the embedded one running."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    postgres = EmbeddedPostgres(settings.data_directory)
    try:
        postgres.start()
        yield postgres.url
    finally:
        with undisturbed():
            postgres.stop()


def _wait_for_running(folder: Path) -> str:
    """The database that `merkato dev` keeps running, which may just be starting."""
    deadline = time.monotonic() + RUNNING_PATIENCE_SECONDS
    while time.monotonic() < deadline:
        url = running_url(folder)
        if url is not None:
            return url
        time.sleep(POLL_SECONDS)
    raise FolderInUseError(folder, None)
