"""Checks the migrations on a database of their own."""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from server.database import opened_engine
from server.embedded import EmbeddedPostgres
from server.migrating import find_differences
from server.settings import Settings
from server.stopping import undisturbed

FORGETFUL: Mapping[str, str] = MappingProxyType(
    {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB"}
)
"""Server settings for a database that need not survive anything."""


def check_migrations(settings: Settings) -> list[str]:
    """What the migrations and the models disagree about, found on a new database that goes away again."""
    with _scratch_database() as url:
        return asyncio.run(_find_differences(url, settings))


@contextmanager
def _scratch_database() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="merkato-check-") as folder:
        postgres = EmbeddedPostgres(Path(folder) / "database", FORGETFUL)
        try:
            postgres.start()
            yield postgres.url
        finally:
            with undisturbed():
                postgres.stop()


async def _find_differences(url: str, settings: Settings) -> list[str]:
    async with opened_engine(url, settings) as engine:
        return await find_differences(engine)
