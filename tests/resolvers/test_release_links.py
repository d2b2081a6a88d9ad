"""Links among the items of a release: fine to approve, and to come out together, and not to come out alone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.previews import Preview
from auth.viewer import VISITOR, Viewer
from domain.publishing_due import publish_due
from models import Page, Post, PublishingStatus, Release, ReleaseStatus
from resolvers.ids import decode_id_of, encode_id
from tests.api import data_of
from tests.editors import edited, editor
from tests.factories import EARLIER, PUBLISHED_AT, add_page, add_post, shared_engine, writing
from tests.statements import execute, scalar

Json = dict[str, Any]

SOON = {"at": "2100-01-01T06:00:00Z", "timeZone": "Africa/Addis_Ababa"}
WAITS = {"status": PublishingStatus.IN_REVIEW, "published_at": None}


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has items of its own."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def almaz(shop: AsyncEngine) -> Viewer:
    """An editor."""
    return await editor(shop)


async def post_that_links(engine: AsyncEngine, slug: str) -> str:
    """The id of a post that waits for approval and links to a page with that slug."""
    async with writing(engine) as session:
        post = await add_post(session, None, excerpt="It.", body=f"[See](/pages/{slug}).", **WAITS)
    return encode_id("Post", post.id)


async def page_to_be(engine: AsyncEngine, slug: str, **overrides: Any) -> str:
    """The id of a page that waits for approval."""
    async with writing(engine) as session:
        return encode_id("Page", (await add_page(session, slug=slug, body="It.", **{**WAITS, **overrides})).id)


async def released(engine: AsyncEngine, viewer: Viewer, *items: Json) -> Json:
    """A release with those items."""
    made = await edited(engine, viewer, "CreateRelease", title="Spring")
    return await edited(engine, viewer, "AddToRelease", id=made["id"], items=list(items))


async def leads(engine: AsyncEngine, viewer: Viewer, move: str, post: str, **more: Any) -> str:
    """What the mutation gives of the post: its status, or what is wrong with it."""
    result = await edited(engine, viewer, move, id=post, expectedVersion=1, **more)
    return str(result["status"] if "status" in result else [each["message"] for each in result["findings"]])


async def test_link_to_what_comes_out_with_it_is_no_finding_at_approval(shop: AsyncEngine, almaz: Viewer) -> None:
    post, page = await post_that_links(shop, "spring"), await page_to_be(shop, "spring")
    nowhere = str(["The link /pages/spring leads nowhere."])
    assert await leads(shop, almaz, "ApprovePost", post) == nowhere
    await released(shop, almaz, {"page": page})
    assert await leads(shop, almaz, "ApprovePost", post) == nowhere, "It is in no release itself."
    release = await released(shop, almaz, {"page": page}, {"post": post})

    assert await leads(shop, almaz, "ApprovePost", post) == "APPROVED"

    assert await leads(shop, almaz, "PublishPost", post) == nowhere, "It would come out alone."
    assert await leads(shop, almaz, "SchedulePost", post, **SOON) == nowhere
    key = decode_id_of("Release", release["id"])
    query = 'query($id: ID!) { post(id: $id) { body } page(slug: "spring") { slug } }'
    found = await data_of(shop, query, {"id": post}, Viewer(preview=Preview(release=key)))
    assert found == {"post": {"body": "[See](/pages/spring)."}, "page": {"slug": "spring"}}
    assert await leads(shop, almaz, "ApprovePage", page) == "APPROVED"
    out = await edited(shop, almaz, "PublishRelease", id=release["id"], expectedVersion=release["version"])
    assert out["status"] == "PUBLISHED"
    assert await data_of(shop, query, {"id": post}, VISITOR) == found


async def test_release_without_what_its_item_links_to_does_not_come_out(shop: AsyncEngine, almaz: Viewer) -> None:
    post, page = await post_that_links(shop, "gone-off"), await page_to_be(shop, "gone-off")
    release = await released(shop, almaz, {"page": page}, {"post": post})
    assert await leads(shop, almaz, "ApprovePost", post) == "APPROVED"
    query = "query($id: ID!) { release(id: $id) { items { nodes { id page { id } } } } }"
    listed = (await data_of(shop, query, {"id": release["id"]}, almaz))["release"]["items"]["nodes"]
    entry = next(item["id"] for item in listed if item["page"])
    less = await edited(shop, almaz, "RemoveFromRelease", id=release["id"], items=[entry])

    refused = await edited(shop, almaz, "PublishRelease", id=release["id"], expectedVersion=less["version"])

    findings = [finding["message"] for item in refused["items"] for finding in item["findings"]]
    assert (refused["__typename"], findings) == ("ReleaseNotReady", ["The link /pages/gone-off leads nowhere."])


@pytest.mark.parametrize(
    ("status", "action", "slug", "outcome"),
    [
        (ReleaseStatus.ROLLED_BACK, "PUBLISH", "again", "APPROVED"),
        (ReleaseStatus.ARCHIVED, "PUBLISH", "put-away", "['The link /pages/put-away leads nowhere.']"),
        (ReleaseStatus.OPEN, "UNPUBLISH", "goes", "['The link /pages/goes leads nowhere.']"),
    ],
)
async def test_only_what_is_still_to_come_out_counts(  # noqa: PLR0917 - two fixtures and a case
    shop: AsyncEngine, almaz: Viewer, status: ReleaseStatus, action: str, slug: str, outcome: str
) -> None:
    """A page that is out counts by the slug of the draft beside it."""
    page = await page_to_be(shop, f"{slug}-now", status=PublishingStatus.PUBLISHED, published_at=PUBLISHED_AT)
    await edited(shop, almaz, "UpdatePage", id=page, expectedVersion=1, slug=slug)
    post = await post_that_links(shop, slug)
    release = await released(shop, almaz, {"page": page, "action": action}, {"post": post})
    moved = update(Release).where(Release.id == decode_id_of("Release", release["id"]))
    await execute(shop, moved.values(status=status, published_at=PUBLISHED_AT))
    assert await leads(shop, almaz, "ApprovePost", post) == outcome


async def test_links_to_old_slugs_come_out_with_releases_and_schedules(shop: AsyncEngine, almaz: Viewer) -> None:
    """They lead on, and were no finding at approval."""
    page = await page_to_be(shop, "old-terms", status=PublishingStatus.PUBLISHED, published_at=PUBLISHED_AT)
    await execute(shop, update(Page).where(Page.id == decode_id_of("Page", page)).values(slug="new-terms"))
    post, due = await post_that_links(shop, "old-terms"), await post_that_links(shop, "old-terms")
    for each in (post, due):
        assert await leads(shop, almaz, "ApprovePost", each) == "APPROVED"
    release = await released(shop, almaz, {"post": post})

    out = await edited(shop, almaz, "PublishRelease", id=release["id"], expectedVersion=release["version"])
    assert await leads(shop, almaz, "SchedulePost", due, **SOON) == "SCHEDULED"
    await execute(shop, update(Post).where(Post.id == decode_id_of("Post", due)).values(scheduled_at=EARLIER))
    async with writing(shop) as session:
        await publish_due(session)

    status = select(Post.status).where(Post.id == decode_id_of("Post", due))
    assert (out["status"], await scalar(shop, status)) == ("PUBLISHED", PublishingStatus.PUBLISHED)
    going = await released(shop, almaz, {"page": page, "action": "UNPUBLISH"}, {"post": await approved(shop, almaz)})
    refused = await edited(shop, almaz, "PublishRelease", id=going["id"], expectedVersion=going["version"])
    assert refused["items"][0]["findings"][0]["message"] == "The link /pages/old-terms leads nowhere."


async def approved(engine: AsyncEngine, viewer: Viewer) -> str:
    """The id of an approved post that links to an old slug."""
    post = await post_that_links(engine, "old-terms")
    await leads(engine, viewer, "ApprovePost", post)
    return post
