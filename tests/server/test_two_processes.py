"""Two server processes on one database: what one writes, the other shows within the promised time, whatever breaks."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from time import monotonic

import asyncpg
import httpx
import pytest

from server.database import open_connection
from server.response_cache import TIMED_SECONDS
from tests.databases import closed_to_newcomers, copy_database, drop_database, opened, settings_for
from tests.factories import add_post, add_product, writing
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.server.websockets.talking import talking, until

PROMISE_SECONDS = 0.1
"""After so long from its commit on, a write is seen by whoever asks."""

LOCKED_SECONDS = 0.5
"""How long an answer may take that needs no table."""

NAME = "query Name($slug: String!) { product(slug: $slug) { name } }"
IN_STOCK = "query InStock($slug: String!) { product(slug: $slug) { inStock } }"
POST = "query Title($slug: String!) { post(slug: $slug) { title } }"
REFERENCE = "{ __schema { queryType { name } } products(first: 1) { nodes { name } } }"
LISTENERS = """
    SELECT pid FROM pg_stat_activity WHERE application_name = 'merkato listener' AND datname = current_database()
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer, and when it was asked for."""

    asked_at: float
    value: str | None


@dataclass(frozen=True, slots=True)
class Process:
    """A server process."""

    client: httpx.AsyncClient

    async def ask(self, query: str, slug: str, timeout_seconds: float = PATIENCE_SECONDS) -> Seen:
        """The one value that the query asks for; None for a row that is not there."""
        asked_at = monotonic()
        body = {"query": query, "variables": {"slug": slug}}
        response = await self.client.post("/graphql", json=body, timeout=timeout_seconds)
        (row,) = response.json()["data"].values()
        return Seen(asked_at, None if row is None else str(next(iter(row.values()))))

    async def poll(self, query: str, slug: str, end: asyncio.Event, seen: list[Seen]) -> None:
        """Ask one time after another."""
        while not end.is_set():
            seen.append(await self.ask(query, slug))


@dataclass(frozen=True, slots=True)
class Shop:
    """Two processes, and a connection to their database."""

    processes: list[Process]
    database: asyncpg.Connection
    url: str

    async def ask(self, query: str, slug: str, timeout_seconds: float = PATIENCE_SECONDS) -> list[str | None]:
        """What the processes answer."""
        asking = (each.ask(query, slug, timeout_seconds) for each in self.processes)
        return [seen.value for seen in await asyncio.gather(*asking)]

    @asynccontextmanager
    async def polled(self, query: str, slug: str) -> AsyncIterator[list[list[Seen]]]:
        """What each process answers, asked all the time while the block runs; whole when it has ended."""
        end, seen = asyncio.Event(), [list[Seen]() for _ in self.processes]
        asking = [each.poll(query, slug, end, answers) for each, answers in zip(self.processes, seen, strict=True)]
        polling = asyncio.gather(*asking)
        try:
            yield seen
        finally:
            end.set()
            await polling

    async def rename(self, slug: str, name: str) -> float:
        """Change the name of a product; gives the time after the commit."""
        await self.database.execute("UPDATE products SET name = $1 WHERE slug = $2", name, slug)
        return monotonic()

    async def is_kept(self, query: str, slug: str, table: str, attempts: int = 10) -> bool:
        """Whether both processes answer while nobody can read the table.

        What they have kept they have then as well, so that one may be asked again that had no time to make sure of it.
        """
        async with self.database.transaction():
            await self.database.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            for _ in range(attempts):
                with suppress(httpx.ReadTimeout):
                    await self.ask(query, slug, LOCKED_SECONDS)
                    return True
        return False

    async def until_kept(self, query: str, slug: str, table: str) -> list[str | None]:
        """Ask until both processes keep the answer, which they do once they listen."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(await self.listeners()) < len(self.processes):  # noqa: ASYNC110 - PostgreSQL tells nobody
                await asyncio.sleep(0.01)
            answers = await self.ask(query, slug)
            while not await self.is_kept(query, slug, table, attempts=1):
                answers = await self.ask(query, slug)
        return answers

    async def listeners(self) -> list[int]:
        """The backends that the processes listen on."""
        return [row["pid"] for row in await self.database.fetch(LISTENERS)]

    async def cut_listeners(self) -> None:
        """End those backends; it is over when their processes are gone, and with them their connections."""
        pids = await self.listeners()
        await self.database.execute("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", pids)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(map(is_running, pids)):  # noqa: ASYNC110 - PostgreSQL tells nobody
                await asyncio.sleep(0)


