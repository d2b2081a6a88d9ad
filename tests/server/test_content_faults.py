"""What is due comes out once, whoever is killed, waits, or turns the clock; what refers to others stays whole."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.viewer import VISITOR, Viewer
from domain.content_kinds import PAGE, POST
from domain.item_content import content_of
from domain.publishing_due import PUBLISH_DUE, publish_due
from models import Post, PublishingStatus, Revision
from resolvers.ids import decode_id_of, encode_id
from server.database import open_connection
from server.worker import working
from tests.api import data_of
from tests.databases import settings_for
from tests.editors import edited, editor
from tests.factories import PUBLISHED_AT, add_author, add_page, add_post, add_post_category, shared_engine, writing
from tests.jobs import fetch
from tests.patience import PATIENCE_SECONDS
from tests.processes import made_keys, running_process
from tests.promises import assert_promises
from tests.statements import execute, scalar

Json = dict[str, Any]

READY = {"status": PublishingStatus.APPROVED, "published_at": None, "excerpt": "How.", "body": "Slowly."}
DUE = {**READY, "status": PublishingStatus.SCHEDULED, "scheduled_at": PUBLISHED_AT}
MANY = 250
TIMES_PUBLISHED = text(
    "SELECT count(*) FROM audit_log WHERE table_name = 'posts' AND row_key = :key AND action = 'UPDATE'"
    " AND new_values ->> 'status' = 'PUBLISHED'"
)
OVERDUE = """
    INSERT INTO pgqueuer_schedules (expression, entrypoint, next_run, last_run, status)
    VALUES ('* * * * *', :name, now() - interval '1 hour', now() - interval '1 hour', 'queued')
"""
"""What a worker left behind that was there an hour ago."""
CLOCK = (
    "CREATE SCHEMA clock",
    "CREATE TABLE clock.hand AS SELECT now() AS at",
    "CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM clock.hand'",
    "GRANT USAGE ON SCHEMA clock TO PUBLIC",
    "GRANT SELECT ON clock.hand TO PUBLIC",
    """
    DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET search_path = clock, pg_catalog, public', current_database());
    END $$
    """,
)


@pytest.fixture(scope="module")
async def blog(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here that do not turn the clock."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def almaz(blog: AsyncEngine) -> Viewer:
    """An editor."""
    return await editor(blog)


async def work(engine: AsyncEngine) -> None:
    """What a worker does when the clock says so."""
    is_more = True
    while is_more:
        async with AsyncSession(engine) as session, session.begin():
            is_more = await publish_due(session)


async def until_blocked(engine: AsyncEngine) -> None:
    """Wait until somebody waits for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await scalar(engine, waiting) == 0:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


async def test_killed_worker_leaves_what_is_due_to_others_who_let_it_come_out_once(
    postgres: str, migrated: str, tmp_path: Path
) -> None:
    """It was due while nobody worked. The first worker is killed in the middle of a batch, and two go on."""
    async with shared_engine(postgres, migrated) as engine:
        url = str(engine.get_execution_options()["url"])
        await add_due_posts(engine)
        await fetch(engine, OVERDUE, name=PUBLISH_DUE)
        listener = await open_connection(url, settings_for(url))
        heard: list[str] = []
        await listener.add_listener("merkato_events", lambda *event: heard.append(event[-1]))
        variables = {**made_keys(), "DATABASE_URL": url, "JOB_TAKEOVER_SECONDS": "2"}

        async with engine.connect() as holding:
            await holding.execute(text("SELECT FROM authors FOR UPDATE"))
            async with running_process(tmp_path, variables, "worker") as doomed:
                await until_blocked(engine)
                os.kill(doomed.pid, signal.SIGKILL)
                await doomed.wait()
        out = select(func.count()).where(Post.status == PublishingStatus.PUBLISHED)
        assert await scalar(engine, out) == 0
        settings = settings_for(url).model_copy(update={"job_takeover_seconds": 2})
        grace = timedelta(seconds=5)
        async with working(url, settings, grace), working(url, settings, grace):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await scalar(engine, out) < MANY or len(heard) < MANY:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.05)
        await listener.close()
        times = await fetch(
            engine,
            "SELECT count(*), count(DISTINCT row_key) FROM audit_log WHERE table_name = 'posts' AND action = 'UPDATE'"
            " AND new_values ->> 'status' = 'PUBLISHED'",
        )
        assert times == [(MANY, MANY)]
        assert (len(heard), len(set(heard))) == (MANY, MANY)
        await assert_promises(engine)


