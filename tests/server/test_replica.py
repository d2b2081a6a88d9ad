"""Compiled reads from a standby: when it is used, when not, and that nothing old is kept."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from server.app import create_app
from server.database import open_connection
from server.embedded import EmbeddedPostgres
from server.environment import inspect_settings
from server.migrating import migrate
from server.replica import Replica
from server.settings import Settings
from tests.databases import opened, settings_for
from tests.factories import add_product, writing
from tests.patience import PATIENCE_SECONDS
from tests.serving import running
from tests.standby import standby_of
from tests.statements import locked

QUERY = "query Name($slug: String!) { product(slug: $slug) { name } }"
EXPLAIN = {"merkato": {"explain": True}}
REFERENCE = "{ __schema { queryType { name } } products { totalCount } }"
PAUSE_STATE = "SELECT pg_get_wal_replay_pause_state()"
MOST_LAG_SECONDS = 3
"""Enough for a busy machine to look at the standby in time, which the server does each second."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A primary and its standby."""

    primary: EmbeddedPostgres
    standby: EmbeddedPostgres


@pytest.fixture(scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    """Both, with all tables."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("primary"), {"fsync": "off"}) as primary:
        async with opened(primary.url) as engine:
            await migrate(engine)
        with standby_of(primary, tmp_path_factory.mktemp("standby")) as standby:
            yield Pair(primary, standby)


@pytest.fixture
async def slug(pair: Pair) -> str:
    """The slug of a product that is called Old."""
    async with opened(pair.primary.url) as engine, writing(engine) as session:
        return (await add_product(session, name="Old")).slug


@contextmanager
def served(primary: str, standby: str, **changes: object) -> Iterator[httpx.Client]:
    """A client of a server that reads from both; without a response cache, unless told otherwise."""
    urls = {"database_replica_url": SecretStr(standby), "database_replica_max_lag_seconds": MOST_LAG_SECONDS}
    settings = settings_for(primary).model_copy(update={"response_cache_bytes": 0, **urls, **changes})
    with running(create_app(settings)) as http:
        yield http


@dataclass(frozen=True, slots=True)
class Told:
    """A name, and where it was read."""

    name: str | None
    database: str | None


def explained(http: httpx.Client, slug: str) -> httpx.Response:
    """The answer with the name of a product, and with how it came about."""
    return http.post("/graphql", json={"query": QUERY, "variables": {"slug": slug}, "extensions": EXPLAIN})


def ask(http: httpx.Client, slug: str) -> Told:
    """Ask for the name of a product."""
    response = explained(http, slug)
    assert response.status_code == 200, response.text
    answer: Any = response.json()
    told = answer["extensions"]["merkato"]
    assert told["executor"] == "compiled", answer
    product = answer["data"]["product"]
    return Told(product and product["name"], told["database"])


async def until_read(http: httpx.Client, slug: str, expected: Told) -> None:
    """Ask until the answer is that one."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while ask(http, slug) != expected:  # noqa: ASYNC110 - nobody tells when the server has looked
            await asyncio.sleep(0.05)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection beside those of the server."""
    connection = await open_connection(url, settings_for(url))
    try:
        yield connection
    finally:
        await connection.close()


async def rename(pair: Pair, slug: str, name: str) -> None:
    """Change the name of a product."""
    async with connected(pair.primary.url) as primary:
        await primary.execute("UPDATE products SET name = $1 WHERE slug = $2", name, slug)


@asynccontextmanager
async def standing_still(pair: Pair) -> AsyncIterator[None]:
    """The standby shows nothing new while the block runs."""
    async with connected(pair.standby.url) as standby, connected(pair.primary.url) as primary:
        await standby.execute("SELECT pg_wal_replay_pause()")
        await primary.execute("SELECT pg_switch_wal()")  # it stops at the next thing that comes
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await standby.fetchval(PAUSE_STATE) != "paused":  # noqa: ASYNC110 - PostgreSQL tells nobody
                await asyncio.sleep(0.01)
        try:
            yield
        finally:
            await standby.execute("SELECT pg_wal_replay_resume()")


async def test_standby_is_read_once_it_is_near_enough(pair: Pair, slug: str) -> None:
    with served(pair.primary.url, pair.standby.url) as http:
        await until_read(http, slug, Told("Old", "replica"))
        await rename(pair, slug, "New")
        await until_read(http, slug, Told("New", "replica"))
        numbers = http.get("/metrics").text
    assert "merkato_replica_usable{" in numbers
    assert 'merkato_connections_maximum{pool="replica"' in numbers


async def test_reference_executor_reads_the_primary(pair: Pair, slug: str) -> None:
    with served(pair.primary.url, pair.standby.url) as http:
        await until_read(http, slug, Told("Old", "replica"))
        answer = http.post("/graphql", json={"query": REFERENCE, "extensions": EXPLAIN}).json()
    assert answer["extensions"]["merkato"]["database"] == "primary"


async def test_standby_too_far_behind_is_not_read(pair: Pair, slug: str) -> None:
    with served(pair.primary.url, pair.standby.url) as http:
        await until_read(http, slug, Told("Old", "replica"))
        async with standing_still(pair):
            await rename(pair, slug, "New")
            assert ask(http, slug) in (Told("Old", "replica"), Told("New", "primary"))  # the latter if it took long
            await until_read(http, slug, Told("New", "primary"))
        await until_read(http, slug, Told("New", "replica"))


async def test_idle_primary_makes_no_distance(pair: Pair, slug: str) -> None:
    with served(pair.primary.url, pair.standby.url) as http:
        await until_read(http, slug, Told("Old", "replica"))
        await asyncio.sleep(MOST_LAG_SECONDS + 1)
        await until_read(http, slug, Told("Old", "replica"))


async def test_what_is_kept_is_read_from_the_primary(pair: Pair, slug: str) -> None:
    """An old answer of the standby under the new version of its table would be served for good."""
    with served(pair.primary.url, pair.standby.url, response_cache_bytes=1_000_000) as http:
        async with standing_still(pair):
            for number in range(20):
                await rename(pair, slug, str(number))
                await asyncio.sleep(0.1)
                assert [ask(http, slug).name for _ in range(3)] == [str(number)] * 3
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (answer := explained(http, slug).json())["extensions"]["merkato"]["responseCache"] != "hit":  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
    assert answer["data"]["product"]["name"] == "19"


async def test_standby_may_go_away_and_come_back(pair: Pair, slug: str) -> None:
    with served(pair.primary.url, pair.standby.url) as http:
        await until_read(http, slug, Told("Old", "replica"))
        pair.standby.stop()
        try:
            assert [ask(http, slug) for _ in range(5)] == [Told("Old", "primary")] * 5
        finally:
            pair.standby.start()
        await until_read(http, slug, Told("Old", "replica"))


async def test_reads_that_the_standby_breaks_off_are_answered_by_the_primary(pair: Pair, slug: str) -> None:
    everybody = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'merkato'"
    others = f"{everybody} AND pid <> pg_backend_pid()"
    with served(pair.primary.url, pair.standby.url) as http:
        await until_read(http, slug, Told("Old", "replica"))
        async with connected(pair.standby.url) as standby:
            for _ in range(10):
                await standby.execute(others)
                assert ask(http, slug).name == "Old"
        await until_read(http, slug, Told("Old", "replica"))


async def test_statement_over_the_limit_is_not_tried_on_the_primary(pair: Pair, slug: str) -> None:
    with served(pair.primary.url, pair.standby.url, database_statement_timeout_seconds=1) as http:
        await until_read(http, slug, Told("Old", "replica"))
        async with locked(pair.primary.url, "products"):
            await until_locked(pair)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (told := stopped(http, slug))["database"] != "replica":  # noqa: ASYNC110 - it is watched, or not yet
                    await asyncio.sleep(0.05)
    assert told["statements"] == 1


def stopped(http: httpx.Client, slug: str) -> Any:
    """How it came about that the name of a product took too long."""
    response = explained(http, slug)
    assert response.status_code == 504
    return response.json()["extensions"]["merkato"]


async def until_locked(pair: Pair) -> None:
    """Wait until the standby has replayed a lock on products."""
    locks = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'products'::regclass"
    async with connected(pair.primary.url) as primary:
        await primary.execute("SELECT pg_switch_wal()")  # it sends what is not committed yet
    async with connected(pair.standby.url) as standby, asyncio.timeout(PATIENCE_SECONDS):
        while not await standby.fetchval(locks):  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.01)


async def test_database_that_is_no_standby_is_not_read(pair: Pair, slug: str) -> None:
    with served(pair.primary.url, pair.primary.url) as http:
        await asyncio.sleep(1.5)
        assert ask(http, slug) == Told("Old", "primary")


async def test_standby_serves_while_the_primary_is_away(pair: Pair, slug: str) -> None:
    with served(pair.primary.url, pair.standby.url) as http:
        await until_read(http, slug, Told("Old", "replica"))
        pair.primary.stop()
        try:
            await asyncio.sleep(MOST_LAG_SECONDS + 2)
            assert ask(http, slug) == Told("Old", "replica")
            refused = http.post("/graphql", json={"query": REFERENCE})
            assert refused.status_code == 503
            assert json.loads(refused.text)["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        finally:
            pair.primary.start()
        await until_read(http, slug, Told("Old", "replica"))


async def test_standby_that_was_far_behind_is_not_read_while_the_primary_is_away(pair: Pair) -> None:
    reachable = True

    async def primary() -> asyncpg.Connection:
        if not reachable:
            raise ConnectionRefusedError
        return await open_connection(pair.primary.url, settings_for(pair.primary.url))

    replica = Replica(primary, lambda: open_connection(pair.standby.url, settings_for(pair.standby.url)), 0.5)
    async with standing_still(pair), connected(pair.primary.url) as writer:
        await writer.execute("CREATE TABLE IF NOT EXISTS written ()")
        await writer.execute("DROP TABLE written")
        await replica.beat()
        assert not replica.is_usable
        reachable = False
        replica._primary.close()  # noqa: SLF001 - as if its server were gone
        await replica.beat()
        assert not replica.is_usable
    replica._standby.close()  # noqa: SLF001 - it was never watched


def test_password_of_the_replica_is_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATABASE_REPLICA_URL", "postgres://reader:hunter2@standby:5433/shop")
    (report,) = (report for report in inspect_settings() if report.name == "DATABASE_REPLICA_URL")
    assert report.value == "standby:5433/shop"
    assert report.problem is None
