"""What stands in a text by reference: there for whoever may see it, wherever its slug went, or told of."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.viewer import VISITOR, Viewer
from domain.embed_targets import find_missing_embeds
from domain.embeds import MOST_EMBEDS
from domain.publishing_checks import leads_somewhere
from domain.rendering import render_rows, render_texts
from models import ContentFinding, FindingKind, Post, Product, PublishingStatus
from resolvers.content_report import check_content
from resolvers.ids import decode_id_of, encode_id
from tests.api import data_of
from tests.editors import edited, editor
from tests.factories import add_page, add_post, add_product, new_id, shared_engine, writing
from tests.statements import execute

Json = dict[str, Any]

PAGE = """query($slug: String!) { page(slug: $slug) {
    bodyHtml embeddedProducts { id slug } embeddedPosts { slug embeddedProducts { slug } embeddedPosts { slug } }
} }"""
POST = "query($id: ID!) { post(id: $id) { body embeddedProducts { slug } } }"
SERVICE = "query($id: ID!) { service(id: $id) { descriptionHtml embeddedProducts { slug } } }"


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has items of its own."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def almaz(shop: AsyncEngine) -> Viewer:
    """An editor."""
    return await editor(shop)


async def write_page(engine: AsyncEngine, slug: str, body: str) -> None:
    """Let a page with that text be out."""
    async with writing(engine) as session:
        await render_rows(session, [await add_page(session, slug=slug, body=body)])


async def read_page(engine: AsyncEngine, slug: str, viewer: Viewer = VISITOR) -> Json:
    """What the viewer finds in it."""
    found: Json = (await data_of(engine, PAGE, {"slug": slug}, viewer))["page"]
    return found


async def rename(engine: AsyncEngine, key: Any, slug: str) -> None:
    """Give a product another slug."""
    await execute(engine, update(Product).where(Product.id == key).values(slug=slug))


async def approve(engine: AsyncEngine, post: str) -> None:
    """Let the draft of a post that is out be approved."""
    chosen = update(Post).where(Post.id == decode_id_of("Post", post))
    await execute(engine, chosen.values(draft_status=PublishingStatus.APPROVED))


async def test_what_stands_in_a_text_is_there_for_whoever_may_see_it(shop: AsyncEngine, almaz: Viewer) -> None:
    async with writing(shop) as session:
        await add_product(session, slug="lamp")
        await add_product(session, slug="secret-lamp", is_active=False)
        post = await add_post(session, slug="lamp-light", body="::product[lamp]\n\n::post[lamp-light]")
        await render_rows(session, [post])
    await write_page(shop, "lamps", "::product[secret-lamp]\n::product[lamp]\n::post[lamp-light]")

    lamp, secret = {"slug": "lamp"}, {"slug": "secret-lamp"}
    posts = [{"slug": "lamp-light", "embeddedProducts": [lamp], "embeddedPosts": [{"slug": "lamp-light"}]}]
    for viewer, products in ((VISITOR, [lamp]), (almaz, [lamp, secret])):
        found = await read_page(shop, "lamps", viewer)
        assert [{"slug": each["slug"]} for each in found["embeddedProducts"]] == products
        assert found["embeddedPosts"] == posts


async def test_embeds_stay_when_slugs_change(shop: AsyncEngine) -> None:
    """A text names what it was written of, and one that is written anew what bears the slug, or else bore it last."""
    async with writing(shop) as session:
        key = (await add_product(session, slug="kettle")).id
    samovar, place = encode_id("Product", key), '<div class="embed" data-embed="product" data-slug="{}" data-id="{}">'
    await write_page(shop, "old-text", "::product[kettle]")
    await rename(shop, key, "samovar")
    await write_page(shop, "later-text", "::product[kettle]")
    async with writing(shop) as session:
        kettle = encode_id("Product", (await add_product(session, slug="kettle")).id)
    await write_page(shop, "new-text", "::product[kettle]")

    for slug, product, name in (
        ("old-text", samovar, "samovar"),
        ("later-text", samovar, "samovar"),
        ("new-text", kettle, "kettle"),
    ):
        found = await read_page(shop, slug)
        assert found["embeddedProducts"] == [{"id": product, "slug": name}]
        assert found["bodyHtml"] == f"{place.format('kettle', product)}</div>"


async def test_release_may_embed_what_comes_out_with_it(shop: AsyncEngine, almaz: Viewer) -> None:
    """Even what was not there yet when the text was written."""
    async with writing(shop) as session:
        post = encode_id("Post", (await add_post(session, excerpt="All of them.", body="Lamps.")).id)
        goes = encode_id("Product", (await add_product(session, slug="old-lamp")).id)
    body = "::product[old-lamp]\n::product[coming-lamp]"
    await edited(shop, almaz, "UpdatePost", id=post, expectedVersion=1, body=body)
    await approve(shop, post)
    alone = await edited(shop, almaz, "PublishPost", id=post, expectedVersion=2)
    async with writing(shop) as session:
        comes = encode_id("Product", (await add_product(session, slug="coming-lamp", is_active=False)).id)
    release = await edited(shop, almaz, "CreateRelease", title="Lamps")
    together = [{"post": post}, {"product": comes}, {"product": goes, "action": "UNPUBLISH"}]
    filled = await edited(shop, almaz, "AddToRelease", id=release["id"], items=together)
    refused = await edited(shop, almaz, "PublishRelease", id=release["id"], expectedVersion=filled["version"])

    assert [each["message"] for each in alone["findings"]] == ["There is no product “coming-lamp” to embed."]
    messages = [each["message"] for item in refused["items"] for each in item["findings"]]
    assert messages == ["There is no product “old-lamp” to embed."]

    stays = await edited(shop, almaz, "CreateRelease", title="Lamps that stay")
    filled = await edited(shop, almaz, "AddToRelease", id=stays["id"], items=together[:2])
    await edited(shop, almaz, "PublishRelease", id=stays["id"], expectedVersion=filled["version"])
    found = await data_of(shop, POST, {"id": post})
    assert found["post"] == {"body": body, "embeddedProducts": [{"slug": "coming-lamp"}, {"slug": "old-lamp"}]}


async def test_embeds_come_back_with_the_text(shop: AsyncEngine, almaz: Viewer) -> None:
    async with writing(shop) as session:
        await add_product(session, slug="torch")
    made = await edited(shop, almaz, "CreatePage", title="Torches", body="::product[torch]")
    await edited(shop, almaz, "UpdatePage", id=made["id"], expectedVersion=1, body="None.")
    without = await read_page(shop, "torches", almaz)
    await edited(shop, almaz, "RestorePageRevision", id=made["id"], expectedVersion=2, version=1)
    again = await read_page(shop, "torches", almaz)
    assert without["embeddedProducts"] == []
    assert [each["slug"] for each in again["embeddedProducts"]] == ["torch"]


async def test_what_is_missing_is_told_of_until_it_is_there(shop: AsyncEngine, almaz: Viewer) -> None:
    """A service asks nobody before it comes out. The worker looks again for what its text embeds."""
    text = "We fit it.\n\n::product[awaited-lamp]"
    made = await edited(shop, almaz, "CreateService", title="Fitting", type="SUPPORT", description=text)
    await edited(shop, almaz, "PublishService", id=made["id"], expectedVersion=1)
    awaited = {"item_id": decode_id_of("Service", made["id"]), "kind": FindingKind.BROKEN_EMBED}

    async def told() -> list[str]:
        async with writing(shop) as session:
            assert await render_texts(session) is False
            await check_content(session)
            found = select(ContentFinding.detail).filter_by(**awaited)
            return list(await session.scalars(found))

    missing = await told()
    async with writing(shop) as session:
        key = encode_id("Product", (await add_product(session, slug="awaited-lamp")).id)
    there = await told()
    found = (await data_of(shop, SERVICE, {"id": made["id"]}))["service"]
    await execute(shop, update(Product).where(Product.slug == "awaited-lamp").values(is_active=False))

    assert (missing, there, await told()) == (["::product[awaited-lamp]"], [], ["::product[awaited-lamp]"])
    assert found["embeddedProducts"] == [{"slug": "awaited-lamp"}]
    assert f'data-id="{key}"' in found["descriptionHtml"]


async def test_text_embeds_a_few_of_a_kind(shop: AsyncEngine) -> None:
    many = range(MOST_EMBEDS + 1)
    async with AsyncSession(shop) as session, session.begin():
        for number in many:
            await add_post(session, slug=f"few-{number}")
        text, key = "\n".join(f"::post[few-{number}]" for number in many), new_id()
        page = await add_page(session, slug="many", body=text)
        await render_rows(session, [page])
        missing = await find_missing_embeds(session, {key: text}, leads_somewhere)
        assert len(page.embedded_posts) == MOST_EMBEDS
    assert missing == {key: ["It embeds 21 posts; 20 are the most."]}
