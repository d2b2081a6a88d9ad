"""Old links: any slug that something ever bore leads to it in one step, over GraphQL and over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer, viewer_with_role
from models import (
    Author,
    Base,
    Category,
    FormerSlug,
    Page,
    Post,
    PostCategory,
    Product,
    PublishingStatus,
    Role,
    Service,
    Shop,
)
from resolvers.ids import encode_id
from tests.api import data_of
from tests.factories import (
    LATER,
    add_author,
    add_category,
    add_page,
    add_post,
    add_post_category,
    add_product,
    add_service,
    shared_engine,
    writing,
)
from tests.mutations import changed
from tests.signed_in import Door, open_door
from tests.statements import execute

QUERIES = Path(__file__).parents[2] / "queries"
RESOLVE = (QUERIES / "ResolvePath.graphql").read_text()
UPDATE = (QUERIES / "UpdateSite.graphql").read_text()
STAFF = viewer_with_role(Role.ADMIN)

KINDS: Mapping[type[Base], tuple[str, Callable[..., Awaitable[Base]]]] = {
    Product: ("/products/{}", add_product),
    Category: ("/categories/{}", add_category),
    Service: ("/services/{}", add_service),
    Post: ("/blog/{}", add_post),
    PostCategory: ("/blog/categories/{}", add_post_category),
    Author: ("/authors/{}", add_author),
    Page: ("/pages/{}", add_page),
}
"""What has pages, where they are, and how to make one."""


class Site(NamedTuple):
    """A database, and a server on it."""

    engine: AsyncEngine
    door: Door

    async def resolve(self, path: str, viewer: Viewer = VISITOR) -> Any:
        """What a path leads to, without its object unless it is there."""
        found = (await data_of(self.engine, RESOLVE, {"path": path}, viewer, compiles=False))["resolvePath"]
        return found if found["status"] == "FOUND" else {name: found[name] for name in ("status", "path")}

    def follow(self, path: str) -> tuple[int, str | None]:
        """The status and the target of an answer over HTTP."""
        answer = self.door.http.get(f"/r{path}", follow_redirects=False)
        return answer.status_code, answer.headers.get("location")

    async def rename(self, row: Base, *slugs: str) -> None:
        """Give the row one slug after the other, each for good."""
        for slug in slugs:
            await execute(self.engine, update(type(row)).where(type(row).id == row.id).values(slug=slug))


@pytest.fixture(scope="module")
async def site(postgres: str, migrated: str) -> AsyncIterator[Site]:
    """One for all tests here, each of which has slugs of its own."""
    async with shared_engine(postgres, migrated) as engine:
        with open_door(engine.sync_engine.get_execution_options()["url"]) as door:
            yield Site(engine, door)


def moved(path: str) -> dict[str, Any]:
    """The answer that sends a reader on."""
    return {"status": "MOVED", "path": path}


def missing(path: str) -> dict[str, Any]:
    """The answer where there is nothing."""
    return {"status": "MISSING", "path": path}


@pytest.mark.parametrize("model", KINDS, ids=lambda model: model.__name__)
async def test_any_former_slug_leads_to_the_current_one_in_one_step(site: Site, model: type[Base]) -> None:
    pattern, add = KINDS[model]
    name = model.__tablename__
    first, second, third = (f"{name}-{word}".replace("_", "-") for word in ("first", "second", "third"))
    async with writing(site.engine) as session:
        row: Any = await add(session, slug=first)
    await site.rename(row, second, third)

    node = {"__typename": model.__name__, "id": encode_id(model.__name__, row.id)}
    found = {"status": "FOUND", "path": pattern.format(third), "node": node}
    assert await site.resolve(pattern.format(third)) == found
    for old in (first, second):
        assert await site.resolve(pattern.format(old)) == moved(pattern.format(third))
        assert site.follow(pattern.format(old)) == (301, pattern.format(third))
    assert site.follow(pattern.format("nothing")) == (404, None)


async def test_whoever_bears_a_slug_comes_before_whoever_bore_it(site: Site) -> None:
    async with writing(site.engine) as session:
        first = await add_product(session, slug="fought-for")
    await site.rename(first, "given-up")
    async with writing(site.engine) as session:
        second = await add_product(session, slug="fought-for")
    answer = await site.resolve("/products/fought-for")
    assert (answer["status"], answer["node"]["id"]) == ("FOUND", encode_id("Product", second.id))

    await site.rename(second, "given-up-too")
    assert await site.resolve("/products/fought-for") == moved("/products/given-up-too")
    async with writing(site.engine) as session:
        await session.execute(delete(Product).where(Product.id == second.id))
    assert await site.resolve("/products/fought-for") == moved("/products/given-up")


async def test_a_slug_that_is_taken_back_is_no_former_one(site: Site) -> None:
    async with writing(site.engine) as session:
        row = await add_service(session, slug="here")
    await site.rename(row, "there", "here")
    former = select(FormerSlug.slug).where(FormerSlug.service_id == row.id)
    async with writing(site.engine) as session:
        assert list(await session.scalars(former)) == ["there"]
    assert (await site.resolve("/services/here"))["status"] == "FOUND"
    assert await site.resolve("/services/there") == moved("/services/here")


async def test_no_link_leads_to_what_the_viewer_may_not_see(site: Site) -> None:
    soon: dict[str, Any] = {"status": PublishingStatus.SCHEDULED, "published_at": None, "scheduled_at": LATER}
    async with writing(site.engine) as session:
        draft = await add_post(session, slug="draft-a", status=PublishingStatus.DRAFT, published_at=None)
        early = await add_post(session, slug="early-a", published_at=func.now() + timedelta(days=1))
        scheduled = await add_post(session, slug="scheduled-a", **soon)
        hidden = await add_product(session, slug="hidden-a", is_active=False)
        shown = await add_product(session, slug="shown-a")
    for row, slug in ((draft, "draft-b"), (early, "early-b"), (scheduled, "scheduled-b"), (shown, "hidden-a-free")):
        await site.rename(row, slug)
    await site.rename(hidden, "shown-a", "hidden-b")

    for path in ("/blog/draft-a", "/blog/early-a", "/blog/scheduled-a", "/products/hidden-a", "/products/hidden-b"):
        assert await site.resolve(path) == missing(path)
        assert site.follow(path) == (404, None)
    assert await site.resolve("/products/shown-a") == moved("/products/hidden-a-free")
    assert await site.resolve("/blog/draft-a", STAFF) == moved("/blog/draft-b")
    assert await site.resolve("/products/hidden-a", STAFF) == moved("/products/hidden-b")


async def test_other_ways_to_write_an_address_lead_to_the_right_one(site: Site) -> None:
    async with writing(site.engine) as session:
        await add_product(session, slug="injera")
        await add_product(session, slug="እንጀራ")
    encoded = "/products/%E1%8A%A5%E1%8A%95%E1%8C%80%E1%88%AB"
    for path in ("/products/Injera", "/Products/injera/", "/products/%69njera?utm=1"):
        assert await site.resolve(path) == moved("/products/injera")
    for path in ("/products/እንጀራ", encoded, f"{encoded}?a=1#b"):
        answer = await site.resolve(path)
        assert (answer["status"], answer["path"]) == ("FOUND", encoded)
    assert site.follow("/products/Injera?utm=1&a=%20") == (301, "/products/injera?utm=1&a=%20")


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "products/injera", "/products/", "/products/a/b", "/products/%00", "/products/%ED%A0%80"),
        *("/" + 3_000 * "a", "/products/" + 1_000 * "a", "/%FF%FE", "/products/{slug}", "//evil.example/products/x"),
    ],
)
async def test_odd_paths_lead_nowhere(site: Site, path: str) -> None:
    assert await site.resolve(path) == missing(path)


async def test_pages_move_with_the_patterns_of_the_shop(postgres: str, migrated: str) -> None:
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            product = await add_product(session, slug="old")
            await add_post(session, slug="news")
        patterns = {"productPath": "/{slug}", "postPath": "/{slug}", "siteUrl": "https://shop.example/en"}
        answer = (await changed(engine, UPDATE, {"input": patterns}, STAFF))["updateSite"]
        assert answer["siteUrl"] == "https://shop.example/en"
        assert answer["paths"]["product"] == "/{slug}"
        assert answer["paths"]["category"] == "/categories/{slug}"
        with open_door(engine.sync_engine.get_execution_options()["url"]) as door:
            site = Site(engine, door)
            await site.rename(product, "new")
            assert site.follow("/old") == (301, "https://shop.example/en/new")
            assert site.follow("/news") == (301, "https://shop.example/en/news")


async def test_a_site_is_refused_when_no_address_can_be_made_of_it(site: Site) -> None:
    wrong = {"siteUrl": "shop.example", "productPath": "/products", "postPath": "/a/{slug}/{slug}"}
    answer = (await changed(site.engine, UPDATE, {"input": wrong}, STAFF))["updateSite"]
    assert answer["__typename"] == "InvalidInput"
    assert [field["path"] for field in answer["fields"]] == [["input", name] for name in wrong]
    async with writing(site.engine) as session:
        assert (await session.execute(select(Shop.site_url, Shop.product_path))).one() == (None, "/products/{slug}")
