"""Pages of text go the way of posts: written, approved by somebody else, out when they are due, found and moved."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.viewer import VISITOR, Viewer
from domain.publishing_due import publish_due
from models import Page, PublishingStatus
from resolvers.ids import decode_id_of, encode_id
from tests.api import data_of
from tests.editors import document, edited, editor
from tests.factories import PUBLISHED_AT, add_page, new_id, shared_engine, writing
from tests.statements import execute, scalar

Json = dict[str, Any]
SOON = {"at": "2100-01-01T06:00:00Z", "timeZone": "Africa/Addis_Ababa"}


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has pages of its own."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def almaz(shop: AsyncEngine) -> Viewer:
    """An editor."""
    return await editor(shop)


@pytest.fixture(scope="module")
async def dawit(shop: AsyncEngine) -> Viewer:
    """Another one."""
    return await editor(shop)


async def read(engine: AsyncEngine, slug: str, viewer: Viewer = VISITOR) -> Json | None:
    """What the viewer reads at the address."""
    found: Json | None = (await data_of(engine, document("TextPage"), {"slug": slug}, viewer))["page"]
    return found


async def test_page_is_written_approved_by_another_and_comes_out_when_due(
    shop: AsyncEngine, almaz: Viewer, dawit: Viewer
) -> None:
    text = "# Returns\n\nWithin *14* days."
    page = (await edited(shop, almaz, "CreatePage", title="Returns policy", body=text))["id"]
    await edited(shop, almaz, "SubmitPage", id=page, expectedVersion=1)
    own = await edited(shop, almaz, "ApprovePage", id=page, expectedVersion=1)
    approved = await edited(shop, dawit, "ApprovePage", id=page, expectedVersion=1)
    planned = await edited(shop, dawit, "SchedulePage", id=page, expectedVersion=1, **SOON)
    assert (own["__typename"], approved["status"], planned["status"]) == ("OwnWork", "APPROVED", "SCHEDULED")
    assert await read(shop, "returns-policy") is None

    key = decode_id_of("Page", page)
    await execute(shop, update(Page).where(Page.id == key).values(scheduled_at=PUBLISHED_AT))
    async with AsyncSession(shop) as session, session.begin():
        assert await publish_due(session) is False

    found = await read(shop, "returns-policy")
    assert found == {
        **(found or {}),
        "title": "Returns policy",
        "bodyHtml": '<h1 id="s-returns">Returns</h1>\n<p>Within <em>14</em> days.</p>',
        "tableOfContents": [{"level": 1, "text": "Returns", "anchor": "s-returns"}],
    }


async def test_draft_beside_a_page_is_nobodys_business_until_it_comes_out(
    shop: AsyncEngine, almaz: Viewer, dawit: Viewer
) -> None:
    async with writing(shop) as session:
        row = await add_page(session, slug="terms", title="Terms", body="Pay first.")
    page = encode_id("Page", row.id)
    changed = await edited(shop, almaz, "UpdatePage", id=page, expectedVersion=1, title="Terms of sale", slug="sale")
    assert (changed["hasDraft"], changed["slug"]) == (True, "terms")
    assert ((await read(shop, "terms")) or {})["title"] == "Terms"
    assert await read(shop, "sale") is None

    await edited(shop, almaz, "SubmitPage", id=page, expectedVersion=2)
    await edited(shop, dawit, "ApprovePage", id=page, expectedVersion=2)
    await edited(shop, dawit, "PublishPage", id=page, expectedVersion=2)

    moved = await data_of(shop, document("ResolvePath"), {"path": "/pages/terms"}, VISITOR, compiles=False)
    assert (moved["resolvePath"]["status"], moved["resolvePath"]["path"]) == ("MOVED", "/pages/sale")
    back = await edited(shop, almaz, "RestorePageRevision", id=page, expectedVersion=2, version=1)
    revisions = (await data_of(shop, document("PageRevisions"), {"id": page}, almaz))["page"]["revisions"]["nodes"]
    assert [each["content"]["title"] for each in revisions] == ["Terms", "Terms of sale", "Terms"]
    assert (back["version"], back["draftStatus"]) == (3, "DRAFT")


async def test_what_is_said_of_a_page_is_for_those_who_may_read_drafts(
    shop: AsyncEngine, almaz: Viewer, dawit: Viewer
) -> None:
    page = (await edited(shop, almaz, "CreatePage", title="Opening hours"))["id"]
    await edited(shop, almaz, "UpdatePage", id=page, expectedVersion=1, body="Always.")
    said = await edited(shop, dawit, "CommentOnPage", page=page, field="body", body=" On Sundays too? ")
    await edited(shop, dawit, "CommentOnPage", page=page, body="Fine.")
    wrong = await edited(shop, dawit, "CommentOnPage", page=page, field="excerpt", body="Short.")
    assert (said["version"], said["field"], said["body"]) == (2, "body", "On Sundays too?")
    assert [(each["path"], each["message"]) for each in wrong["fields"]] == [
        (["input", "field"], "A page has no such field.")
    ]
    for _ in range(2):
        resolved = await edited(shop, almaz, "ResolvePageComment", id=said["id"])
    listed = (await data_of(shop, document("PageComments"), {"id": page}, almaz))["page"]["comments"]["nodes"]
    assert [(each["field"], each["resolvedAt"]) for each in listed] == [("body", resolved["resolvedAt"]), (None, None)]
    nobody = encode_id("PageComment", new_id())
    assert (await edited(shop, almaz, "ResolvePageComment", id=nobody))["__typename"] == "CommentNotFound"
    query = "query($id: ID!) { node(id: $id) { id } }"
    assert (await data_of(shop, query, {"id": said["id"]}, VISITOR))["node"] is None


async def test_page_that_is_not_ready_does_not_come_out(shop: AsyncEngine, almaz: Viewer) -> None:
    async with writing(shop) as session:
        ready: dict[str, Any] = {"status": PublishingStatus.APPROVED, "published_at": None}
        row = await add_page(session, body="[Us](/pages/nobody)", seo_description="Short.", **ready)
    refused = await edited(shop, almaz, "PublishPage", id=encode_id("Page", row.id), expectedVersion=1)
    assert [finding["field"] for finding in refused["findings"]] == ["seoDescription", "body"]
    assert await scalar(shop, select(Page.status).where(Page.id == row.id)) is PublishingStatus.APPROVED


async def test_page_in_the_trash_is_there_for_nobody_and_keeps_its_slug(shop: AsyncEngine, almaz: Viewer) -> None:
    async with writing(shop) as session:
        row = await add_page(session, slug="about-us")
    page = encode_id("Page", row.id)
    put = await edited(shop, almaz, "TrashPages", items=[{"id": page, "expectedVersion": 1}])
    assert (put["results"][0]["outcome"], await read(shop, "about-us", almaz)) == ("DONE", None)
    assert (await edited(shop, almaz, "CreatePage", title="About us"))["__typename"] == "SlugTaken"
    await edited(shop, almaz, "RestorePages", ids=[page])
    assert await read(shop, "about-us") is not None
