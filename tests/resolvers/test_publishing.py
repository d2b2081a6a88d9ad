"""Posts go their way: written, reviewed by somebody else, approved, and out once, when they are due."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import cast, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.viewer import VISITOR, Viewer
from domain.content_kinds import POST
from domain.item_content import content_of
from domain.publishing_checks import find_gaps
from domain.publishing_due import REFUSED, UNFORESEEN, publish_due
from domain.publishing_moves import WAYS, Move
from domain.text_references import references_in
from models import Post, PublishingStatus, Revision, Role, Shop
from resolvers.ids import decode_id_of, encode_id
from tests.api import data_of
from tests.editors import edited, editor
from tests.factories import LATER, PUBLISHED_AT, add_author, add_post, shared_engine, writing
from tests.statements import execute, scalar

Json = dict[str, Any]

SOON = {"at": "2100-01-01T06:00:00Z", "timeZone": "Africa/Addis_Ababa"}
COMPLETE = {"excerpt": "How we roast.", "body": "Slowly. [All of it](/blog)"}


@pytest.fixture(scope="module")
async def blog(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has posts of its own."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def almaz(blog: AsyncEngine) -> Viewer:
    """An editor."""
    return await editor(blog)


@pytest.fixture(scope="module")
async def writer(blog: AsyncEngine) -> Viewer:
    """An author."""
    return await editor(blog, Role.AUTHOR)


async def approved_post(engine: AsyncEngine, **overrides: Any) -> str:
    """The id of a post that may come out."""
    async with writing(engine) as session:
        given = {"status": PublishingStatus.APPROVED, "published_at": None, **COMPLETE, **overrides}
        return encode_id("Post", (await add_post(session, **given)).id)


def keys_of(*posts: str) -> list[UUID]:
    """The keys in ids of posts."""
    return [decode_id_of("Post", post) for post in posts]


async def make_due(engine: AsyncEngine, *posts: str) -> None:
    """Let the time come for which the posts were scheduled."""
    await execute(engine, update(Post).where(Post.id.in_(keys_of(*posts))).values(scheduled_at=PUBLISHED_AT))


async def work(engine: AsyncEngine) -> None:
    """What a worker does when the clock says so."""
    is_more = True
    while is_more:
        async with AsyncSession(engine) as session, session.begin():
            is_more = await publish_due(session)


async def title_for(engine: AsyncEngine, viewer: Viewer, post: str) -> str | None:
    """What the viewer reads of the post, if there is one."""
    found = (await data_of(engine, "query($id: ID!) { post(id: $id) { title } }", {"id": post}, viewer))["post"]
    return found and found["title"]  # type: ignore[no-any-return]


async def test_way_of_a_post(blog: AsyncEngine, almaz: Viewer, writer: Viewer) -> None:
    async with writing(blog) as session:
        author = await add_author(session, user_id=writer.user_id)
    made = await edited(blog, writer, "CreatePost", author=encode_id("Author", author.id), title="Roasting", **COMPLETE)
    post = made["id"]
    sent = await edited(blog, writer, "SubmitPost", id=post, expectedVersion=1)
    back = await edited(blog, almaz, "RequestPostChanges", id=post, expectedVersion=1)
    said = await edited(blog, almaz, "CommentOnPost", post=post, field="title", body="Say what.")
    assert (sent["status"], back["status"]) == ("IN_REVIEW", "CHANGES_REQUESTED")
    assert (said["version"], said["field"], said["resolvedAt"]) == (1, "title", None)
    await edited(blog, writer, "UpdatePost", id=post, expectedVersion=1, title="Roasting coffee")
    assert (await edited(blog, writer, "ResolvePostComment", id=said["id"]))["resolvedAt"] is not None
    await edited(blog, writer, "SubmitPost", id=post, expectedVersion=2)

    stale = await edited(blog, almaz, "ApprovePost", id=post, expectedVersion=1)
    early = await edited(blog, almaz, "PublishPost", id=post, expectedVersion=2)
    assert (stale["__typename"], early["__typename"], early["status"]) == ("Conflict", "MoveNotAllowed", "IN_REVIEW")
    assert early["message"] == "This version is in review and cannot be published."
    assert (await edited(blog, almaz, "ApprovePost", id=post, expectedVersion=2))["status"] == "APPROVED"
    planned = await edited(blog, almaz, "SchedulePost", id=post, expectedVersion=2, **SOON)
    assert (planned["status"], planned["scheduledAt"]) == ("SCHEDULED", "2100-01-01T06:00:00.000Z")
    await work(blog)
    assert await title_for(blog, VISITOR, post) is None

    await make_due(blog, post)
    await asyncio.gather(work(blog), work(blog))
    assert await title_for(blog, VISITOR, post) == "Roasting coffee"
    assert (await edited(blog, almaz, "ArchivePost", id=post, expectedVersion=2))["status"] == "ARCHIVED"
    assert await title_for(blog, VISITOR, post) is None
    assert (await edited(blog, almaz, "ReopenPost", id=post, expectedVersion=2))["status"] == "DRAFT"


async def test_draft_of_what_is_out_comes_out_when_it_is_published(blog: AsyncEngine, almaz: Viewer) -> None:
    post = await approved_post(blog, title="Out", status=PublishingStatus.PUBLISHED, published_at=PUBLISHED_AT)
    helper = await editor(blog)
    await edited(blog, helper, "UpdatePost", id=post, expectedVersion=1, title="Newer", tags=["New"])
    await edited(blog, helper, "SubmitPost", id=post, expectedVersion=2)
    ready = await edited(blog, almaz, "ApprovePost", id=post, expectedVersion=2)
    assert (ready["status"], ready["draftStatus"], await title_for(blog, VISITOR, post)) == (
        "PUBLISHED",
        "APPROVED",
        "Out",
    )
    touched = await edited(blog, helper, "UpdatePost", id=post, expectedVersion=2, excerpt="Approved is not this.")
    unready = await edited(blog, almaz, "PublishPost", id=post, expectedVersion=touched["version"])
    assert (unready["__typename"], unready["status"]) == ("MoveNotAllowed", "DRAFT")
    await edited(blog, helper, "SubmitPost", id=post, expectedVersion=3)
    await edited(blog, almaz, "ApprovePost", id=post, expectedVersion=3)
    out = await edited(blog, almaz, "PublishPost", id=post, expectedVersion=3)
    assert (out["status"], out["draftStatus"], out["hasDraft"]) == ("PUBLISHED", None, False)
    assert out["publishedAt"] == "2026-01-05T08:30:00.000Z", "It came out then, and is a newer version of it now."
    assert await title_for(blog, VISITOR, post) == "Newer"

    restored = await edited(blog, almaz, "RestorePostRevision", id=post, expectedVersion=3, version=1)
    assert (restored["version"], restored["draftStatus"], await title_for(blog, VISITOR, post)) == (4, "DRAFT", "Newer")
    absent = await edited(blog, almaz, "RestorePostRevision", id=post, expectedVersion=4, version=9)
    assert absent["__typename"] == "RevisionNotFound"
    archived = await edited(blog, almaz, "ArchivePost", id=post, expectedVersion=4)
    assert (archived["hasDraft"], await title_for(blog, almaz, post)) == (False, "Out")


async def test_nobody_approves_their_own_post_unless_the_shop_wishes_it(blog: AsyncEngine, almaz: Viewer) -> None:
    async with writing(blog) as session:
        hers = await add_author(session, user_id=almaz.user_id)
        row = await add_post(session, hers, status=PublishingStatus.DRAFT, **COMPLETE)
    post = encode_id("Post", row.id)
    await edited(blog, await editor(blog), "SubmitPost", id=post, expectedVersion=1)
    own = await edited(blog, almaz, "ApprovePost", id=post, expectedVersion=1)
    assert own["message"] == "You wrote this or handed it in; somebody else has to approve it."
    admin = await editor(blog, Role.ADMIN)
    await edited(blog, admin, "UpdatePublishingPolicy", approvesOwnPosts=True)
    assert (await edited(blog, almaz, "ApprovePost", id=post, expectedVersion=1))["status"] == "APPROVED"
    await edited(blog, admin, "UpdatePublishingPolicy", approvesOwnPosts=False)


async def test_nobody_approves_what_they_made_of_the_post_of_another(blog: AsyncEngine, almaz: Viewer) -> None:
    writer = await editor(blog, Role.AUTHOR)
    async with writing(blog) as session:
        author = await add_author(session, user_id=writer.user_id)
    made = await edited(blog, writer, "CreatePost", author=encode_id("Author", author.id), title="Tea", **COMPLETE)
    post = made["id"]
    await edited(blog, writer, "SubmitPost", id=post, expectedVersion=1)
    await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, body="All of it is new.")
    own = await edited(blog, almaz, "ApprovePost", id=post, expectedVersion=2)
    assert own["__typename"] == "OwnWork"
    assert (await edited(blog, await editor(blog), "ApprovePost", id=post, expectedVersion=2))["status"] == "APPROVED"


async def test_checks_say_all_that_keeps_a_post_from_coming_out(blog: AsyncEngine, almaz: Viewer) -> None:
    body = "![](/a.webp) [gone](/blog/not-there) [file](/media/a.pdf) [this](/blog/way-in)"
    body += "\n\n::post[way-in]\n::product[none]"
    await approved_post(blog, slug="way-in", status=PublishingStatus.PUBLISHED, published_at=PUBLISHED_AT)
    post = await approved_post(blog, excerpt=" ", body=body, seo_description="Short.", featured_image_url="/b.webp")
    refused = await edited(blog, almaz, "PublishPost", id=post, expectedVersion=1)
    assert refused["findings"] == [
        {"field": "excerpt", "message": "It is empty."},
        {"field": "seoDescription", "message": "It has 6 characters; search engines show 50 to 160."},
        {"field": "featuredImageAlt", "message": "The picture is not described for those who do not see it."},
        {"field": "body", "message": "Pictures in it that are not described: 1."},
        {"field": "body", "message": "The link /blog/not-there leads nowhere."},
        {"field": "body", "message": "There is no product “none” to embed."},
    ]
    assert await title_for(blog, VISITOR, post) is None


async def test_checks_read_a_text_as_readers_do(blog: AsyncEngine, almaz: Viewer) -> None:
    """Code is no link. A link by reference is one, and so is one that names the shop's own site, or is in a table."""
    body = "`[code](/blog/in-code)`\n\n    ![](/indented.webp)\n\n```\n[fenced](/blog/fenced)\n![](/x.webp)\n```\n\n"
    body += "[By reference][1] and [elsewhere](https://other.example/blog/none) \\![none](/blog/no-picture)\n\n"
    body += "| a |\n| --- |\n| [cell](https://shop.example/blog/of-cell) ![ ][2] |\n\n"
    body += "[1]: /blog/by-reference\n[2]: /silent.webp\n"
    await execute(blog, update(Shop).values(site_url="https://shop.example"))
    post = await approved_post(blog, body=body)
    refused = await edited(blog, almaz, "PublishPost", id=post, expectedVersion=1)
    assert [each["message"] for each in refused["findings"]] == [
        "Pictures in it that are not described: 1.",
        "The link /blog/by-reference leads nowhere.",
        "The link /blog/no-picture leads nowhere.",
        "The link https://shop.example/blog/of-cell leads nowhere.",
    ]


