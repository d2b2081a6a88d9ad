"""What is found wrong with what is out: by rules of visitors, once, and until it is mended."""

from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import viewer_with_role
from domain.rendering import render_row
from models import FindingKind, Post, Product, PublishingStatus, Role, Shop
from resolvers.broken_references import internal_paths
from resolvers.content_report import check_content
from resolvers.ids import encode_id
from tests.api import data_of
from tests.editors import document
from tests.factories import (
    add_author,
    add_category,
    add_finding,
    add_page,
    add_post,
    add_product,
    add_service,
    writing,
)
from tests.statements import execute

BODY = """
[good](/blog/found) [former](/blog/bore-once) [shouted](https://shop.example/BLOG/Found/?a=1#b) [cart](/cart)
[gone][1] [draft](/blog/draft) [hidden](/products/hidden) [elsewhere](https://other.example/blog/gone)

[1]: /blog/gone "Gone"
"""


async def findings(engine: AsyncEngine) -> list[tuple[str, str, str]]:
    """Kind, item and detail of each, as editors are told after a look at everything."""
    async with writing(engine) as session:
        await check_content(session)
    viewer = viewer_with_role(Role.EDITOR)
    data: Any = await data_of(engine, document("ContentFindings"), {"first": 100}, viewer)
    assert data["contentFindings"]["totalCount"] == len(data["contentFindings"]["nodes"])
    return [(each["kind"], each["item"], each["detail"]) for each in data["contentFindings"]["nodes"]]


async def test_links_that_lead_nowhere_are_found_until_they_are_mended(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await session.execute(update(Shop).values(site_url="https://shop.example"))
        found = await add_post(session, slug="bore-once", title="Found")
        await add_post(session, slug="draft", title="Draft", status=PublishingStatus.DRAFT, published_at=None)
        product = await add_product(
            session, slug="hidden", is_active=False, description_html='<a href="/blog/gone">x</a>'
        )
        page = await add_page(session, title="Links", body=BODY)
        render_row(page)
    await execute(engine, update(Post).where(Post.id == found.id).values(slug="found"))

    page_id = encode_id("Page", page.id)
    broken = [("BROKEN_LINK", page_id, path) for path in ("/blog/draft", "/blog/gone", "/products/hidden")]
    assert await findings(engine) == broken
    assert await findings(engine) == broken

    async with writing(engine) as session:
        await session.execute(update(Product).values(is_active=True))
    hanging = ("BROKEN_LINK", encode_id("Product", product.id), "/blog/gone")
    assert sorted(await findings(engine)) == sorted([*broken[:2], hanging])


async def test_titles_and_descriptions_of_several_pages_are_found(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        author = await add_author(session, name="Selam")
        post = await add_post(session, author, title="Coffee", seo_description="All of it.")
        service = await add_service(session, title="Tasting", seo_title=" COFFEE ")
        await add_product(session, name="Coffee", seo_title="Beans", seo_description=" ")
        await add_product(session, name="Coffee", is_active=False)
        category = await add_category(session, name="Tea", seo_description="all of it.")

    assert sorted(await findings(engine)) == sorted(
        [
            ("DUPLICATE_DESCRIPTION", encode_id("Category", category.id), "all of it."),
            ("DUPLICATE_DESCRIPTION", encode_id("Post", post.id), "All of it."),
            ("DUPLICATE_TITLE", encode_id("Post", post.id), "Coffee"),
            ("DUPLICATE_TITLE", encode_id("Service", service.id), "COFFEE"),
        ]
    )


def test_paths_are_those_of_the_site() -> None:
    own = '<a href="/a">a</a> <a title="t" href="https://shop.example/b?x&amp;y">b</a>'
    html = own + ' <a href="//c/d">c</a> <img src="/e">'
    assert list(internal_paths(html, "https://shop.example")) == ["/a", "/b?x&y"]
    assert list(internal_paths(html, None)) == ["/a"]


async def test_editors_choose_kinds_of_findings(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        post = await add_post(session)
        await add_finding(session, post)
        await add_finding(session, post, kind=FindingKind.DUPLICATE_TITLE)

    async def kinds(**wanted: Any) -> list[str]:
        viewer = viewer_with_role(Role.EDITOR)
        data: Any = await data_of(engine, document("ContentFindings"), {"filter": wanted}, viewer)
        assert data["contentFindings"]["totalCount"] == len(data["contentFindings"]["nodes"])
        return sorted(each["kind"] for each in data["contentFindings"]["nodes"])

    assert await kinds() == ["BROKEN_LINK", "DUPLICATE_TITLE"]
    assert await kinds(kinds=["BROKEN_LINK", "DUPLICATE_DESCRIPTION"]) == ["BROKEN_LINK"]
    assert await kinds(**{"not": {"kinds": ["BROKEN_LINK"]}}) == ["DUPLICATE_TITLE"]
    assert await kinds(kinds=["DUPLICATE_DESCRIPTION"]) == []
