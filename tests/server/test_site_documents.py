"""Sitemaps, feeds and robots.txt: whole, kept by caches, and without a word of what visitors may not see."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.robotparser import RobotFileParser

import feedparser  # type: ignore[import-untyped]
import feedparser_rs
import httpx
import pytest
from lxml import etree  # type: ignore[import-untyped]
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Post, PostCategory, Product, PublishingStatus, Shop
from resolvers.site_pages import FeedPost
from server.site_documents import entry_of
from server.sitemaps import NAMESPACE
from tests.factories import (
    LATER,
    PUBLISHED_AT,
    add_author,
    add_category,
    add_post,
    add_post_category,
    add_product,
    add_service,
    shared_engine,
    writing,
)
from tests.signed_in import open_door
from tests.statements import execute

SITE = "https://shop.example"
PROTOCOL = etree.XMLSchema(file=Path(__file__).parents[1] / "data" / "sitemaps" / "protocol.xsd")
POST = f"{SITE}/blog/%E1%8A%A5%E1%8A%95%E1%8C%80%E1%88%AB&co"
PICTURE = "https://images.example/a.webp"
FORMS = ("rss", "atom", "json")


class Blog(NamedTuple):
    """A database, a client of a server on it, and the published post."""

    engine: AsyncEngine
    http: httpx.Client
    post: Post

    def get(self, path: str, **headers: str) -> httpx.Response:
        """An answer."""
        return self.http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def pages(self) -> dict[str, str | None]:
        """Every page of every sitemap, and when it was changed."""
        index = located(self.get("/sitemap.xml"), "sitemapindex")
        found: dict[str, str | None] = {}
        for address in index:
            assert address.startswith(f"{SITE}/sitemaps/")
            found |= located(self.get(address.removeprefix(SITE)), "urlset")
        return found


def located(answer: httpx.Response, name: str) -> dict[str, str | None]:
    """What a document lists, which keeps to the protocol: each address, and when it was changed."""
    root = etree.fromstring(answer.content)
    PROTOCOL.assertValid(root)
    assert root.tag == f"{{{NAMESPACE}}}{name}"
    return {each[0].text: each[1].text for each in root}


@pytest.fixture(scope="module")
async def blog(postgres: str, migrated: str) -> AsyncIterator[Blog]:
    """A shop with one of everything that visitors see, and all kinds of things that they do not."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            author = await add_author(session, slug="selam", name="Selam & Sons")
            section = await add_post_category(session, slug="news", name="News <now>")
            shown: dict[str, Any] = {"category_id": section.id, "excerpt": "5 < 6 & 7\x0b", "body": "# Hello ]]>"}
            shown["featured_image_url"] = PICTURE
            post = await add_post(session, author, slug="እንጀራ&co", title='<b>"Injera"</b>', **shown)
            hidden: dict[str, dict[str, Any]] = {
                "draft": {"status": PublishingStatus.DRAFT, "published_at": None},
                "archived": {"status": PublishingStatus.ARCHIVED},
                "scheduled": {"status": PublishingStatus.SCHEDULED, "published_at": None, "scheduled_at": LATER},
                "early": {"published_at": datetime.now(UTC) + timedelta(days=1)},
            }
            for name, state in hidden.items():
                await add_post(session, author, slug=f"hidden-{name}", title=f"Hidden {name}", **state)
            await add_product(session, slug="switch")
            await add_product(session, slug="hidden-product", is_active=False)
            await add_category(session, slug="networking")
            await add_category(session, slug="hidden-category", is_active=False)
            await add_service(session, slug="consulting")
            await add_service(session, slug="hidden-service", is_visible=False)
            await session.execute(update(Shop).values(site_url=SITE, name="Merkato & Co", description="A <shop>"))
        with open_door(engine.sync_engine.get_execution_options()["url"]) as door:
            yield Blog(engine, door.http, post)


def test_sitemaps_list_what_visitors_see(blog: Blog) -> None:
    paths = ("products/switch", "categories/networking", "services/consulting", "blog/categories/news", "authors/selam")
    assert set(blog.pages()) == {f"{SITE}/", POST, *(f"{SITE}/{path}" for path in paths)}


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_feeds_are_read_by_an_outside_parser(blog: Blog, form: str) -> None:
    answer = blog.get(f"/feeds/posts.{form}")
    read = feedparser.parse(answer.content, response_headers=dict(answer.headers))
    assert not read.bozo, read.get("bozo_exception")
    assert (read.feed.title, read.feed.link) == ("Merkato & Co", f"{SITE}/")
    (entry,) = read.entries
    assert (entry.id, entry.title, entry.author) == (blog.post.id.urn, '<b>"Injera"</b>', "Selam & Sons")
    assert entry.link == POST
    assert entry.summary == "5 < 6 & 7"
    assert [tag.term for tag in entry.tags] == ["News <now>"]
    assert time.mktime(entry.published_parsed) == time.mktime(PUBLISHED_AT.timetuple())


def test_json_feed_keeps_its_rules(blog: Blog) -> None:
    answer = blog.get("/feeds/posts.json")
    assert answer.headers["content-type"] == "application/feed+json"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["title"], feed["home_page_url"]) == ("Merkato & Co", f"{SITE}/")
    assert feed["feed_url"] == f"{SITE}/feeds/posts.json"
    (item,) = feed["items"]
    assert item.pop("date_modified") >= item["date_published"]
    assert item == {
        "id": blog.post.id.urn,
        "url": POST,
        "title": '<b>"Injera"</b>',
        "summary": "5 < 6 & 7\x0b",
        "content_text": "# Hello ]]>",
        "date_published": "2026-01-05T08:30:00Z",
        "authors": [{"name": "Selam & Sons"}],
        "tags": ["News <now>"],
        "image": PICTURE,
    }