async def add_due_posts(engine: AsyncEngine) -> None:
    """More than one batch of them."""
    async with writing(engine) as session:
        author = await add_author(session)
        posts = text(
            "INSERT INTO posts (id, author_id, slug, title, excerpt, body, status, scheduled_at)"
            " SELECT gen_random_uuid(), :author, 'due-' || n, 'Due', 'It.', 'It.', 'SCHEDULED', now() - interval '1 h'"
            " FROM generate_series(1, :many) AS n"
        )
        await session.execute(posts, {"author": author.id, "many": MANY})


async def due_post(engine: AsyncEngine, **overrides: Any) -> str:
    """The id of a post that is due."""
    async with writing(engine) as session:
        return encode_id("Post", (await add_post(session, **{**DUE, **overrides})).id)


async def stands(engine: AsyncEngine, post: str) -> Post:
    """The post as it is stored."""
    async with AsyncSession(engine) as session:
        return await session.get_one(Post, decode_id_of("Post", post))


async def test_post_that_is_rescheduled_at_that_moment_does_not_come_out(blog: AsyncEngine, almaz: Viewer) -> None:
    post = await due_post(blog)
    async with AsyncSession(blog) as editing, editing.begin():
        key = decode_id_of("Post", post)
        await editing.execute(update(Post).where(Post.id == key).values(scheduled_at=text("now() + interval '1 day'")))
        await work(blog)
    await work(blog)
    assert (await stands(blog, post)).status == "SCHEDULED"
    other = await due_post(blog)
    async with AsyncSession(blog) as publishing, publishing.begin():
        await publish_due(publishing)
        late = asyncio.create_task(
            edited(blog, almaz, "UnschedulePost", id=other, expectedVersion=1)
        )  # it waits for the worker, and is told what has become of it
        await until_blocked(blog)
    told = await late
    assert told["message"] == "This version is published and cannot be taken off the schedule."
    assert (await stands(blog, other)).status == "PUBLISHED"


async def test_edit_of_what_comes_out_at_that_moment_is_a_draft_or_keeps_it_back(
    blog: AsyncEngine, almaz: Viewer
) -> None:
    """What readers see is a version as it was kept, whole."""
    posts = [await due_post(blog, title="Before") for _ in range(8)]
    change = {"expectedVersion": 1, "title": "After", "body": "New."}
    edits = (edited(blog, almaz, "UpdatePost", id=post, **change) for post in posts)
    await asyncio.gather(work(blog), *edits, work(blog))
    for post in posts:
        async with AsyncSession(blog) as session:
            row = await session.get_one(Post, decode_id_of("Post", post))
            its = (Revision.row_id == row.id, Revision.version == row.live_version)
            assert await content_of(session, POST, row) == await session.scalar(select(Revision.content).where(*its))
            assert (row.status, row.draft_status, row.title) in {
                (PublishingStatus.PUBLISHED, PublishingStatus.DRAFT, "Before"),
                (PublishingStatus.DRAFT, None, "After"),
            }


async def test_what_names_something_that_is_gone_stays_and_says_so(blog: AsyncEngine, almaz: Viewer) -> None:
    async with writing(blog) as session:
        section = await add_post_category(session)
        page = await add_page(session, title="Live", body="Live.", unpublish_at=PUBLISHED_AT)
    post = await due_post(blog, category_id=section.id)
    fine = await due_post(blog)
    put = {"id": encode_id("PostCategory", section.id), "expectedVersion": 1}
    assert (await edited(blog, almaz, "TrashPostCategories", items=[put]))["results"][0]["outcome"] == "DONE"
    await work(blog)
    row = await stands(blog, post)
    assert (row.status, row.schedule_error) == (
        "APPROVED",
        "The checks found what keeps this from coming out (1). Mend it first. category: There is none with this id.",
    )
    assert (await stands(blog, fine)).status == "PUBLISHED"
    refused = await edited(blog, almaz, "PublishPost", id=post, expectedVersion=1)
    assert refused["fields"][0]["path"] == ["input", "category"]
    async with AsyncSession(blog) as session:
        assert (await session.get_one(PAGE.model, page.id)).status is PublishingStatus.ARCHIVED


