"""A small query beside two hundred people who sign in at once: what the hashing of passwords costs everybody else."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import orjson
import uvloop

from benchmarks.client import Connection
from benchmarks.contestants import OURS, list_contestants
from benchmarks.cpu import cpu_seconds
from benchmarks.data import FOLDER, Report
from benchmarks.errors import AbsentError
from benchmarks.operations import DOCUMENTS
from benchmarks.pacing import Latency, Pace, latency, send
from benchmarks.serving import Server, serving
from benchmarks.sign_in_shop import PASSWORD, Shop, sign_in_shop

PEOPLE = 200
QUERIES_PER_SECOND = 100
WARM_UP_SECONDS = 2

SIGN_IN = Path(__file__).parent.parent / "queries" / "SignIn.graphql"
QUERY_ADDRESS = "10.0.0.1"


@dataclass(frozen=True, slots=True)
class Beside:
    """A run with everybody signing in."""

    query: Latency
    sign_in: Latency
    per_second: float
    """Sign-ins."""
    cpu_ms: float
    """Of the server, for a sign-in and the queries meanwhile."""


@dataclass(frozen=True, slots=True)
class Round:
    """The query alone, and then beside sign-ins."""

    alone: Latency
    beside: Beside
    load_average: float
    """Of the machine before it began."""


def measure_sign_ins(rounds: int, seconds: int, report: Report) -> list[Round]:
    """The rounds, one after the other. Raises AbsentError, or a ServerError when the database does not start."""
    with ExitStack() as stack:
        report("Making a shop and its accounts …")
        shop = stack.enter_context(sign_in_shop(PEOPLE))
        queries = _queries(shop)
        log = FOLDER / "sign-ins.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        usual = next(one for one in list_contestants() if one.name == OURS)
        ours = replace(usual, environment={**usual.environment, "TRUSTED_PROXIES": "127.0.0.1"})
        server = stack.enter_context(serving(ours, shop.database, queries[0], log))
        uvloop.run(_beside(server, shop, queries, WARM_UP_SECONDS))
        return [_round(server, shop, queries, seconds, report) for _ in range(rounds)]


def _round(server: Server, shop: Shop, queries: Sequence[bytes], seconds: int, report: Report) -> Round:
    load_average = os.getloadavg()[0]
    alone = uvloop.run(_query(server, queries, seconds))
    beside = uvloop.run(_beside(server, shop, queries, seconds))
    report(
        f"alone p99 {alone.p99_ms:.1f} ms; beside {beside.per_second:.0f} sign-ins a second p50 "
        f"{beside.query.p50_ms:.1f} ms, p99 {beside.query.p99_ms:.1f} ms, longest {beside.query.longest_ms:.0f} ms "
        f"(load {load_average:.1f})"
    )
    return Round(alone, beside, load_average)


async def _beside(server: Server, shop: Shop, queries: Sequence[bytes], seconds: int) -> Beside:
    """Everybody signs in, and again as soon as they are in, while the queries are sent."""
    people = [await Connection.opened(server.port, _address(number)) for number in range(len(shop.emails))]
    taken: list[float] = []
    stopping = asyncio.Event()
    cpu, began = cpu_seconds(server.pid), time.perf_counter()
    signing = [
        asyncio.create_task(_sign_in_again_and_again(connection, _sign_in(email), taken, stopping))
        for connection, email in zip(people, shop.emails, strict=True)
    ]
    query = await _query(server, queries, seconds)
    stopping.set()
    await asyncio.gather(*signing)  # whom the server has begun with is not left over for the next round
    elapsed, used = time.perf_counter() - began, cpu_seconds(server.pid) - cpu
    for connection in people:
        connection.close()
    return Beside(query, latency(taken), len(taken) / elapsed, 1000 * used / len(taken))


async def _sign_in_again_and_again(
    connection: Connection, body: bytes, taken: list[float], stopping: asyncio.Event
) -> None:
    while not stopping.is_set():
        began = time.perf_counter()
        answer = await connection.ask(body)
        if b'"SignedIn"' not in answer:
            raise AbsentError(f"it let nobody in: {answer[:300]!r}")
        taken.append(time.perf_counter() - began)


async def _query(server: Server, queries: Sequence[bytes], seconds: int) -> Latency:
    return await send(server.port, Pace(queries, QUERIES_PER_SECOND, QUERY_ADDRESS), seconds)


def _queries(shop: Shop) -> list[bytes]:
    document = (DOCUMENTS / "fields.graphql").read_text()
    return [orjson.dumps({"query": document, "variables": {"slug": slug}}) for slug in shop.slugs]


def _sign_in(email: str) -> bytes:
    given = {"input": {"email": email, "password": PASSWORD}}
    return orjson.dumps({"query": SIGN_IN.read_text(), "variables": given})


def _address(number: int) -> str:
    """Everybody comes from elsewhere, as people do; attempts from one place would be throttled."""
    return f"10.1.{number // 250}.{number % 250 + 1}"


def middle(rounds: Sequence[Round], figure: Callable[[Round], float]) -> float:
    """The median of a figure over the rounds."""
    return median(map(figure, rounds))
