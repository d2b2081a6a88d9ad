"""Views and shares: every one is counted once, whatever happens, and none of what readers do not see."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, viewer_with_role
from domain.counting import Counted, Subject, show_counts
from models import (
    AnalyticsPeriod,
    AuditEntry,
    ContentAnalytics,
    Post,
    PublishingStatus,
    Role,
    Service,
    ServiceAnalytics,
)
from resolvers.counts import MOST_COUNTED, Counts
from resolvers.ids import encode_id
from server.database import create_engine
from server.postmaster import PORT
from tests.api import codes_of, data_of
from tests.databases import settings_for
from tests.editors import QUERIES
from tests.factories import add_post, add_service, new_id, writing
from tests.patience import PATIENCE_SECONDS
from tests.signed_in import open_door
from tests.statements import execute, scalar

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
DAY = date(2026, 11, 22)
FUNCTION = """
    CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$
"""
TRIGGER = """
    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON content_analytics DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION at_commit()
"""


def of(row: Post | Service, day: date = DAY) -> Counted:
    """What is counted of it on that day."""
    return Counted(Subject(type(row).__name__), row.id, day)


async def written(engine: AsyncEngine, *tallies: tuple[Counted, int, int]) -> None:
    """Count so many views and shares, and write them."""
    counts = Counts(engine)
    for counted, views, shares in tallies:
        await counts.record(counted, views=views, shares=shares)
    await counts.flush()


async def by_period(engine: AsyncEngine, table: type[ContentAnalytics | ServiceAnalytics]) -> Any:
    """Views and shares, by period and its first day."""
    async with engine.connect() as connection:
        rows = await connection.execute(select(table.period, table.date, table.view_count, table.share_count))
    return {(row.period, row.date): (row.view_count, row.share_count) for row in rows}


async def views_of_days(engine: AsyncEngine) -> int:
    """All views of posts."""
    daily = ContentAnalytics.period == AnalyticsPeriod.DAILY
    total: int = await scalar(engine, select(func.coalesce(func.sum(ContentAnalytics.view_count), 0)).where(daily))
    return total


# What is counted


async def test_server_writes_what_it_counted_before_it_ends(engine: AsyncEngine, database_url: str) -> None:
    async with writing(engine) as session:
        post, service = await add_post(session), await add_service(session)
        draft = await add_post(session, status=PublishingStatus.DRAFT, published_at=None)
        hidden = await add_service(session, is_visible=False)
    ids = [encode_id("Post", row.id) for row in (post, draft)] + [encode_id("Post", new_id())]
    ids += [encode_id("Service", row.id) for row in (service, hidden)]

    def told(document: str, key: str, user_agent: str = BROWSER) -> Any:
        body = {"query": (QUERIES / f"{document}.graphql").read_text("utf-8"), "variables": {"input": {"id": key}}}
        return door.http.post("/graphql", json=body, headers={"User-Agent": user_agent}).json()["data"]

    with open_door(database_url, count_interval_seconds=300) as door:
        for _ in range(3):
            assert [told("RecordView", key) for key in ids] == [{"recordView": {"__typename": "Done"}}] * 5
        assert told("RecordShare", ids[0]) == {"recordShare": {"__typename": "Done"}}
        assert told("RecordView", ids[0], "Googlebot/2.1") == {"recordView": {"__typename": "Done"}}
        product = told("RecordView", encode_id("Product", new_id()))
        assert product["recordView"]["__typename"] == "InvalidInput"
        assert await views_of_days(engine) == 0, "Nothing is written while somebody waits."

    today = datetime.now(UTC).date()
    assert await by_period(engine, ContentAnalytics) == dict.fromkeys(periods(today), (3, 1))
    assert await by_period(engine, ServiceAnalytics) == dict.fromkeys(periods(today), (3, 0))


def periods(day: date) -> list[tuple[AnalyticsPeriod, date]]:
    """The periods that a day is in."""
    return [
        (AnalyticsPeriod.DAILY, day),
        (AnalyticsPeriod.WEEKLY, date.fromisocalendar(*day.isocalendar()[:2], 1)),
        (AnalyticsPeriod.MONTHLY, day.replace(day=1)),
        (AnalyticsPeriod.YEARLY, day.replace(month=1, day=1)),
    ]


async def test_counts_are_added_to_those_of_before(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        post = await add_post(session)
    await written(engine, (of(post), 2, 1), (of(post, date(2026, 11, 23)), 1, 0))
    await written(engine, (of(post), 5, 0), (of(post, date(2027, 1, 1)), 2**31 - 1, 0))
    await written(engine, (of(post, date(2027, 1, 1)), 1, 0))

    most = (2**31 - 1, 0)
    assert await by_period(engine, ContentAnalytics) == {
        ("DAILY", date(2026, 11, 22)): (7, 1),
        ("DAILY", date(2026, 11, 23)): (1, 0),
        ("DAILY", date(2027, 1, 1)): most,
        ("WEEKLY", date(2026, 11, 16)): (7, 1),
        ("WEEKLY", date(2026, 11, 23)): (1, 0),
        ("WEEKLY", date(2026, 12, 28)): most,
        ("MONTHLY", date(2026, 11, 1)): (8, 1),
        ("MONTHLY", date(2027, 1, 1)): most,
        ("YEARLY", date(2026, 1, 1)): (8, 1),
        ("YEARLY", date(2027, 1, 1)): most,
    }


async def test_servers_that_count_the_same_do_not_meet(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        posts = [await add_post(session) for _ in range(20)]
    tallies = [(of(post), 1, 0) for post in posts]
    await asyncio.gather(*(written(engine, *(tallies if turn % 2 else tallies[::-1])) for turn in range(8)))
    assert await views_of_days(engine) == 8 * 20


# What is shown


async def test_counts_are_shown_once_and_change_nothing_else(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        post, full = await add_post(session, view_count=10), await add_post(session, view_count=2**31 - 2)
        service = await add_service(session)
        changed_at = post.updated_at
    recorded = await scalar(engine, select(func.count()).select_from(AuditEntry))
    await written(engine, (of(post), 3, 2), (of(post, date(2027, 1, 1)), 1, 0), (of(service), 1, 1), (of(full), 9, 0))

    async def show() -> None:
        async with writing(engine) as session:
            assert not await show_counts(session)

    await asyncio.gather(*(show() for _ in range(4)))
    await written(engine, (of(post), 1, 0))
    await show()
    await show()

    async with engine.connect() as connection:
        counts = select(Post.view_count, Post.share_count, Post.updated_at).where(Post.id == post.id)
        assert tuple((await connection.execute(counts)).one()) == (10 + 5, 2, changed_at)
        assert tuple((await connection.execute(select(Service.view_count, Service.share_count))).one()) == (1, 1)
        assert await connection.scalar(select(Post.view_count).where(Post.id == full.id)) == 2**31 - 1
    assert await scalar(engine, select(func.count()).select_from(AuditEntry)) == recorded
    await execute(engine, update(Post).where(Post.id == post.id).values(title="Other"))
    assert await scalar(engine, select(Post.updated_at).where(Post.id == post.id)) > changed_at


async def test_figures_are_for_those_who_may_see_them(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        post = await add_post(session, slug="read")
    await written(engine, *((of(post, date(2026, 11, day)), day, 0) for day in (20, 21, 22)))
    query = """
        query($filter: AnalyticsFilter) {
            post(slug: "read") { analytics(filter: $filter, first: 2) { totalCount nodes { date viewCount } } }
        }
    """
    days = {"filter": {"periods": ["DAILY"], "since": "2026-11-20", "until": "2026-11-21"}}
    found = await data_of(engine, query, days, viewer_with_role(Role.EDITOR))
    counts = [{"date": "2026-11-21", "viewCount": 21}, {"date": "2026-11-20", "viewCount": 20}]
    assert found == {"post": {"analytics": {"totalCount": 2, "nodes": counts}}}
    for viewer in (VISITOR, viewer_with_role(Role.AUTHOR)):
        assert await codes_of(engine, query, days, viewer) == ["FORBIDDEN"]


# What goes wrong


async def test_counts_wait_while_they_cannot_be_written(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        post = await add_post(session)
    for statement in (FUNCTION, TRIGGER):
        await execute(engine, text(statement))
    counts = Counts(engine)
    await counts.record(of(post), views=3)
    with pytest.raises(Exception, match="connection"):
        await counts.flush()
    await counts.record(of(post), views=4)
    await execute(engine, text("DROP TRIGGER at_commit ON content_analytics"))
    await flush_in_the_end(counts)
    assert await views_of_days(engine) == 7


async def test_commit_whose_answer_is_lost_counts_once(engine: AsyncEngine, database_url: str, tmp_path: Path) -> None:
    async with writing(engine) as session:
        post = await add_post(session)
    async with losing_answers(database_url, tmp_path) as url:
        lossy = create_engine(url, settings_for(url))
        counts = Counts(lossy)
        await counts.record(of(post), views=3)
        with suppress(DBAPIError, OSError):
            await counts.flush()
        assert await views_of_days(engine) == 3
        await counts.record(of(post), views=4)
        await flush_in_the_end(counts)
        assert await views_of_days(engine) == 7
        await lossy.dispose()


async def test_whoever_counts_waits_for_room(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        post = await add_post(session)
    counts = Counts(engine, interval_seconds=PATIENCE_SECONDS)
    unknown = UUID(int=0)
    for number in range(MOST_COUNTED):
        await counts.record(Counted(Subject.POST, unknown, date.fromordinal(700_000 + number)), views=1)
    waiting = asyncio.create_task(counts.record(of(post), views=1))
    await asyncio.sleep(0)
    assert not waiting.done()
    async with counts.kept():
        await waiting
    assert await views_of_days(engine) == 1


async def flush_in_the_end(counts: Counts) -> None:
    """Try until it is written: PostgreSQL takes a moment to notice that a connection is gone."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await counts.flush()
            except Exception:  # noqa: BLE001 - as the server does
                await asyncio.sleep(0.05)


@asynccontextmanager
async def losing_answers(url: str, folder: Path) -> AsyncIterator[str]:
    """The address of a database whose answer to the first COMMIT is lost, with its connection."""
    socket, name = url.partition("host=")[2].partition("&")[0], f".s.PGSQL.{PORT}"
    has_lost = False

    async def serve(client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        nonlocal has_lost
        server, requests = await asyncio.open_unix_connection(f"{socket}/{name}")

        async def pass_on() -> None:
            while received := await server.read(65_536):
                if is_committing:
                    break
                answers.write(received)
            answers.close()

        is_committing, answering = False, asyncio.create_task(pass_on())
        while asked := await client.read(65_536):
            if b"COMMIT" in asked and not has_lost:
                is_committing = has_lost = True
            requests.write(asked)
        await answering
        requests.close()

    async with await asyncio.start_unix_server(serve, folder / name):
        yield url.replace(socket, str(folder))
