"""Releases: items that come out and go together or not at all, when they are due, and back again."""

from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select, cast, delete, event, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.permissions import Permission
from auth.viewer import VISITOR, Viewer
from domain.release_moves import RELEASE_WAYS, ReleaseMove
from domain.releases import MOST_ITEMS
from domain.releases_due import REFUSED, UNFORESEEN, publish_due_release
from domain.rendering import render_row
from models import Page, Post, PublishingStatus, Release, ReleaseItem, ReleaseStatus, Revision
from resolvers.ids import decode_id_of, encode_id
from tests.api import data_of, run
from tests.editors import document, edited, editor
from tests.factories import (
    EARLIER,
    PUBLISHED_AT,
    add_page,
    add_post,
    add_product,
    add_service,
    add_tag,
    add_tier,
    shared_engine,
    tag_post,
    writing,
)
from tests.statements import execute, scalar

Json = dict[str, Any]

COMPLETE = {"excerpt": "How we roast.", "body": "Slowly."}
READY = {"status": PublishingStatus.APPROVED, "published_at": None, **COMPLETE}
SOON = {"at": "2100-01-01T06:00:00Z", "timeZone": "Africa/Addis_Ababa"}
MOST_STATEMENTS = 25
"""For posts without drafts beside them; each kind of item has its own."""
SOME = 150
SEEN = """
    query($post: ID!, $page: ID!, $product: ID!, $service: ID!) {
        post(id: $post) { title bodyHtml tags { slug } publishedAt }
        page(id: $page) { title }
        product(id: $product) { name defaultVariant { price { amount } } }
        service(id: $service) { title tiers { name } }
    }
"""


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has items of its own."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def almaz(shop: AsyncEngine) -> Viewer:
    """An editor."""
    return await editor(shop)


async def approve(engine: AsyncEngine, model: type[Post | Page], key: str) -> None:
    """Let the draft of an item that is out be approved."""
    item = decode_id_of(model.__name__, key)
    await execute(engine, update(model).where(model.id == item).values(draft_status=PublishingStatus.APPROVED))


async def approved_post(engine: AsyncEngine, **overrides: Any) -> str:
    """The id of a post that may come out."""
    async with writing(engine) as session:
        return encode_id("Post", (await add_post(session, **{**READY, **overrides})).id)


async def released(engine: AsyncEngine, viewer: Viewer, *items: Mapping[str, str]) -> Json:
    """A release with those items."""
    made = await edited(engine, viewer, "CreateRelease", title=" Spring ")
    return await edited(engine, viewer, "AddToRelease", id=made["id"], items=list(items)) if items else made


def as_read(release: Json) -> Json:
    """What a move names."""
    return {"id": release["id"], "expectedVersion": release["version"]}


async def seen(engine: AsyncEngine, ids: Json) -> Json:
    """What visitors see of four items."""
    found: Json = await data_of(engine, SEEN, ids, VISITOR)
    return found


async def told(engine: AsyncEngine, viewer: Viewer, release: Json) -> Json:
    """The release as it is shown."""
    return (await data_of(engine, document("Release"), {"id": release["id"]}, viewer))["release"]  # type: ignore[no-any-return]


async def make_due(engine: AsyncEngine, release: Json) -> None:
    """Let the time come for which the release was scheduled."""
    key = decode_id_of("Release", release["id"])
    await execute(engine, update(Release).where(Release.id == key).values(scheduled_at=EARLIER))


async def work(engine: AsyncEngine) -> None:
    """What a worker does when the clock says so."""
    is_more = True
    while is_more:
        async with AsyncSession(engine) as session, session.begin():
            is_more = await publish_due_release(session)


