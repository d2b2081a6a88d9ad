"""Content that comes out in numbers: releases of a thousand items, and ten thousand posts that are due at once."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from benchmarks.content_parts import KINDS, add_items, add_release_of_drafts
from benchmarks.content_shop import add_drafts, add_posts, add_release, blog, engine_on
from benchmarks.cpu import cpu_seconds
from benchmarks.data import Database, Report
from benchmarks.errors import AbsentError
from domain.outbox import Job, enqueue
from domain.publishing_due import PUBLISH_DUE
from domain.release_publishing import publish_release
from domain.release_rollback import roll_back_release
from domain.releases import ReadRelease

RELEASED, DUE = 1_000, 10_000
WORKERS = 2
LONGEST_SECONDS = 600
MERKATO = Path(sys.executable).with_name("merkato")
WAITING = text("SELECT count(*) FROM posts WHERE status = 'SCHEDULED'")
DONE_BY_TWICE = text("""
    SELECT count(*) FROM (
        SELECT row_key FROM audit_log WHERE table_name = 'posts' AND new_values ->> 'status' = 'PUBLISHED'
            AND action = 'UPDATE' GROUP BY row_key HAVING count(*) > 1
    ) AS twice
""")


@dataclass(frozen=True, slots=True)
class Step:
    """What took how long."""

    name: str
    items: int
    seconds: float
    database_cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Round:
    """All steps, once."""

    steps: list[Step]
    load_average: float
    """Of the machine before it began."""


def measure_content(rounds: int, report: Report) -> list[Round]:
    """The rounds, each on a database of its own. Raises AbsentError, or a ServerError."""
    return [_round(report) for _ in range(rounds)]


def _round(report: Report) -> Round:
    load_average = os.getloadavg()[0]
    with blog() as database:
        steps = [*asyncio.run(_releases(database)), _due(database)]
    for step in steps:
        report(f"{step.name}: {step.seconds:.1f} s ({step.database_cpu_seconds:.1f} s of PostgreSQL's CPU)")
    return Round(steps, load_average)


async def _releases(database: Database) -> list[Step]:
    engine = engine_on(database)
    steps = []
    for name, has_drafts in (("new", False), ("drafts", True)):
        async with AsyncSession(engine) as session, session.begin():
            await add_posts(session, name, RELEASED)
            if has_drafts:
                await add_drafts(session, name)
            key = await add_release(session, name)
        steps += await _out_and_back(database, engine, key, name)
    for name in KINDS:
        async with AsyncSession(engine) as session, session.begin():
            await add_items(session, name, RELEASED)
            key = await add_release(session, name)
            await add_release_of_drafts(session, name, key)
        steps += await _out_and_back(database, engine, key, name)
    await engine.dispose()
    return steps


async def _out_and_back(database: Database, engine: AsyncEngine, release: UUID, name: str) -> list[Step]:
    steps = []
    for act, title in ((publish_release, "published"), (roll_back_release, "rolled back")):
        cpu, began = cpu_seconds(database.pid), time.perf_counter()
        async with AsyncSession(engine) as session, session.begin():
            await act(session, ReadRelease(release, 1))
        seconds = time.perf_counter() - began
        steps.append(Step(f"{name}, {title}", RELEASED, seconds, cpu_seconds(database.pid) - cpu))
    return steps


def _due(database: Database) -> Step:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="merkato-")))
        for number in range(WORKERS):
            stack.enter_context(_worker(database, folder / f"worker-{number}"))
        return asyncio.run(_until_done(database))


async def _until_done(database: Database) -> Step:
    engine = engine_on(database)
    async with AsyncSession(engine) as session, session.begin():
        await add_posts(session, "due", DUE, is_due=True)
        await enqueue(session, Job(PUBLISH_DUE, {}, dedupe_key=PUBLISH_DUE))
    cpu, began = cpu_seconds(database.pid), time.perf_counter()
    async with engine.connect() as connection, asyncio.timeout(LONGEST_SECONDS):
        while await connection.scalar(WAITING):
            await connection.rollback()
            await asyncio.sleep(0.2)
        seconds, used = time.perf_counter() - began, cpu_seconds(database.pid) - cpu
        twice = await connection.scalar(DONE_BY_TWICE)
    await engine.dispose()
    if twice:
        raise AbsentError(f"{twice} posts came out twice")
    return Step("due at once", DUE, seconds, used)


@contextmanager
def _worker(database: Database, folder: Path) -> Iterator[None]:
    """A worker process, which has begun to work by the time that the posts are there."""
    folder.mkdir()
    variables: Mapping[str, str] = {"APP_ENV": "development", "DATABASE_URL": database.url}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [MERKATO, "worker"], cwd=folder, env=os.environ | variables, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
