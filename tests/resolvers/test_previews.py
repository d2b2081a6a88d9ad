"""A preview shows drafts as they would be if they were out, along every relation, and nothing else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.previews import Preview
from auth.viewer import VISITOR, Viewer
from domain.content_kinds import PAGE, POST
from domain.editing import open_item
from domain.preview_sql import SCHEMA
from domain.preview_views import KINDS
from domain.publishing import publish
from domain.rendering import render_texts
from models import ReleaseAction, Revision
from models.base import Base
from resolvers.ids import decode_id
from tests.api import codes_of, data_of
from tests.drafts import NEW, PREVIEWER, WORD, Drafts, add_drafts, add_items
from tests.editors import edited, editor
from tests.factories import add_release, add_release_item, new_id, shared_engine, writing
from tests.statements import execute

Json = dict[str, Any]

EVERYWHERE = """
    fragment AProduct on Product {
      name slug description descriptionHtml descriptionMarkdown
      features badge metadata rating inStock stockStatus canonicalUrl jsonLd
      price { amount currencyCode } compareAtPrice { amount } options { name values } specifications { name value }
      seo { title description } images { url altText position } tags { slug name }
      defaultVariant { id sku name price { amount } }
      variants(first: 20) { totalCount nodes {
        id sku name position price { amount } selectedOptions { name value } inStock stockStatus taxedPrice { net }
        image { url } product { name }
      } }
    }
    fragment AService on Service {
      title slug description descriptionHtml features jsonLd embeddedProducts { id slug } embeddedPosts { id slug }
      tiers { id name price { amount currencyCode } features position billingPeriod }
    }
    fragment APost on Post {
      title slug excerpt body bodyHtml tableOfContents { text level anchor } readingMinutes status
      seo { title } tags { slug } author { name } category { name } embeddedProducts { name } embeddedPosts { title }
    }
    fragment APage on Page { title slug body bodyHtml tableOfContents { text } readingMinutes seo { description }
      embeddedProducts { name } embeddedPosts { title }
    }
    query($post: ID!, $page: ID!, $product: ID!, $service: ID!, $ids: [ID!]!) {
      post(id: $post) { ...APost }
      page(id: $page) { ...APage }
      product(id: $product) { ...AProduct }
      service(id: $service) { ...AService }
      nodes(ids: $ids) { id ...APost ...APage ...AProduct ...AService }
      products(sort: NAME_ASC) { totalCount nodes { ...AProduct } }
      cheap: products(filter: { price: { max: "99.50" } }) { nodes { name } }
      tagged: products(filter: { tags: ["quokka"] }) { nodes { name } }
      found: products(search: "quokka") { nodes { name } }
      new: products(search: "numbat") { totalCount }
      services(sort: TITLE_ASC) { totalCount nodes { ...AService } }
      posts(sort: TITLE_ASC, filter: { status: PUBLISHED }) { totalCount nodes { ...APost } }
      pages { totalCount nodes { ...APage } }
      search(query: "quokka") { totalCount nodes { ... on Node { id } } }
      menu(code: "main") { items { label href } }
      authors { nodes { name posts(sort: TITLE_ASC) { totalCount nodes { title } } } }
    }