async def drafts_of_each_kind(engine: AsyncEngine, almaz: Viewer) -> Json:
    """A post, a page and a service that are out with drafts beside them, and a product that is hidden."""
    async with writing(engine) as session:
        post = await add_post(session, title="Old post", excerpt="How we roast.", body="Slowly.")
        await tag_post(session, post, await add_tag(session, slug="old", name="Old"))
        page = await add_page(session, title="Old page", body="Old.", slug="old-page")
        product = await add_product(session, name="Old product", is_active=False)
        service = await add_service(session, title="Old service")
        tier = await add_tier(session, service, name="Old tier")
        render_row(post)
    rows = {"post": post, "page": page, "product": product, "service": service}
    ids = {name: encode_id(name.title(), row.id) for name, row in rows.items()}
    link = {"body": "[See](/pages/new-page)"}
    await edited(engine, almaz, "UpdatePost", id=ids["post"], expectedVersion=1, title="New post", tags=["New"], **link)
    await edited(engine, almaz, "UpdatePage", id=ids["page"], expectedVersion=1, title="New page", slug="new-page")
    await approve(engine, Post, ids["post"])
    await approve(engine, Page, ids["page"])
    tiers = [{"id": encode_id("ServiceTier", tier.id), "name": "New tier"}]
    await edited(
        engine, almaz, "UpdateService", id=ids["service"], expectedVersion=1, title="New service", updateTiers=tiers
    )
    return ids


async def test_release_of_every_kind_comes_out_at_once_and_goes_back(shop: AsyncEngine, almaz: Viewer) -> None:
    """A post may link to a page that comes out with it; a draft that was written since the release stays."""
    ids = await drafts_of_each_kind(shop, almaz)
    before = await seen(shop, ids)
    release = await released(shop, almaz, *({name: key} for name, key in ids.items()))
    assert (await seen(shop, ids), release["status"], release["version"]) == (before, "OPEN", 2)

    out = await edited(shop, almaz, "PublishRelease", **as_read(release))

    assert out["status"] == "PUBLISHED"
    after = await seen(shop, ids)
    assert after["post"] == {
        "title": "New post",
        "bodyHtml": '<p><a href="/pages/new-page" rel="noopener noreferrer">See</a></p>',
        "tags": [{"slug": "new"}],
        "publishedAt": "2026-01-05T08:30:00.000Z",
    }
    assert (after["page"], after["service"]) == (
        {"title": "New page"},
        {"title": "New service", "tiers": [{"name": "New tier"}]},
    )
    assert (before["product"], after["product"]["name"]) == (None, "Old product")
    moved = await data_of(shop, '{ resolvePath(path: "/pages/old-page") { status path } }', compiles=False)
    assert moved["resolvePath"] == {"status": "MOVED", "path": "/pages/new-page"}
    await edited(shop, almaz, "UpdatePost", id=ids["post"], expectedVersion=2, title="Newest post")

    back = await edited(shop, almaz, "RollBackRelease", **as_read(out))

    assert (back["status"], await seen(shop, ids)) == ("ROLLED_BACK", before)
    shown = await told(shop, almaz, release)
    post, page, product, service = (
        item[name] for item, name in zip(shown["items"]["nodes"], ("post", "page", "product", "service"), strict=True)
    )
    assert (post["title"], post["version"], post["draftStatus"]) == ("Old post", 3, "DRAFT")
    assert (page["version"], page["draftStatus"]) == (2, "APPROVED")
    versions = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Product { version } ... on Service { version } } }"
    kept = await data_of(shop, versions, {"ids": [product["id"], service["id"]]}, almaz)
    assert kept["nodes"] == [{"version": 1}, {"version": 2}]
    assert [event["status"] for event in shown["events"]["nodes"]] == ["ROLLED_BACK", "PUBLISHED", "OPEN"]

    await approve(shop, Post, ids["post"])
    again = await edited(shop, almaz, "PublishRelease", **as_read(back))
    assert (again["status"], (await seen(shop, ids))["post"]["title"]) == ("PUBLISHED", "Newest post")