async def test_slug_of_a_draft_that_is_taken_meanwhile_keeps_it_from_coming_out(
    blog: AsyncEngine, almaz: Viewer
) -> None:
    """The schedule says why, and the others of the batch come out."""
    post = await approved_post(blog, status=PublishingStatus.PUBLISHED, published_at=PUBLISHED_AT)
    await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, slug="wanted-by-two")
    key = decode_id_of("Post", post)
    planned = {"draft_status": PublishingStatus.SCHEDULED, "scheduled_at": PUBLISHED_AT}
    await execute(blog, update(Post).where(Post.id == key).values(**planned))
    await approved_post(blog, slug="wanted-by-two")
    other = await approved_post(blog, status=PublishingStatus.SCHEDULED, scheduled_at=PUBLISHED_AT)
    await work(blog)
    row = (await blog_rows(blog, key))[0]
    assert (row.status, row.draft_status) == (PublishingStatus.PUBLISHED, PublishingStatus.APPROVED)
    assert row.schedule_error == (
        "The checks found what keeps this from coming out (1). Mend it first. slug: Another post has it."
    )
    assert await title_for(blog, VISITOR, other) is not None


async def blog_rows(engine: AsyncEngine, *keys: Any) -> list[Any]:
    """Those posts as they are stored."""
    async with engine.connect() as connection:
        return list(await connection.execute(select(Post.__table__).where(Post.id.in_(keys))))


