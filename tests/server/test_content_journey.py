"""A post from its first draft until it says again what it said first, by documents of `queries/` alone.

The server, which runs trusted documents only, and two workers are processes of their own.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.outbox import Job
from domain.publishing_due import PUBLISH_DUE
from models import Role
from schema.scalars import write_datetime
from tests.auth.accounts import PASSWORD, add_account
from tests.frontends import Follower, Frontend, Json
from tests.jobs import add_jobs, until_empty
from tests.patience import PATIENCE_SECONDS
from tests.processes import made_keys, running_process, serving_process
from tests.safeguards import SAFEGUARDS

WORKERS = 2
FIRST, SECOND, THIRD = "roasting", "roasting-coffee", "how-we-roast-coffee"
TITLE, BETTER_TITLE = "Roasting", "How we roast coffee"
TOMORROW, SOON = timedelta(days=1), timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Blog:
    """Who writes it, who decides what is out, who reads it, and what the workers are told."""

    engine: AsyncEngine
    author: Frontend
    editor: Frontend
    reader: Frontend

    async def title(self, slug: str) -> str | None:
        """What the reader finds there."""
        post = (await self.reader.ask("PostPage", slug=slug))["post"]
        return None if post is None else str(post["title"])

    async def until_read(self, slug: str, title: str) -> None:
        """Wait until the reader finds that; what was kept of before is shown for the tenth of a second."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.title(slug) != title:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)

    async def follow(self, slug: str) -> tuple[int, str | None]:
        """The status and the target of the answer to an old link."""
        answer = await self.reader.http.get(f"/r/blog/{slug}", follow_redirects=False)
        return answer.status_code, answer.headers.get("location")

    async def resolve(self, slug: str) -> tuple[str, str]:
        """What a frontend is told of the path."""
        found = (await self.reader.ask("ResolvePath", path=f"/blog/{slug}"))["resolvePath"]
        return found["status"], found["path"]

    async def look_for_what_is_due(self) -> None:
        """What the clock has the workers do each minute, each of them at the same time."""
        await add_jobs(self.engine, *(Job(PUBLISH_DUE, {}) for _ in range(WORKERS)))
        await until_empty(self.engine)

    async def bring_out(self, post: str, version: int) -> Json:
        """Have the newest version read by somebody else and published."""
        await self.author.done("SubmitPost", id=post, expectedVersion=version)
        await self.editor.done("ApprovePost", id=post, expectedVersion=version)
        return await self.editor.done("PublishPost", id=post, expectedVersion=version)


@dataclass(frozen=True, slots=True)
class Seen:
    """Whether a reader found the post, and when the answer was there."""

    at: datetime
    is_there: bool


@pytest.fixture
async def blog(database_url: str, engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Blog]:
    variables = {**made_keys(), "DATABASE_URL": database_url, "TRUSTED_DOCUMENTS_ONLY": "true"}
    variables["OPERATION_TIMEOUT_SECONDS"] = str(PATIENCE_SECONDS)
    async with AsyncExitStack() as stack:
        for _ in range(WORKERS):
            await stack.enter_async_context(running_process(tmp_path, variables, "worker"))
        reader = Frontend(await stack.enter_async_context(serving_process(tmp_path, variables)))
        staff = [await add_account(engine, SAFEGUARDS, role=role) for role in (Role.AUTHOR, Role.EDITOR)]
        author, editor = [await reader.signed_in(user.email, PASSWORD) for user in staff]
        yield Blog(engine, author, editor, reader)


async def test_from_the_first_draft_until_it_is_what_it_was(blog: Blog) -> None:
    async with blog.reader.following("PostPublished") as told:
        post = await write_and_be_sent_back(blog)
        await come_out_in_time(blog, post, told)
        await move_twice(blog, post)
        await go_back(blog, post)
        await assert_told_once(blog, told)


async def write_and_be_sent_back(blog: Blog) -> str:
    """Hand in a post, be told what it lacks, mend that, and have it approved; gives its id."""
    byline = await blog.editor.done("CreateAuthor", name="Almaz Tesfaye")
    texts = {"excerpt": "In small batches.", "body": "Slowly, and *never* twice."}
    made = await blog.author.done("CreatePost", author=byline["id"], title=TITLE, slug=FIRST, **texts)
    post, known = str(made["id"]), {"id": made["id"], "expectedVersion": 1}
    await blog.author.done("SubmitPost", **known)
    await blog.editor.done("CommentOnPost", post=post, field="title", body="Roasting what?")
    assert (await blog.editor.done("RequestPostChanges", **known))["status"] == "CHANGES_REQUESTED"

    (said,) = (await blog.author.ask("PostComments", id=post))["post"]["comments"]["nodes"]
    assert (said["field"], said["body"], said["resolvedAt"]) == ("title", "Roasting what?", None)
    assert (await blog.author.done("UpdatePost", **known, title=BETTER_TITLE))["version"] == 2
    assert (await blog.author.done("ResolvePostComment", id=said["id"]))["resolvedAt"] is not None

    known = {"id": post, "expectedVersion": 2}
    await blog.author.done("SubmitPost", **known)
    assert (await blog.editor.done("ApprovePost", **known))["status"] == "APPROVED"
    assert await blog.title(FIRST) is None
    return post