async def test_what_keeps_items_from_coming_out_is_told_of_each_and_none_comes_out(
    shop: AsyncEngine, almaz: Viewer
) -> None:
    fine, empty = await approved_post(shop, title="Fine"), await approved_post(shop, title="Empty", excerpt=" ")
    draft = await approved_post(shop, title="Draft", status=PublishingStatus.DRAFT)
    lonely = await approved_post(shop, title="Lonely", body="[To](/blog/nowhere-at-all) [it](/blog/goes-now)")
    goes = await approved_post(shop, slug="goes-now", status=PublishingStatus.PUBLISHED, published_at=PUBLISHED_AT)
    items = [{"post": key} for key in (fine, empty, draft, lonely)]
    release = await released(shop, almaz, *items, {"post": goes, "action": "UNPUBLISH"})

    refused = await edited(shop, almaz, "PublishRelease", **as_read(release))

    assert refused["__typename"] == "ReleaseNotReady"
    assert {item["title"]: [each["message"] for each in item["findings"]] for item in refused["items"]} == {
        "Draft": [],
        "Empty": ["It is empty."],
        "Lonely": ["The link /blog/nowhere-at-all leads nowhere.", "The link /blog/goes-now leads nowhere."],
    }
    assert {item["title"]: item["message"] for item in refused["items"]}["Draft"] == (
        "This version is draft and cannot be published."
    )
    planned = await edited(shop, almaz, "ScheduleRelease", **as_read(release), **SOON)
    assert (planned["__typename"], len(planned["items"])) == ("ReleaseNotReady", 3)
    keys = [decode_id_of("Post", each) for each in (fine, empty, draft, lonely, goes)]
    out = select(func.count()).where(Post.id.in_(keys), Post.status == PublishingStatus.PUBLISHED)
    assert await scalar(shop, out) == 1
    entries = (await told(shop, almaz, release))["events"]["nodes"]
    assert [entry["status"] for entry in entries] == ["OPEN"], "What is refused leaves no trace."


async def test_item_that_is_meant_twice_is_not_put_into_a_release(shop: AsyncEngine, almaz: Viewer) -> None:
    post = await approved_post(shop)
    release = await edited(shop, almaz, "CreateRelease", title="Twice")
    wish = [{"post": post}, {"post": post, "action": "UNPUBLISH"}]

    refused = await edited(shop, almaz, "AddToRelease", id=release["id"], items=wish)

    assert refused["fields"] == [{"path": ["input", "items"], "message": "Each may stand there once."}]
    assert (await told(shop, almaz, release))["items"]["nodes"] == []


async def test_release_that_nobody_can_read_keeps_none_behind_it_from_coming_out(
    shop: AsyncEngine, almaz: Viewer, caplog: pytest.LogCaptureFixture
) -> None:
    """One with an item whose newest version holds what no version may hold."""
    posts = [await approved_post(shop, status=PublishingStatus.PUBLISHED, published_at=EARLIER) for _ in range(2)]
    for post in posts:
        await edited(shop, almaz, "UpdatePost", id=post, expectedVersion=1, title="Written anew")
        await approve(shop, Post, post)
    releases = [await released(shop, almaz, {"post": post}) for post in posts]
    for release in releases:
        await edited(shop, almaz, "ScheduleRelease", **as_read(release), **SOON)
        await make_due(shop, release)
    newest = (Revision.row_id == decode_id_of("Post", posts[0]), Revision.version == 2)
    broken = Revision.content.concat(cast({"category_id": "of no kind"}, JSONB))
    await execute(shop, update(Revision).where(*newest).values(content=broken))

    await work(shop)

    unreadable, fine = [await told(shop, almaz, release) for release in releases]
    assert (unreadable["status"], unreadable["lastError"]) == ("OPEN", UNFORESEEN)
    assert (fine["status"], fine["items"]["nodes"][0]["post"]["title"]) == ("PUBLISHED", "Written anew")
    key = decode_id_of("Release", releases[0]["id"])
    assert f"The release {key} cannot come out." in caplog.messages