def is_running(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
async def url(postgres: str, migrated: str) -> AsyncIterator[str]:
    """The address of an empty migrated database for these tests."""
    url = await copy_database(postgres, migrated)
    yield url
    await drop_database(url)


@pytest.fixture(scope="module")
async def shop(url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """Both processes."""
    async with AsyncExitStack() as stack:
        folder = tmp_path_factory.mktemp("processes")
        processes = [await stack.enter_async_context(serving(url, folder, name)) for name in ("one", "other")]
        database: asyncpg.Connection = await open_connection(url, settings_for(url))
        yield Shop(processes, database, url)
        await database.close()


@pytest.fixture
async def slug(shop: Shop) -> str:
    """The slug of a product that is called 0, which both processes keep."""
    async with opened(shop.url) as engine, writing(engine) as session:
        slug = (await add_product(session, name="0")).slug
    assert await shop.until_kept(NAME, slug, "products") == ["0", "0"]
    return slug


@asynccontextmanager
async def serving(url: str, folder: Path, name: str) -> AsyncIterator[Process]:
    """A process that serves."""
    port = free_port()
    with (folder / f"{name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "uvicorn", "--factory", "server.app:create_app"),
            *("--port", str(port), "--log-level", "warning"),
            cwd=folder,
            env=os.environ | {"DATABASE_URL": url, "APP_ENV": "development"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=PATIENCE_SECONDS
        ) as client:
            await until_served(client)
            yield Process(client)
    finally:
        process.terminate()
        await process.wait()


async def until_served(client: httpx.AsyncClient) -> None:
    """Wait until the process answers, with a connection of the reference executor, for when nobody may connect."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                await client.post("/graphql", json={"query": REFERENCE})
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
            else:
                return


async def test_write_is_seen_by_every_process_within_the_promise(shop: Shop, slug: str) -> None:
    commits = {}
    async with shop.polled(NAME, slug) as polled:
        for number in range(1, 31):
            commits[number] = await shop.rename(slug, str(number))
            await asyncio.sleep(PROMISE_SECONDS + number % 10 / 100)
            while any(len(answers) <= number for answers in polled):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)

    for seen in polled:
        numbers = [int(each.value or "") for each in seen]
        for number, each in zip(numbers, seen, strict=True):
            due = [written for written, at in commits.items() if at + PROMISE_SECONDS <= each.asked_at]
            assert number >= max(due, default=0)
        assert numbers == sorted(numbers)
        assert len(seen) > len(commits)
    assert await shop.is_kept(NAME, slug, "products")


async def test_write_that_is_rolled_back_flushes_nothing(shop: Shop, slug: str) -> None:
    writing = shop.database.transaction()
    await writing.start()
    await shop.database.execute("UPDATE products SET name = 'unwritten' WHERE slug = $1", slug)
    assert await shop.ask(NAME, slug) == ["0", "0"]
    await writing.rollback()
    await asyncio.sleep(PROMISE_SECONDS)
    assert await shop.is_kept(NAME, slug, "products")


async def test_stock_flushes_only_what_shows_stock(shop: Shop, slug: str) -> None:
    assert await shop.ask(IN_STOCK, slug) == ["True", "True"]
    await shop.database.execute("UPDATE stock_levels SET quantity = 0")
    await asyncio.sleep(PROMISE_SECONDS)
    assert await shop.is_kept(NAME, slug, "products")
    assert await shop.ask(IN_STOCK, slug) == ["False", "False"]


async def test_nothing_old_is_shown_once_the_listener_is_cut(shop: Shop, slug: str) -> None:
    for number in range(1, 11):
        assert await shop.until_kept(NAME, slug, "products") == [str(number - 1)] * 2
        async with closed_to_newcomers(shop.url), shop.polled(NAME, slug) as polled:
            await shop.cut_listeners()
            written_at = await shop.rename(slug, str(number))
            assert await shop.ask(NAME, slug) == [str(number)] * 2
        assert {seen.value for seen in chain(*polled) if seen.asked_at >= written_at} <= {str(number)}


async def test_nothing_is_kept_while_nobody_listens(shop: Shop, slug: str) -> None:
    async with closed_to_newcomers(shop.url):
        await shop.cut_listeners()
        for number in range(1, 11):
            await shop.rename(slug, str(number))
            assert await shop.ask(NAME, slug) == [str(number)] * 2
            assert await shop.ask(NAME, slug) == [str(number)] * 2
        assert not await shop.listeners()
    assert await shop.until_kept(NAME, slug, "products") == ["10", "10"]


async def test_listener_that_falls_silent_is_noticed_in_time(shop: Shop, slug: str) -> None:
    silent = await shop.listeners()
    assert len(silent) == 2
    for pid in silent:
        os.kill(pid, signal.SIGSTOP)
    try:
        written_at = await shop.rename(slug, "1")
        seen: list[Seen] = []
        while not seen or seen[-1].asked_at < written_at + 1:
            seen += await asyncio.gather(*(each.ask(NAME, slug) for each in shop.processes))
    finally:
        for pid in silent:
            os.kill(pid, signal.SIGCONT)
    late = {each.value for each in seen if each.asked_at >= written_at + PROMISE_SECONDS}
    assert late == {"1"}
    assert await shop.until_kept(NAME, slug, "products") == ["1", "1"]


async def test_post_appears_at_its_time(shop: Shop) -> None:
    async with opened(shop.url) as engine, writing(engine) as session:
        post = (await add_post(session, published_at=datetime.now(UTC) + timedelta(hours=1))).slug
    assert await shop.until_kept(POST, post, "posts") == [None, None]
    due = "UPDATE posts SET published_at = clock_timestamp() + $1 WHERE slug = $2"
    await shop.database.execute(due, timedelta(seconds=1), post)
    due_at = monotonic() + 1

    async with shop.polled(POST, post) as polled:
        await asyncio.sleep(1 + TIMED_SECONDS + 0.5)
    for seen in polled:
        assert {each.value is None for each in seen if each.asked_at >= due_at + TIMED_SECONDS} == {False}


async def test_event_reaches_the_subscribers_of_every_process(shop: Shop) -> None:
    addresses = [str(process.client.base_url).rstrip("/") for process in shop.processes]
    async with talking(addresses[0]) as one, talking(addresses[1]) as other:
        for address, talk in zip(addresses, (one, other), strict=True):
            await talk.introduce()
            await talk.send("subscribe", id="1", payload={"query": "subscription { postPublished { slug } }"})
            await until(address, "subscriptions post_published", 1)
        async with opened(shop.url) as engine, writing(engine) as session:
            slug = (await add_post(session)).slug
        told = [await talk.hear() for talk in (one, other)]
    assert [message["payload"] for message in told] == [{"data": {"postPublished": {"slug": slug}}}] * 2
