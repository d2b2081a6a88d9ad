"""Categories are edited in versions, in a tree that neither loses a branch nor closes to a ring."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer
from domain.product_writing import put_products
from domain.products import CategoryPath, Fate, ProductData, VariantData
from models import Category, Role
from resolvers.ids import encode_id
from tests.api import codes_of, data_of
from tests.editors import edited, editor
from tests.factories import add_category, add_product, new_id, shared_engine, writing
from tests.statements import scalar

Json = dict[str, Any]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has categories of its own."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def almaz(shop: AsyncEngine) -> Viewer:
    """An editor."""
    return await editor(shop)


async def new_category(engine: AsyncEngine, **overrides: Any) -> str:
    """The id of a category."""
    async with writing(engine) as session:
        return encode_id("Category", (await add_category(session, **overrides)).id)


def lamp(slug: str, category: str | CategoryPath) -> ProductData:
    """A product of an import."""
    variants = (VariantData(sku=slug, price=Decimal(10)),)
    return ProductData(slug=slug, name="Lamp", variants=variants, category=category)


def read(*keys: str) -> list[Json]:
    """Items in their first version."""
    return [{"id": key, "expectedVersion": 1} for key in keys]


async def outcomes(engine: AsyncEngine, viewer: Viewer, name: str, **given: Any) -> list[str]:
    """What became of each."""
    return [each["outcome"] for each in (await edited(engine, viewer, name, **given))["results"]]


async def test_category_is_made_changed_and_put_back(shop: AsyncEngine, almaz: Viewer) -> None:
    top = await new_category(shop, slug="network")
    made = await edited(shop, almaz, "CreateCategory", name="Managed switches", parent=top, isActive=False)
    assert made == {
        "__typename": "Category",
        "id": made["id"],
        "version": 1,
        "slug": "managed-switches",
        "name": "Managed switches",
        "position": 0,
        "isActive": False,
        "parent": {"slug": "network"},
    }
    wish = {"id": made["id"], "expectedVersion": 1}
    hers = await edited(shop, almaz, "UpdateCategory", **wish, name="Switches", seoTitle="Buy switches")
    his = await edited(shop, almaz, "UpdateCategory", **wish, position=4, parent=None, isActive=True)
    rival = await edited(shop, almaz, "UpdateCategory", **wish, name="Hubs")
    assert (hers["version"], his["version"], his["name"], his["parent"]) == (2, 3, "Switches", None)
    assert (rival["__typename"], rival["conflictingFields"], rival["currentVersion"]) == ("Conflict", ["name"], 3)

    back = await edited(shop, almaz, "RestoreCategoryRevision", id=made["id"], expectedVersion=3, version=1)
    assert back == {**made, "version": 4}
    missing = await edited(shop, almaz, "RestoreCategoryRevision", id=made["id"], expectedVersion=4, version=9)
    assert missing["__typename"] == "RevisionNotFound"
    query = "query($id: ID!) { category(id: $id) { revisions { nodes { version content } } } }"
    nodes = (await data_of(shop, query, {"id": made["id"]}, almaz))["category"]["revisions"]["nodes"]
    said = [(each["version"], each["content"]["name"], each["content"]["seo_title"]) for each in nodes]
    assert said == [
        (4, "Managed switches", None),
        (3, "Switches", "Buy switches"),
        (2, "Switches", "Buy switches"),
        (1, "Managed switches", None),
    ]
    assert await codes_of(shop, query, {"id": top}) == ["FORBIDDEN"]


async def test_tree_closes_to_no_ring(shop: AsyncEngine, almaz: Viewer) -> None:
    top = await new_category(shop)
    below = (await edited(shop, almaz, "CreateCategory", name="Below", slug="ring-below", parent=top))["id"]
    refused = await edited(shop, almaz, "UpdateCategory", id=top, expectedVersion=1, parent=below)
    gone = encode_id("Category", new_id())
    nowhere = await edited(shop, almaz, "UpdateCategory", id=top, expectedVersion=1, parent=gone)
    assert [each["fields"] for each in (refused, nowhere)] == [
        [{"path": ["input", "parent"], "message": "A category cannot be placed below itself."}],
        [{"path": ["input", "parent"], "message": "There is none with this id."}],
    ]


async def test_branches_that_move_below_each_other_at_the_same_moment(shop: AsyncEngine, almaz: Viewer) -> None:
    """One of them moves; nobody waits in a circle, and what stands below goes along."""
    for _ in range(3):
        first, second = await new_category(shop), await new_category(shop)
        await edited(shop, almaz, "CreateCategory", name="Leaf", slug=f"leaf-{new_id()}", parent=first)
        moves = await asyncio.gather(
            edited(shop, almaz, "UpdateCategory", id=first, expectedVersion=1, parent=second),
            edited(shop, almaz, "UpdateCategory", id=second, expectedVersion=1, parent=first),
        )
        assert sorted(move["__typename"] for move in moves) == ["Category", "InvalidInput"]
    depth = func.max(func.cardinality(Category.path))
    assert await scalar(shop, select(depth).where(Category.slug.like("leaf-%"))) == 3


async def test_category_with_something_in_it_stays(shop: AsyncEngine, almaz: Viewer) -> None:
    top = await new_category(shop, slug="trash-top")
    below = (await edited(shop, almaz, "CreateCategory", name="Below", slug="trash-below", parent=top))["id"]
    shelf = await new_category(shop, slug="trash-shelf")
    async with writing(shop) as session:
        row = (await session.scalars(select(Category).where(Category.slug == "trash-shelf"))).one()
        await add_product(session, category_id=row.id)

    assert await outcomes(shop, almaz, "TrashCategories", items=read(top, shelf)) == ["IN_USE", "IN_USE"]
    assert await outcomes(shop, almaz, "TrashCategories", items=read(below)) == ["DONE"]
    assert await outcomes(shop, almaz, "TrashCategories", items=read(top)) == ["DONE"]
    for viewer in (VISITOR, almaz):
        assert (await data_of(shop, '{ category(slug: "trash-top") { id } }', viewer=viewer))["category"] is None
    assert await outcomes(shop, almaz, "RestoreCategories", ids=[below]) == ["IN_USE"], "Nothing would stand above it."
    assert await outcomes(shop, almaz, "RestoreCategories", ids=[top, below]) == ["DONE", "DONE"]
    found = await data_of(shop, '{ category(slug: "trash-below") { parent { slug } } }')
    assert found["category"] == {"parent": {"slug": "trash-top"}}


async def test_import_places_nothing_in_the_trash(shop: AsyncEngine, almaz: Viewer) -> None:
    lost = await new_category(shop, slug="lost", name="Lost")
    await edited(shop, almaz, "TrashCategories", items=read(lost))
    async with writing(shop) as session:
        products = [lamp("named", "lost"), lamp("placed", CategoryPath(("Lost",)))]
        named, placed = await put_products(session, products)
    assert (named.fate, placed.fate) == (Fate.REFUSED, Fate.CREATED)
    again = select(func.count()).where(Category.name == "Lost", Category.deleted_at.is_(None))
    assert await scalar(shop, again) == 1


async def test_each_of_many_categories_stands_by_itself(shop: AsyncEngine, almaz: Viewer) -> None:
    first, second = await new_category(shop), await new_category(shop, slug="taken-by-one")
    items = [
        {"id": first, "expectedVersion": 1, "slug": "taken-by-one"},
        {"id": second, "expectedVersion": 1, "name": "Renamed"},
    ]
    results = (await edited(shop, almaz, "UpdateCategories", items=items))["results"]
    assert [each["problem"] and each["problem"]["__typename"] for each in results] == ["SlugTaken", None]
    assert [each["category"]["version"] for each in results] == [1, 2]


async def test_authors_do_not_touch_the_catalogue(shop: AsyncEngine) -> None:
    author = await editor(shop, Role.AUTHOR)
    key = await new_category(shop, name="Untouched", slug="untouched")
    change = "mutation($input: UpdateCategoryInput!) { updateCategory(input: $input) { __typename } }"
    given = {"input": {"id": key, "expectedVersion": 1, "name": "Touched"}}
    assert await codes_of(shop, change, given, author) == ["FORBIDDEN"]
    assert await scalar(shop, select(Category.name).where(Category.slug == "untouched")) == "Untouched"