async def test_release_comes_out_once_when_it_is_due_and_says_why_it_does_not(shop: AsyncEngine, almaz: Viewer) -> None:
    post, taken = await approved_post(shop, title="Due"), await approved_post(shop, **{**READY, "slug": "mine"})
    release = await released(shop, almaz, {"post": post})
    planned = await edited(shop, almaz, "ScheduleRelease", **as_read(release), **SOON)
    assert (planned["status"], planned["scheduledAt"]) == ("SCHEDULED", "2100-01-01T06:00:00.000Z")
    locked = await edited(shop, almaz, "AddToRelease", id=release["id"], items=[{"post": taken}])
    assert (locked["__typename"], locked["message"]) == (
        "ReleaseMoveNotAllowed",
        "This release is scheduled and cannot be changed.",
    )
    await work(shop)
    assert (await told(shop, almaz, release))["status"] == "SCHEDULED"
    waits = await edited(shop, almaz, "UnscheduleRelease", **as_read(planned))
    assert (waits["status"], waits["scheduledAt"]) == ("OPEN", None)

    both = await edited(shop, almaz, "AddToRelease", id=release["id"], items=[{"post": taken}])
    await edited(shop, almaz, "ScheduleRelease", **as_read(both), **SOON)
    await execute(shop, update(Post).where(Post.id == decode_id_of("Post", taken)).values(excerpt=""))
    await make_due(shop, release)
    await work(shop)
    failed = await told(shop, almaz, release)
    why = "This cannot be done, for 1 of its items."
    assert (failed["status"], failed["lastError"][: len(why)], failed["publishedAt"]) == ("OPEN", why, None)
    assert (failed["events"]["nodes"][0]["note"], failed["items"]["nodes"][0]["wasOut"]) == (failed["lastError"], None)

    await execute(shop, update(Post).where(Post.id == decode_id_of("Post", taken)).values(excerpt="Mended."))
    planned = await edited(shop, almaz, "ScheduleRelease", **as_read(failed), **SOON)
    assert planned["lastError"] is None
    await make_due(shop, release)
    for _ in range(2):
        await work(shop)
    done = await told(shop, almaz, release)
    assert [event["status"] for event in done["events"]["nodes"]][:2] == ["PUBLISHED", "SCHEDULED"]
    assert {item["post"]["status"] for item in done["items"]["nodes"]} == {"PUBLISHED"}
    late = await edited(shop, almaz, "UnscheduleRelease", **as_read(planned))
    assert late["message"] == "This release is published and cannot be taken off the schedule."


REFUSING = (
    (
        "CREATE FUNCTION refuse_cursed() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE check_violation USING MESSAGE = 'No cursed posts.'; END $$"
    ),
    (
        "CREATE TRIGGER cursed BEFORE UPDATE ON posts FOR EACH ROW "
        "WHEN (NEW.title = 'Cursed' AND NEW.status = 'PUBLISHED') EXECUTE FUNCTION refuse_cursed()"
    ),
)
"""A rule of the database that no check knows of."""


async def test_release_that_the_database_refuses_keeps_none_of_those_after_it(shop: AsyncEngine, almaz: Viewer) -> None:
    releases = []
    for title in ("Cursed", "Fine"):
        release = await released(shop, almaz, {"post": await approved_post(shop, title=title)})
        await edited(shop, almaz, "ScheduleRelease", **as_read(release), **SOON)
        await make_due(shop, release)
        releases.append(release)
    for statement in REFUSING:
        await execute(shop, text(statement))
    await work(shop)
    await execute(shop, text("DROP FUNCTION refuse_cursed() CASCADE"))
    cursed, fine = [await told(shop, almaz, release) for release in releases]
    assert (cursed["status"], cursed["lastError"], cursed["publishedAt"]) == ("OPEN", REFUSED, None)
    assert (fine["status"], fine["lastError"]) == ("PUBLISHED", None)


