"""Reads beside a thousand views a second that are counted: what counting costs readers, and whether none is lost."""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from uuid import UUID

import asyncpg
import orjson
import uvloop

from benchmarks.contestants import OURS, list_contestants
from benchmarks.cpu import cpu_seconds
from benchmarks.data import FOLDER, Database, Report
from benchmarks.errors import AbsentError
from benchmarks.operations import DOCUMENTS
from benchmarks.pacing import Latency, Pace, send
from benchmarks.serving import Server, serving
from benchmarks.sign_in_shop import Shop, sign_in_shop
from resolvers.ids import encode_id

READS_PER_SECOND = 200
VIEWS_PER_SECOND = 1_000
WARM_UP_SECONDS = 2
RECORD_VIEW = Path(__file__).parent.parent / "queries" / "RecordView.graphql"
BROWSER = b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0\r\n"

COUNTED = "SELECT coalesce(sum(view_count), 0) FROM content_analytics WHERE period = 'DAILY'"
POSTS = "SELECT id FROM posts WHERE status = 'PUBLISHED' AND published_at <= now()"


@dataclass(frozen=True, slots=True)
class Use:
    """CPU in milliseconds for each second."""

    server_ms: float
    database_ms: float


@dataclass(frozen=True, slots=True)
class Round:
    """Reads alone, and beside views."""

    alone: Latency
    alone_use: Use
    beside: Latency
    view: Latency
    beside_use: Use
    load_average: float
    """Of the machine before it began."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A server, its database, and what is sent to it."""

    server: Server
    database: Database
    reads: Pace
    views: Pace

    async def read(self, seconds: float) -> Latency:
        """Read alone."""
        return await send(self.server.port, self.reads, seconds)

    async def read_beside_views(self, seconds: float) -> tuple[Latency, Latency]:
        """Read while views are counted; how long either took."""
        reading, viewing = await asyncio.gather(self.read(seconds), send(self.server.port, self.views, seconds))
        return reading, viewing

    @contextmanager
    def used(self, seconds: float, uses: list[Use]) -> Iterator[None]:
        """Note what the block uses."""
        server, database = cpu_seconds(self.server.pid), cpu_seconds(self.database.pid)
        yield
        uses.append(
            Use(
                1000 * (cpu_seconds(self.server.pid) - server) / seconds,
                1000 * (cpu_seconds(self.database.pid) - database) / seconds,
            )
        )


def measure_views(rounds: int, seconds: int, report: Report) -> list[Round]:
    """The rounds, one after the other. Raises AbsentError when a view was lost, or a ServerError."""
    with ExitStack() as stack:
        report("Making a shop …")
        shop = stack.enter_context(sign_in_shop(1))
        reads, views = _reads(shop), _views(shop)
        log = FOLDER / "views.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        usual = next(one for one in list_contestants() if one.name == OURS)
        ours = replace(usual, environment={**usual.environment, "RATE_LIMITS": "false"})
        with serving(ours, shop.database, reads.bodies[0], log) as server:
            scene = Scene(server, shop.database, reads, views)
            uvloop.run(scene.read_beside_views(WARM_UP_SECONDS))
            found = [_round(scene, seconds, report) for _ in range(rounds)]
        sent = VIEWS_PER_SECOND * WARM_UP_SECONDS + sum(each.view.count for each in found)
        counted = int(asyncio.run(_values(shop.database.url, COUNTED))[0])
        if counted != sent:
            raise AbsentError(f"{sent} views were sent, and {counted} were counted")
        return found


def _round(scene: Scene, seconds: int, report: Report) -> Round:
    load_average, uses = os.getloadavg()[0], list[Use]()
    with scene.used(seconds, uses):
        alone = uvloop.run(scene.read(seconds))
    with scene.used(seconds, uses):
        beside, view = uvloop.run(scene.read_beside_views(seconds))
    report(
        f"alone p50 {alone.p50_ms:.2f}, p99 {alone.p99_ms:.1f} ms; beside p50 {beside.p50_ms:.2f}, "
        f"p99 {beside.p99_ms:.1f} ms (load {load_average:.1f})"
    )
    return Round(alone, uses[0], beside, view, uses[1], load_average)


def _reads(shop: Shop) -> Pace:
    document = (DOCUMENTS / "fields.graphql").read_text()
    bodies = [orjson.dumps({"query": document, "variables": {"slug": slug}}) for slug in shop.slugs]
    return Pace(bodies, READS_PER_SECOND, "10.0.0.1")


def _views(shop: Shop) -> Pace:
    document = RECORD_VIEW.read_text()
    keys: list[UUID] = asyncio.run(_values(shop.database.url, POSTS))
    given = [{"input": {"id": encode_id("Post", key)}} for key in keys]
    bodies = [orjson.dumps({"query": document, "variables": variables}) for variables in given]
    return Pace(bodies, VIEWS_PER_SECOND, "10.0.0.2", BROWSER)


async def _values(url: str, statement: str) -> list[UUID]:
    connection: asyncpg.Connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(statement)]
    finally:
        await connection.close()


def middle(rounds: Sequence[Round], figure: Callable[[Round], float]) -> float:
    """The median of a figure over the rounds."""
    return median(map(figure, rounds))