async def test_several_workers_publish_each_once_and_what_is_over_goes(blog: AsyncEngine) -> None:
    """One changes a post at most once, as the audit log tells; what comes and goes at one instant comes first."""
    due = {"status": PublishingStatus.SCHEDULED, "scheduled_at": PUBLISHED_AT}
    posts = [await approved_post(blog, **due) for _ in range(30)]
    brief = await approved_post(blog, **due, unpublish_at=PUBLISHED_AT)
    trashed = await approved_post(blog, **due, deleted_at=PUBLISHED_AT)
    later = await approved_post(blog, **{**due, "scheduled_at": LATER})
    await asyncio.gather(*(work(blog) for _ in range(4)))
    keys = [decode_id_of("Post", post) for post in (*posts, brief, trashed, later)]
    statuses = {row.id: row.status for row in await blog_rows(blog, *keys)}
    assert [statuses[key] for key in keys[:30]] == [PublishingStatus.PUBLISHED] * 30
    assert [statuses[key] for key in keys[30:]] == ["ARCHIVED", "SCHEDULED", "SCHEDULED"]
    told = text(
        "SELECT count(*) FROM audit_log WHERE table_name = 'posts' AND row_key = ANY (:keys)"
        " AND new_values ->> 'status' = 'PUBLISHED' AND action = 'UPDATE'"
    )
    assert await scalar(blog, told.bindparams(keys=[str(key) for key in keys])) == 31