async def test_what_comes_back_has_no_end_of_a_plan_that_is_over(shop: AsyncEngine, almaz: Viewer) -> None:
    """The newer version was to come and to go, and came out with the release before; an end of its own stays."""
    out = {"status": PublishingStatus.PUBLISHED, "published_at": PUBLISHED_AT}
    planned = await approved_post(shop, title="Planned", **out)
    ending = await approved_post(shop, title="Ending", **out)
    for post in (planned, ending):
        await edited(shop, almaz, "UpdatePost", id=post, expectedVersion=1, title="Newer")
        await approve(shop, Post, post)
    until = {"until": "2100-02-01T06:00:00Z"}
    await edited(shop, almaz, "SchedulePost", id=planned, expectedVersion=2, **SOON, **until)
    await edited(shop, almaz, "SchedulePost", id=ending, expectedVersion=2, **until)
    release = await released(shop, almaz, {"post": planned}, {"post": ending})
    done = await edited(shop, almaz, "PublishRelease", **as_read(release))
    assert (await edited(shop, almaz, "RollBackRelease", **as_read(done)))["status"] == "ROLLED_BACK"
    keys = [decode_id_of("Post", post) for post in (planned, ending)]
    ends = [await scalar(shop, select(Post.unpublish_at).where(Post.id == key)) for key in keys]
    assert [end and end.isoformat() for end in ends] == [None, "2100-02-01T06:00:00+00:00"]


async def test_rolling_back_asks_about_what_went_another_way_since(shop: AsyncEngine, almaz: Viewer) -> None:
    posts = [await approved_post(shop, title=f"Way {number}") for number in range(3)]
    gone = await approved_post(shop, title="Gone", status=PublishingStatus.PUBLISHED, published_at=PUBLISHED_AT)
    items = [{"post": key} for key in posts]
    release = await released(shop, almaz, *items, {"post": gone, "action": "UNPUBLISH"})
    out = await edited(shop, almaz, "PublishRelease", **as_read(release))
    await edited(shop, almaz, "UpdatePost", id=posts[0], expectedVersion=1, title="Anew")
    await approve(shop, Post, posts[0])
    await edited(shop, almaz, "PublishPost", id=posts[0], expectedVersion=2)
    trashed = [{"id": posts[1], "expectedVersion": 1}]
    await edited(shop, almaz, "TrashPosts", items=trashed)

    refused = await edited(shop, almaz, "RollBackRelease", **as_read(out))

    assert refused["__typename"] == "ReleaseOvertaken"
    assert [(item["title"], item["message"]) for item in refused["items"]] == [
        ("Anew", "Readers see another version of it."),
        ("post", "It lies in the trash."),
    ]
    stay = [item["item"]["id"] for item in refused["items"]]
    back = await edited(shop, almaz, "RollBackRelease", **as_read(out), leaving=stay)
    assert back["status"] == "ROLLED_BACK"
    shown = await told(shop, almaz, release)
    assert shown["events"]["nodes"][0]["note"] == "Left as they are: 2."
    statuses = [item["post"] and item["post"]["status"] for item in shown["items"]["nodes"]]
    assert statuses == ["PUBLISHED", None, "APPROVED", "PUBLISHED"]
    key = decode_id_of("Post", posts[2])
    assert await scalar(shop, select(Post.published_at).where(Post.id == key)) is None


async def test_list_of_a_release_is_what_was_put_there(shop: AsyncEngine, almaz: Viewer) -> None:
    post = await approved_post(shop)
    release = await released(shop, almaz, {"post": post})
    other = await edited(shop, almaz, "AddToRelease", id=release["id"], items=[{"post": post, "action": "UNPUBLISH"}])
    [item] = (await told(shop, almaz, release))["items"]["nodes"]
    assert (item["action"], other["version"]) == ("UNPUBLISH", 3)
    stale = await edited(shop, almaz, "PublishRelease", **as_read(release))
    assert (stale["__typename"], stale["currentVersion"]) == ("Conflict", 3)
    nothing = {"post": encode_id("Post", decode_id_of("Release", release["id"]))}
    wrong = await edited(shop, almaz, "AddToRelease", id=release["id"], items=[nothing])
    none = await edited(shop, almaz, "AddToRelease", id=release["id"], items=[{}])
    assert [each["path"] for each in (*wrong["fields"], *none["fields"])] == [
        ["input", "items", "0", "post"],
        ["input", "items", "0"],
    ]
    bare = await edited(shop, almaz, "RemoveFromRelease", id=release["id"], items=[item["id"]])
    empty = await edited(shop, almaz, "PublishRelease", **as_read(bare))
    assert (empty["__typename"], empty["message"]) == ("ReleaseNotReady", "This release has no items.")
    named = await edited(shop, almaz, "UpdateRelease", **as_read(bare), notes="Later.")
    archived = await edited(shop, almaz, "ArchiveRelease", **as_read(named))
    assert archived["status"] == "ARCHIVED"
    assert (await edited(shop, almaz, "UpdateRelease", **as_read(named), title="x"))["status"] == "ARCHIVED"
    listed = await data_of(shop, document("Releases"), {"status": ["ARCHIVED"]}, almaz)
    assert [each["title"] for each in listed["releases"]["nodes"]] == ["Spring"]