"""


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def almaz(shop: AsyncEngine) -> Viewer:
    """An editor."""
    return await editor(shop)


@pytest.fixture(scope="module")
async def drafts(shop: AsyncEngine, almaz: Viewer) -> Drafts:
    """Drafts of all kinds, which the tests leave as they are but for the last."""
    return await add_drafts(shop, almaz, await add_items(shop, almaz))


async def everything(engine: AsyncEngine, drafts: Drafts, viewer: Viewer) -> Json:
    """What the viewer reads in all places."""
    given = {kind.lower(): item for kind, item in drafts.waiting.by_kind.items()}
    ids = [*drafts.waiting.by_kind.values(), *drafts.new.by_kind.values()]
    found: Json = await data_of(engine, EVERYWHERE, {**given, "ids": ids}, viewer)
    return found


def own(found: Json) -> Json:
    """What was found of an item itself. What stands in its text may have a draft of its own."""
    return {name: value for name, value in found.items() if not name.startswith("embedded")}


async def test_views_have_the_columns_of_the_tables(shop: AsyncEngine) -> None:
    columns = text(
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns"
        f" WHERE table_schema IN ('{SCHEMA}', 'public') ORDER BY table_name, ordinal_position"
    )
    async with shop.connect() as connection:
        found: dict[str, dict[str, list[Any]]] = {SCHEMA: {}, "public": {}}
        for schema, table, *column in await connection.execute(columns):
            found[schema].setdefault(table, []).append(column)
    views = {name: said for name, said in found[SCHEMA].items() if not name.startswith("drafts_of_")}
    assert {kind.table_name for kind in KINDS} < views.keys() < Base.metadata.tables.keys()
    for name, said in views.items():
        assert sorted(said) == sorted(found["public"][name]), name


async def test_readers_see_no_draft(shop: AsyncEngine, drafts: Drafts) -> None:
    seen = str(await everything(shop, drafts, VISITOR))
    assert WORD not in seen
    assert NEW not in seen


async def test_preview_of_one_item_shows_all_others_as_readers_see_them(shop: AsyncEngine, drafts: Drafts) -> None:
    seen = await everything(shop, drafts, VISITOR)
    for kind, item in drafts.waiting.by_kind.items():
        table = {each.model.__name__: each.table_name for each in KINDS}[kind]
        previewer = Viewer(preview=Preview(frozenset({table}), decode_id(item).key))
        found = await everything(shop, drafts, previewer)
        of_item = kind.lower()
        assert WORD in str(found[of_item])
        others = [name for name in ("post", "page", "product", "service") if name != of_item]
        assert [own(found[name]) for name in others] == [own(seen[name]) for name in others]
        assert found[f"{of_item}s"]["totalCount"] == seen[f"{of_item}s"]["totalCount"]
        assert sum(node is not None for node in found["nodes"]) == len(drafts.waiting.by_kind)


async def test_preview_of_a_release_shows_what_it_does(shop: AsyncEngine, drafts: Drafts) -> None:
    async with writing(shop) as session:
        release = await add_release(session)
        for kind, item in {"Product": drafts.waiting.product, "Post": drafts.new.post}.items():
            await add_release_item(session, release, **{f"{kind.lower()}_id": decode_id(item).key})
        goes = {"action": ReleaseAction.UNPUBLISH, "service_id": decode_id(drafts.waiting.service).key}
        await add_release_item(session, release, **goes)
    previewer = Viewer(preview=Preview(release=release.id))
    found, seen = await everything(shop, drafts, previewer), await everything(shop, drafts, VISITOR)
    assert found["product"]["name"] == f"Lamp of the {WORD}"
    assert found["product"]["options"] == [{"name": "Colour", "values": ["Red quokka", "Black", "quokka white"]}]
    assert {node["title"] for node in found["posts"]["nodes"]} == {"Coffee", f"New {NEW}"}
    assert found["service"] is None
    assert found["services"] == {"totalCount": 0, "nodes": []}
    assert (own(found["post"]), own(found["page"])) == (own(seen["post"]), own(seen["page"]))
    assert WORD not in str(await everything(shop, drafts, Viewer(preview=Preview(release=new_id()))))


async def test_preview_grants_nothing(shop: AsyncEngine, drafts: Drafts) -> None:
    query = "query($id: ID!) { post(id: $id) { title internalNotes } }"
    assert await codes_of(shop, query, {"id": drafts.waiting.post}, PREVIEWER) == ["FORBIDDEN"]


async def test_worker_renders_drafts_that_nobody_has_rendered(shop: AsyncEngine, drafts: Drafts) -> None:
    """Those of before there were previews, and all of them after a release that renders otherwise."""
    query = "query($id: ID!) { post(id: $id) { bodyHtml readingMinutes tableOfContents { text } } }"
    given = {"id": drafts.waiting.post}
    shown = await data_of(shop, query, given, PREVIEWER)
    assert "<strong>small</strong>" in shown["post"]["bodyHtml"]
    await execute(shop, update(Revision).values(rendered=None))
    assert (await data_of(shop, query, given, PREVIEWER))["post"]["bodyHtml"] == ""
    async with AsyncSession(shop) as session, session.begin():
        assert not await render_texts(session)
    assert await data_of(shop, query, given, PREVIEWER) == shown


async def test_preview_is_what_comes_out(shop: AsyncEngine, drafts: Drafts, almaz: Viewer) -> None:
    """To the letter, in both executors: the views say what publishing writes."""
    shown = await everything(shop, drafts, PREVIEWER)
    for kind in ("Product", "Service"):
        await edited(shop, almaz, f"Publish{kind}", id=drafts.waiting.by_kind[kind], expectedVersion=2)
        await edited(shop, almaz, f"Publish{kind}", id=drafts.new.by_kind[kind], expectedVersion=1)
    await publish_texts(shop)
    came_out = await everything(shop, drafts, VISITOR)
    for name, value in came_out.items():
        assert shown[name] == value, name


async def publish_texts(engine: AsyncEngine) -> None:
    """Let all posts and pages come out, without being asked whether they are ready."""
    async with AsyncSession(engine) as session, session.begin():
        for kind in (POST, PAGE):
            for key in await session.scalars(select(kind.model.id)):
                await publish(session, await open_item(session, kind, key))