async def come_out_in_time(blog: Blog, post: str, told: Follower) -> None:
    """Be out once the time has come, and not before, however often the workers look."""
    known = {"id": post, "expectedVersion": 2, "timeZone": "Africa/Addis_Ababa"}
    await blog.editor.done("SchedulePost", **known, at=write_datetime(datetime.now(UTC) + TOMORROW))
    await blog.look_for_what_is_due()
    async with watched(blog, FIRST) as seen:
        due_at = await schedule_soon(blog, known)
        telling = asyncio.create_task(told.all_until(id=post))
        while not telling.done():
            await blog.look_for_what_is_due()
            await asyncio.sleep(0.1)
        await blog.until_read(FIRST, BETTER_TITLE)

    (event,) = telling.result()
    assert datetime.fromisoformat(event["publishedAt"]) >= due_at
    assert not seen[0].is_there
    assert min(each.at for each in seen if each.is_there) >= due_at


async def schedule_soon(blog: Blog, known: Json) -> datetime:
    """Have it come out in a moment, or in the one after if the machine was too busy to take that down in time."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            written = write_datetime(datetime.now(UTC) + SOON)
            planned = await blog.editor.send("SchedulePost", **known, at=written)
            if planned["__typename"] == "Post":
                return datetime.fromisoformat(written)


@asynccontextmanager
async def watched(blog: Blog, slug: str) -> AsyncIterator[Sequence[Seen]]:
    """What a reader finds there who asks all the time while the block runs."""
    seen, end = list[Seen](), asyncio.Event()

    async def watch() -> None:
        while not end.is_set():
            is_there = await blog.title(slug) is not None
            seen.append(Seen(datetime.now(UTC), is_there))
            await asyncio.sleep(0.02)

    async with asyncio.TaskGroup() as group:
        group.create_task(watch())
        yield seen
        end.set()


async def move_twice(blog: Blog, post: str) -> None:
    """Have two other addresses, one after the other: whoever has the first one is sent on once."""
    for version, (old, new) in enumerate(((FIRST, SECOND), (SECOND, THIRD)), start=3):
        draft = await blog.author.done("UpdatePost", id=post, expectedVersion=version - 1, slug=new)
        assert (draft["version"], draft["hasDraft"], draft["slug"]) == (version, True, old)
        assert await blog.resolve(new) == ("MISSING", f"/blog/{new}")
        assert (await blog.bring_out(post, version))["hasDraft"] is False

    await blog.until_read(THIRD, BETTER_TITLE)
    for old in (FIRST, SECOND):
        assert await blog.follow(old) == (301, f"/blog/{THIRD}")
        assert await blog.resolve(old) == ("MOVED", f"/blog/{THIRD}")
    assert await blog.resolve(THIRD) == ("FOUND", f"/blog/{THIRD}")


async def go_back(blog: Blog, post: str) -> None:
    """Take up what it said first, which readers see once it is out, and not before."""
    revisions = (await blog.editor.ask("PostRevisions", id=post))["post"]["revisions"]["nodes"]
    titles = {each["version"]: each["content"]["title"] for each in revisions}
    assert titles == {1: TITLE, 2: BETTER_TITLE, 3: BETTER_TITLE, 4: BETTER_TITLE}

    restored = await blog.author.done("RestorePostRevision", id=post, expectedVersion=4, version=1)

    assert (restored["version"], restored["status"], restored["draftStatus"]) == (5, "PUBLISHED", "DRAFT")
    assert (await blog.title(THIRD), await blog.title(FIRST)) == (BETTER_TITLE, None)
    assert await blog.follow(FIRST) == (301, f"/blog/{THIRD}")
    await blog.bring_out(post, 5)
    await blog.until_read(FIRST, TITLE)
    assert await blog.follow(THIRD) == (301, f"/blog/{FIRST}")


async def assert_told_once(blog: Blog, told: Follower) -> None:
    """Nothing was told since it came out: the next thing that followers hear is another post."""
    byline = await blog.editor.done("CreateAuthor", name="Hana Bekele")
    other = await blog.author.done("CreatePost", author=byline["id"], title="Tea", excerpt="Hot.", body="Black.")
    await blog.bring_out(other["id"], 1)
    assert [event["id"] for event in await told.all_until(id=other["id"])] == [other["id"]]