async def test_whoever_fills_or_publishes_a_release_may_publish_what_is_in_it(shop: AsyncEngine, almaz: Viewer) -> None:
    async with writing(shop) as session:
        product = encode_id("Product", (await add_product(session, is_active=False)).id)
    release = await released(shop, almaz, {"product": product})
    bare = frozenset({Permission.CONTENT_READ, Permission.CONTENT_PUBLISH})
    writer = Viewer(user_id=almaz.user_id, grants=bare)
    for name, given in (
        ("AddToRelease", {"id": release["id"], "items": [{"product": product}]}),
        ("PublishRelease", as_read(release)),
    ):
        body = await run(shop, document(name), {"input": given}, writer, compiles=False)
        assert body["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
    assert (await told(shop, almaz, release))["status"] == "OPEN"


async def test_many_items_take_no_more_statements_than_a_few(shop: AsyncEngine, almaz: Viewer) -> None:
    """It is a thousand that a release may hold, and one more is refused. To publish some of them tells enough."""
    release = await released(shop, almaz)
    key = decode_id_of("Release", release["id"])
    async with writing(shop) as session:
        author = (await add_post(session)).author_id
        rows = text(
            "INSERT INTO posts (id, author_id, slug, title, excerpt, body, status) SELECT gen_random_uuid(), :author,"
            " 'many-' || n, 'Many', 'It.', 'It.', 'APPROVED' FROM generate_series(1, :most) AS n"
        )
        await session.execute(rows, {"author": author, "most": MOST_ITEMS})
        items = text(
            "INSERT INTO release_items (id, release_id, action, post_id) SELECT gen_random_uuid(), :release, 'PUBLISH',"
            " id FROM posts WHERE slug LIKE 'many-%'"
        )
        await session.execute(items, {"release": key})
    more = await edited(shop, almaz, "AddToRelease", id=release["id"], items=[{"post": await approved_post(shop)}])
    assert more["fields"][0]["message"] == "The release would have 1,001 items; 1,000 are the most."
    few = delete(ReleaseItem).where(ReleaseItem.release_id == key, ReleaseItem.id.not_in(select_some(key)))
    await execute(shop, few)
    sent: list[str] = []
    note = partial(_note, sent)
    event.listen(shop.sync_engine, "before_cursor_execute", note)
    try:
        out = await edited(shop, almaz, "PublishRelease", **as_read(release))
    finally:
        event.remove(shop.sync_engine, "before_cursor_execute", note)
    assert out["status"] == "PUBLISHED"
    assert len(sent) <= MOST_STATEMENTS, sent
    traces = select(func.count()).where(ReleaseItem.release_id == key, ReleaseItem.version_after == 1)
    assert await scalar(shop, traces) == SOME


def select_some(release_id: UUID) -> Select[UUID]:
    """The ids of some items of the release."""
    return select(ReleaseItem.id).where(ReleaseItem.release_id == release_id).limit(SOME)


def _note(sent: list[str], _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
    sent.append(statement)


def test_every_move_ends_elsewhere_and_nothing_leaves_the_archive() -> None:
    assert {way.to for way in RELEASE_WAYS.values()} == {*ReleaseStatus, None}
    assert {move for move, way in RELEASE_WAYS.items() if ReleaseStatus.PUBLISHED in way.since} == {
        ReleaseMove.ROLL_BACK,
        ReleaseMove.ARCHIVE,
    }
    assert [move for move, way in RELEASE_WAYS.items() if ReleaseStatus.ARCHIVED in way.since] == []