def test_json_feed_is_read_by_an_outside_parser(blog: Blog) -> None:
    read = feedparser_rs.parse(blog.get("/feeds/posts.json").content)
    assert (read.version, read.bozo) == ("json11", False)
    assert (unescape(read.feed.title), read.feed.link, read.feed.language) == ("Merkato & Co", f"{SITE}/", "en")
    (entry,) = read.entries
    assert (entry.id, entry.link) == (blog.post.id.urn, POST)
    assert (entry.author, entry.published) == ("Selam & Sons", "2026-01-05T08:30:00Z")
    assert [each.value for each in entry.content] == ["# Hello ]]>"]
    assert [each.term for each in entry.tags] == ["News <now>"]


async def test_picture_without_a_host_is_in_no_feed(blog: Blog) -> None:
    """Nobody who reads a feed elsewhere could load it."""
    of_post = update(Post).where(Post.id == blog.post.id)
    await execute(blog.engine, of_post.values(featured_image_url="/media/a.webp"))
    assert "image" not in blog.get("/feeds/posts.json").json()["items"][0]
    await execute(blog.engine, of_post.values(featured_image_url=PICTURE))


async def test_section_in_the_trash_is_in_no_feed(blog: Blog) -> None:
    of_section = update(PostCategory).where(PostCategory.id == blog.post.category_id)
    await execute(blog.engine, of_section.values(deleted_at=PUBLISHED_AT))
    told = [blog.get(f"/feeds/posts.{form}").text for form in FORMS]
    await execute(blog.engine, of_section.values(deleted_at=None))
    assert not any("News" in each for each in told)


def test_feeds_have_nothing_of_what_is_embedded(blog: Blog) -> None:
    post = Post(id=blog.post.id, slug="a", title="A", excerpt="", body="::product[lamp]", plain_text="", rendering=-2)
    post.updated_at = post.dated_at = PUBLISHED_AT
    assert entry_of(Shop(post_path="/blog/{slug}"), SITE, FeedPost(post, "Selam", None)).text == ""


@pytest.mark.parametrize("path", ["/robots.txt", "/sitemap.xml", *(f"/feeds/posts.{form}" for form in FORMS)])
def test_nothing_hidden_is_told_and_caches_keep_the_rest(blog: Blog, path: str) -> None:
    answer = blog.get(path)
    assert answer.status_code == 200
    assert "idden" not in answer.text
    assert answer.headers["cache-control"] == "public, max-age=600"
    again = blog.get(path, if_none_match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == answer.headers["etag"]
    assert ("last-modified" in answer.headers) == (path != "/robots.txt")
    head = blog.http.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])


def test_robots_are_told_of_the_sitemap_and_what_to_leave_alone(blog: Blog) -> None:
    lines = blog.get("/robots.txt").text.splitlines()
    assert lines == ["User-agent: *", "Disallow: /graphql", "Disallow: /r/", "", f"Sitemap: {SITE}/sitemap.xml"]
    robots = RobotFileParser()
    robots.parse(lines)
    assert robots.site_maps() == [f"{SITE}/sitemap.xml"]
    for path in ("/", "/products/switch", "/reviews", "/sitemap.xml", "/sitemaps/a.xml", "/feeds/posts.rss"):
        assert robots.can_fetch("Googlebot", f"{SITE}{path}"), path
    for path in ("/graphql", "/graphql?query=x", "/r/products/old"):
        assert not robots.can_fetch("Googlebot", f"{SITE}{path}"), path


async def test_sitemaps_change_with_what_is_shown(blog: Blog) -> None:
    async with writing(blog.engine) as session:
        product = await add_product(session, slug="fleeting")
    before = blog.get("/sitemap.xml").headers["etag"]
    assert f"{SITE}/products/fleeting" in blog.pages()
    await execute(blog.engine, update(Product).where(Product.id == product.id).values(is_active=False))
    assert f"{SITE}/products/fleeting" not in blog.pages()
    assert blog.get("/sitemap.xml", if_none_match=before).status_code == 200


async def test_many_pages_are_parted(blog: Blog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvers.site_pages.PAGES_A_SITEMAP", 2)
    async with writing(blog.engine) as session:
        authors = [(await add_author(session)).slug for _ in range(4)]
    index = located(blog.get("/sitemap.xml"), "sitemapindex")
    assert len([address for address in index if "/authors/" in address]) == 3
    assert {f"{SITE}/authors/{slug}" for slug in (*authors, "selam")} <= set(blog.pages())


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/posts.exe",
        "/sitemaps/users/00000000-0000-0000-0000-000000000000/ffffffff-ffff-ffff-ffff-ffffffffffff.xml",
        "/sitemaps/products/00000000-0000-0000-0000-000000000000/00000000-0000-0000-0000-000000000000.xml",
        "/sitemaps/products/a/b.xml",
    ],
)
def test_odd_addresses_are_not_found(blog: Blog, path: str) -> None:
    answer = blog.get(path)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_nothing_is_listed_without_a_site(postgres: str, migrated: str) -> None:
    async with shared_engine(postgres, migrated) as engine:
        with open_door(engine.sync_engine.get_execution_options()["url"]) as door:
            paths = ["/sitemap.xml", *(f"/feeds/posts.{form}" for form in FORMS)]
            assert {door.http.get(path).status_code for path in paths} == {404}
            assert "Sitemap" not in door.http.get("/robots.txt").text
            await execute(engine, update(Shop).values(site_url=SITE))
            assert [door.http.get(path).status_code for path in paths] == [200] * 4
            assert list(located(door.http.get("/sitemap.xml"), "sitemapindex")) == [f"{SITE}/sitemaps/home.xml"]