REFUSING = (
    (
        "CREATE FUNCTION refuse_cursed() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE check_violation USING MESSAGE = 'No cursed posts.'; END $$"
    ),
    (
        "CREATE TRIGGER cursed BEFORE UPDATE ON posts FOR EACH ROW "
        "WHEN (NEW.title = 'Cursed' AND NEW.status <> OLD.status AND NEW.status IN ('PUBLISHED', 'ARCHIVED')) "
        "EXECUTE FUNCTION refuse_cursed()"
    ),
)
"""A rule of the database that no check knows of."""


async def test_post_that_the_database_refuses_keeps_none_of_the_others(blog: AsyncEngine) -> None:
    """Neither from coming out nor from going; it is not tried again and again, and says why."""
    due = {"status": PublishingStatus.SCHEDULED, "scheduled_at": PUBLISHED_AT}
    over = {"status": PublishingStatus.PUBLISHED, "published_at": PUBLISHED_AT, "unpublish_at": PUBLISHED_AT}
    posts = [await approved_post(blog, title=title, **plan) for plan in (due, over) for title in ("Cursed", "Fine")]
    for statement in REFUSING:
        await execute(blog, text(statement))
    await work(blog)
    await execute(blog, text("DROP FUNCTION refuse_cursed() CASCADE"))
    rows = {row.id: row for row in await blog_rows(blog, *keys_of(*posts))}
    told = [(rows[key].status, rows[key].schedule_error) for key in keys_of(*posts)]
    assert told == [("APPROVED", REFUSED), ("PUBLISHED", None), ("PUBLISHED", REFUSED), ("ARCHIVED", None)]
    assert rows[decode_id_of("Post", posts[2])].unpublish_at is None