async def test_post_of_a_section_in_the_trash_goes_with_its_draft(blog: AsyncEngine, almaz: Viewer) -> None:
    """By the clock, as by hand: what it names already is no obstacle."""
    async with writing(blog) as session:
        section = await add_post_category(session, deleted_at=PUBLISHED_AT)
        post = await add_post(session, category_id=section.id, unpublish_at=PUBLISHED_AT)
    key = encode_id("Post", post.id)
    assert (await edited(blog, almaz, "UpdatePost", id=key, expectedVersion=1, title="Draft"))["hasDraft"]
    await work(blog)
    row = await stands(blog, key)
    assert (row.status, row.title, row.schedule_error) == (PublishingStatus.ARCHIVED, "Draft", None)


async def test_slug_that_fifty_want_is_given_once(blog: AsyncEngine, almaz: Viewer) -> None:
    async with writing(blog) as session:
        author = encode_id("Author", (await add_author(session)).id)
    wishes = (edited(blog, almaz, "CreatePost", author=author, title="Wanted by fifty") for _ in range(50))
    kinds = [result["__typename"] for result in await asyncio.gather(*wishes)]
    assert sorted(kinds) == ["Post"] + ["SlugTaken"] * 49


# The clock of the database, turned by hand


@pytest.fixture(scope="module")
async def hall(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database whose clock the tests turn: it stands where it was turned to."""
    async with shared_engine(postgres, migrated) as engine:
        for statement in CLOCK:
            await execute(engine, text(statement))
        await engine.dispose()
        yield engine


async def turn(engine: AsyncEngine, moment: str) -> None:
    """Let it be that time."""
    await execute(engine, text(f"UPDATE clock.hand SET at = '{moment}'"))


async def title_of(engine: AsyncEngine, post: str) -> str | None:
    """What readers see."""
    found = (await data_of(engine, "query($id: ID!) { post(id: $id) { title } }", {"id": post}, VISITOR))["post"]
    return found and found["title"]  # type: ignore[no-any-return]


async def test_clock_that_jumps_lets_nothing_come_out_twice_or_early(hall: AsyncEngine) -> None:
    await turn(hall, "2027-05-01 12:00Z")
    hana = await editor(hall)
    post = await due_post(hall, title="Noon", status=PublishingStatus.APPROVED, scheduled_at=None)
    at = {"at": "2027-05-01T12:30:00Z", "timeZone": "Africa/Addis_Ababa"}
    await edited(hall, hana, "SchedulePost", id=post, expectedVersion=1, **at, until="2027-05-01T14:00:00Z")
    for moment, seen in (
        ("2027-05-01 11:00Z", None),
        ("2027-05-01 13:00Z", "Noon"),
        ("2027-05-01 12:00Z", None),
        ("2027-05-01 13:30Z", "Noon"),
        ("2027-05-01 14:00Z", None),
        ("2027-05-01 13:00Z", None),
    ):
        await turn(hall, moment)
        await work(hall)
        assert await title_of(hall, post) == seen, moment
    key = str(decode_id_of("Post", post))
    assert await scalar(hall, TIMES_PUBLISHED.bindparams(key=key)) == 1


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2028-02-29T23:30:00+03:00", "2028-02-29 20:30Z"),
        ("2027-10-31T02:30:00+02:00", "2027-10-31 00:30Z"),
        ("2027-10-31T02:30:00+01:00", "2027-10-31 01:30Z"),
        ("2027-03-28T02:30:00+01:00", "2027-03-28 01:30Z"),
    ],
    ids=["leap-day", "first-of-the-hour-that-comes-twice", "second-of-it", "hour-that-is-left-out"],
)
async def test_plan_names_an_instant_whatever_clocks_on_walls_do(hall: AsyncEngine, said: str, at: str) -> None:
    await turn(hall, "2027-01-01 00:00Z")
    hana = await editor(hall)
    post = await due_post(hall, title="Then", status=PublishingStatus.APPROVED, scheduled_at=None)
    planned = await edited(hall, hana, "SchedulePost", id=post, expectedVersion=1, at=said, timeZone="Europe/Berlin")
    assert planned["scheduledAt"] == f"{at[:10]}T{at[11:16]}:00.000Z"
    await execute(hall, text(f"UPDATE clock.hand SET at = timestamptz '{at}' - interval '1 second'"))
    await work(hall)
    assert await title_of(hall, post) is None
    await turn(hall, at)
    await work(hall)
    assert await title_of(hall, post) == "Then"
