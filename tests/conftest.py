"""Fixtures that every test may use: databases, an API on the demo shop, and a server to visit."""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from server.app import create_app
from server.embedded import EmbeddedPostgres
from server.migrating import migrate
from server.seeding import load_demo
from tests.databases import copy_database, drop_database, opened, settings_for
from tests.live import serving, visiting, visiting_asynchronously
from tests.memory import keep_files_in_memory

MOST_PROCESSES = 4
"""Each has a PostgreSQL, servers and perhaps a browser of its own."""

LONGEST = (
    "test_equality.py",
    "test_role_matrix.py",
    "test_bad_arguments.py",
    "test_random_values.py",
    "test_checkout_faults.py",
    "test_payment_faults.py",
    "test_two_processes.py",
    "test_cli.py",
    "test_embedded.py",
    "test_graphiql.py",
    "test_filters.py",
    "test_replica.py",
    "test_migrating.py",
)
"""The files that take longest, in this order; `--durations=0` shows which."""

ALLOCATIONS_BETWEEN_COLLECTIONS = 50_000

QUICK = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before pytest chooses where files go."""
    keep_files_in_memory(config)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many processes share the tests: one a core for the whole suite. A part of it is sooner done in this one."""
    suite = Path(__file__).parent
    is_whole = any(suite.is_relative_to(Path(argument).absolute()) for argument in config.args)
    cores = min(os.cpu_count() or 1, MOST_PROCESSES)
    return cores if is_whole and cores > 1 else 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no process is left alone with one at the end."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


def pytest_collection_finish() -> None:
    """What is there by now, schema and tests, is never garbage: the collector is not to look through it all again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL that lives as long as the tests."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    with EmbeddedPostgres(folder, QUICK) as server:
        yield server.url


@pytest.fixture(scope="session")
async def migrated(postgres: str) -> str:
    """The name of a database with all tables and no data, to be copied. Nor is on record what migrations did."""
    async with opened(postgres) as engine:
        await migrate(engine)
        async with engine.begin() as connection:
            await connection.execute(text("DELETE FROM audit_log"))
    return "merkato"


@pytest.fixture
async def database_url(postgres: str, migrated: str) -> AsyncIterator[str]:
    """The address of an empty migrated database of the test's own."""
    url = await copy_database(postgres, migrated)
    yield url
    await drop_database(url)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on an empty migrated database of the test's own."""
    async with opened(database_url) as engine:
        yield engine


@pytest.fixture(scope="session")
async def demo_url(postgres: str, migrated: str) -> str:
    """The address of a database with the demo shop. Tests that share it do not write to it."""
    url = await copy_database(postgres, migrated)
    async with opened(url) as engine:
        await load_demo(engine)
    return url


@pytest.fixture(scope="session")
async def demo_engine(demo_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on the demo shop."""
    async with opened(demo_url) as engine:
        yield engine


@pytest.fixture(scope="session")
def live_server(demo_url: str) -> Iterator[str]:
    """The address of a server on the demo shop."""
    with serving(create_app(settings_for(demo_url))) as address:
        yield address


@pytest.fixture(scope="session")
def reference_server(demo_url: str) -> Iterator[str]:
    """The address of a server on the demo shop that has only the reference executor."""
    with serving(create_app(settings_for(demo_url), compiled=False)) as address:
        yield address


@pytest.fixture(scope="session")
def visitor(live_server: str, reference_server: str) -> Iterator[httpx.Client]:
    """A client of the server on the demo shop; the one that does not compile must answer the same."""
    with visiting(live_server, reference_server) as client:
        yield client


@pytest.fixture
async def client(live_server: str, reference_server: str) -> AsyncIterator[httpx.AsyncClient]:
    """The same for tests that are coroutines."""
    async with visiting_asynchronously(live_server, reference_server) as client:
        yield client