async def test_post_that_nobody_can_read_keeps_none_of_the_others(
    blog: AsyncEngine, almaz: Viewer, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither from coming out nor from going: one whose newest version holds what no version may hold."""
    due: Json = {"draft_status": PublishingStatus.SCHEDULED, "scheduled_at": PUBLISHED_AT}
    over: Json = {"unpublish_at": PUBLISHED_AT}
    out = {"status": PublishingStatus.PUBLISHED, "published_at": PUBLISHED_AT}
    posts = [await approved_post(blog, title=f"Before {number}", **out) for number in range(4)]
    for post, plan in zip(posts, (due, due, over, over), strict=True):
        await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, excerpt="Written anew.")
        await execute(blog, update(Post).where(Post.id == decode_id_of("Post", post)).values(**plan))
    unreadable = [decode_id_of("Post", post) for post in posts[::2]]
    broken = Revision.content.concat(cast({"category_id": "of no kind"}, JSONB))
    newest = (Revision.row_id.in_(unreadable), Revision.version == 2)
    await execute(blog, update(Revision).where(*newest).values(content=broken))

    await work(blog)

    rows = {row.id: row for row in await blog_rows(blog, *keys_of(*posts))}
    told = [(rows[key].status, rows[key].draft_status, rows[key].schedule_error) for key in keys_of(*posts)]
    assert told == [
        ("PUBLISHED", "APPROVED", UNFORESEEN),
        ("PUBLISHED", None, None),
        ("PUBLISHED", "DRAFT", UNFORESEEN),
        ("ARCHIVED", None, None),
    ]
    assert [rows[key].unpublish_at for key in keys_of(*posts)] == [None] * 4
    for key in unreadable:
        assert f"The post {key} can neither come out nor go." in caplog.messages


async def test_link_to_a_former_slug_leads_on_when_it_is_published_as_when_it_is_planned(
    blog: AsyncEngine, almaz: Viewer
) -> None:
    async with writing(blog) as session:
        moved = await add_post(session, slug="where-it-was")
    await execute(blog, update(Post).where(Post.id == moved.id).values(slug="where-it-is"))
    post = await approved_post(blog, title="Linking", body="[Before](/blog/where-it-was)")
    planned = await edited(blog, almaz, "SchedulePost", id=post, expectedVersion=1, **SOON)
    assert planned["status"] == "SCHEDULED"
    await make_due(blog, post)
    await work(blog)
    assert await title_for(blog, VISITOR, post) == "Linking"


async def test_end_of_a_plan_that_came_to_nothing_does_not_come(blog: AsyncEngine, almaz: Viewer) -> None:
    """Whether it was taken back, or the post was edited, or it did not pass the checks when it was due."""
    ending = {**SOON, "until": "2100-02-01T06:00:00Z"}
    waiting, rewritten, failing = [await approved_post(blog, title="Stays") for _ in range(3)]
    for post in (waiting, rewritten, failing):
        planned = await edited(blog, almaz, "SchedulePost", id=post, expectedVersion=1, **ending)
        assert planned["status"] == "SCHEDULED"
    over = {"scheduled_at": PUBLISHED_AT, "unpublish_at": PUBLISHED_AT + timedelta(hours=1)}
    await execute(blog, update(Post).where(Post.id == decode_id_of("Post", failing)).values(excerpt="", **over))
    await edited(blog, almaz, "UnschedulePost", id=waiting, expectedVersion=1)
    await edited(blog, almaz, "UpdatePost", id=rewritten, expectedVersion=1, excerpt="Rewritten.")
    await work(blog)
    for post in (waiting, rewritten):
        assert await scalar(blog, select(Post.unpublish_at).where(Post.id == decode_id_of("Post", post))) is None

    mended = {"excerpt": "Mended.", "status": PublishingStatus.APPROVED}
    await execute(blog, update(Post).where(Post.id.in_(keys_of(rewritten, failing))).values(mended))
    for post, version in ((waiting, 1), (rewritten, 2), (failing, 1)):
        assert (await edited(blog, almaz, "PublishPost", id=post, expectedVersion=version))["status"] == "PUBLISHED"
    await work(blog)
    assert [await title_for(blog, VISITOR, post) for post in (waiting, rewritten, failing)] == ["Stays"] * 3


async def test_end_of_a_plan_of_a_draft_is_none_of_what_readers_see_meanwhile(blog: AsyncEngine, almaz: Viewer) -> None:
    """Whether it was taken back, or the draft was edited, or it did not pass the checks when it was due."""
    out = {"status": PublishingStatus.PUBLISHED, "published_at": PUBLISHED_AT}
    ending = {**SOON, "until": "2100-02-01T06:00:00Z"}
    waiting, rewritten, failing = posts = [await approved_post(blog, title="Stays", **out) for _ in range(3)]
    for post in posts:
        await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, title="Newer", body="[Away](/blog/away)")
    approved = update(Post).where(Post.id.in_(keys_of(*posts))).values(draft_status=PublishingStatus.APPROVED)
    await execute(blog, approved)
    async with writing(blog) as session:
        away = await add_post(session, slug="away")
    for post in posts:
        planned = await edited(blog, almaz, "SchedulePost", id=post, expectedVersion=2, **ending)
        assert (planned["draftStatus"], planned["unpublishAt"]) == ("SCHEDULED", "2100-02-01T06:00:00.000Z")
    await execute(blog, update(Post).where(Post.id == away.id).values(status=PublishingStatus.ARCHIVED))
    over = {"scheduled_at": PUBLISHED_AT, "unpublish_at": PUBLISHED_AT + timedelta(hours=1)}
    await execute(blog, update(Post).where(Post.id.in_(keys_of(failing))).values(**over))

    await edited(blog, almaz, "UnschedulePost", id=waiting, expectedVersion=2)
    await edited(blog, almaz, "UpdatePost", id=rewritten, expectedVersion=2, excerpt="Rewritten.")
    await work(blog)

    rows = await blog_rows(blog, *keys_of(*posts))
    assert [(row.status, row.unpublish_at) for row in rows] == [(PublishingStatus.PUBLISHED, None)] * 3
    stages = {encode_id("Post", row.id): row.draft_status for row in rows}
    assert [stages[post] for post in posts] == ["APPROVED", "DRAFT", "APPROVED"]
    assert [await title_for(blog, VISITOR, post) for post in posts] == ["Stays"] * 3


async def test_end_of_what_is_out_stays_while_it_is_edited(blog: AsyncEngine, almaz: Viewer) -> None:
    out = {"status": PublishingStatus.PUBLISHED, "published_at": PUBLISHED_AT, "unpublish_at": LATER}
    post = await approved_post(blog, title="Sale", **out)
    await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, title="Longer sale")
    await edited(blog, almaz, "SubmitPost", id=post, expectedVersion=2)
    assert await scalar(blog, select(Post.unpublish_at).where(Post.id == decode_id_of("Post", post))) == LATER


async def test_end_of_what_is_out_is_planned_without_a_new_version(blog: AsyncEngine, almaz: Viewer) -> None:
    """A draft beside it stands where it stood, and the end may be taken back."""
    out = {"status": PublishingStatus.PUBLISHED, "published_at": PUBLISHED_AT}
    post, other = [await approved_post(blog, title="Sale", **out) for _ in range(2)]
    await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, title="Longer sale")
    planned = await edited(blog, almaz, "SchedulePost", id=post, expectedVersion=2, until="2100-01-01T06:00:00Z")
    assert (planned["version"], planned["status"], planned["draftStatus"]) == (2, "PUBLISHED", "DRAFT")
    assert (planned["scheduledAt"], planned["unpublishAt"]) == (None, "2100-01-01T06:00:00.000Z")
    stays = await edited(blog, almaz, "SchedulePost", id=post, expectedVersion=2, until=None)
    assert (stays["status"], stays["unpublishAt"]) == ("PUBLISHED", None)

    await edited(blog, almaz, "SchedulePost", id=other, expectedVersion=1, until="2100-01-01T06:00:00Z")
    over = update(Post).where(Post.id == decode_id_of("Post", other)).values(unpublish_at=PUBLISHED_AT)
    await execute(blog, over)
    await work(blog)
    assert [await title_for(blog, VISITOR, each) for each in (post, other)] == ["Sale", None]


async def test_end_without_sense_is_refused(blog: AsyncEngine, almaz: Viewer) -> None:
    """Of what readers do not see; in the past; before the waiting draft comes out; and a plan of nothing."""
    hidden = await approved_post(blog)
    refused = await edited(blog, almaz, "SchedulePost", id=hidden, expectedVersion=1, until="2100-01-01T06:00:00Z")
    assert (refused["__typename"], refused["status"]) == ("MoveNotAllowed", "APPROVED")

    out = {"status": PublishingStatus.PUBLISHED, "published_at": PUBLISHED_AT, "unpublish_at": LATER}
    post = await approved_post(blog, **out)
    await edited(blog, almaz, "UpdatePost", id=post, expectedVersion=1, title="Newer")
    waits = {"draft_status": PublishingStatus.SCHEDULED, "scheduled_at": LATER + timedelta(days=2)}
    await execute(blog, update(Post).where(Post.id == decode_id_of("Post", post)).values(**waits))
    for given, path in (
        ({"until": "2020-01-01T00:00:00Z"}, "until"),
        ({"until": (LATER + timedelta(days=1)).isoformat()}, "until"),
        ({"until": None, "timeZone": "Addis"}, "timeZone"),
        ({"timeZone": "Africa/Addis_Ababa"}, "at"),
    ):
        faulty = await edited(blog, almaz, "SchedulePost", id=post, expectedVersion=2, **given)
        assert [field["path"] for field in faulty["fields"]] == [["input", path]]
    stale = await edited(blog, almaz, "SchedulePost", id=post, expectedVersion=1, until=None)
    assert stale["__typename"] == "Conflict"
    assert await scalar(blog, select(Post.unpublish_at).where(Post.id == decode_id_of("Post", post))) == LATER


async def test_rescheduled_post_does_not_come_out_at_its_old_time(blog: AsyncEngine, almaz: Viewer) -> None:
    post = await approved_post(blog, status=PublishingStatus.SCHEDULED, scheduled_at=PUBLISHED_AT)
    await edited(blog, almaz, "SchedulePost", id=post, expectedVersion=1, **SOON)
    await work(blog)
    assert await title_for(blog, VISITOR, post) is None
    await make_due(blog, post)
    waits = await edited(blog, almaz, "UnschedulePost", id=post, expectedVersion=1)
    await work(blog)
    assert (waits["status"], await title_for(blog, VISITOR, post)) == ("APPROVED", None)


@pytest.mark.parametrize(
    ("plan", "path"),
    [
        ({"at": "2020-01-01T00:00:00Z"}, "at"),
        ({**SOON, "until": "2100-01-01T06:00:00Z"}, "until"),
        ({**SOON, "timeZone": "Addis"}, "timeZone"),
        ({**SOON, "timeZone": "Factory"}, "timeZone"),
    ],
)
async def test_plans_without_sense_are_refused(blog: AsyncEngine, almaz: Viewer, plan: Json, path: str) -> None:
    post = await approved_post(blog)
    refused = await edited(blog, almaz, "SchedulePost", id=post, expectedVersion=1, **plan)
    assert [field["path"] for field in refused["fields"]] == [["input", path]]


def test_every_move_ends_elsewhere_or_begins_anew() -> None:
    """What is out leaves by the archive alone, and nothing comes out that nobody approved."""
    out = {move for move, way in WAYS.items() if PublishingStatus.PUBLISHED in way.since}
    assert out == {Move.ARCHIVE}
    assert WAYS[Move.PUBLISH].since == {PublishingStatus.APPROVED, PublishingStatus.SCHEDULED}
    assert {way.to for way in WAYS.values()} == set(PublishingStatus)


async def test_complete_post_has_no_gaps(blog: AsyncEngine) -> None:
    key = decode_id_of("Post", await approved_post(blog))
    async with AsyncSession(blog) as session:
        content = await content_of(session, POST, await session.get_one(Post, key))
    assert [*find_gaps(content, references_in(content["body"]))] == []
