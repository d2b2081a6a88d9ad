"""Products are edited in versions with all that belongs to them; what visitors see changes when it is published."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer
from domain.catalog_kinds import PRODUCT
from domain.item_content import content_of
from domain.product_writing import put_products
from domain.products import Fate, ProductData, VariantData
from domain.slugs import slugify
from models import AuditEntry, FormerSlug, Product, ProductVariant, Revision, StockLevel
from resolvers.ids import decode_id_of, encode_id
from tests.api import data_of
from tests.editors import edited, editor
from tests.factories import (
    add_category,
    add_product,
    add_reservation,
    add_user,
    add_variant,
    new_id,
    shared_engine,
    writing,
)
from tests.statements import scalar

Json = dict[str, Any]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has products of its own."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def almaz(shop: AsyncEngine) -> Viewer:
    """An editor."""
    return await editor(shop)


def variant(sku: str, value: str, price: str = "100.00", **further: Any) -> Json:
    """A variant of a product that comes in colours."""
    return {"sku": sku, "optionValues": [value], "price": price, **further}


async def new_product(engine: AsyncEngine, viewer: Viewer, name: str, *, is_out: bool = True, **given: Any) -> Json:
    """A product in black and white; its SKUs begin with its name."""
    picture = {"url": f"/media/{slugify(name)}.webp", "altText": "It"}
    variants = [variant(f"{name}-B", "Black", imageUrl=picture["url"]), variant(f"{name}-W", "White", "110.00")]
    wish = {"name": name, "options": ["Colour"], "images": [picture], "variants": variants, "tags": ["Lamps"], **given}
    made = await edited(engine, viewer, "CreateProduct", **wish)
    assert made["__typename"] == "Product", made
    if is_out:
        return await edited(engine, viewer, "PublishProduct", id=made["id"], expectedVersion=1)
    return made


async def seen(engine: AsyncEngine, product: Json, viewer: Viewer = VISITOR) -> Json | None:
    """The product as the viewer reads it."""
    query = """query($id: ID!) { product(id: $id) { name slug description descriptionHtml price { amount }
        images { url altText } tags { slug } options { name values }
        variants { nodes { sku name position price { amount } image { url } } } } }"""
    found: Json | None = (await data_of(engine, query, {"id": product["id"]}, viewer))["product"]
    return found


async def newest(engine: AsyncEngine, product: Json, viewer: Viewer) -> Json:
    """What its newest revision says."""
    query = "query($id: ID!) { product(id: $id) { revisions(first: 1) { nodes { content } } } }"
    found = await data_of(engine, query, {"id": product["id"]}, viewer)
    content: Json = found["product"]["revisions"]["nodes"][0]["content"]
    return content


def ids(product: Json) -> list[str]:
    """Of its variants, in their order."""
    return [each["id"] for each in product["variants"]["nodes"]]


async def test_new_product_is_seen_when_it_is_published(shop: AsyncEngine, almaz: Viewer) -> None:
    html = "<p>Warm <b>light</b>.</p><script>alert(1)</script>"
    made = await new_product(shop, almaz, "Nightstand", is_out=False, descriptionHtml=html)
    assert (made["version"], made["isActive"], made["slug"], made["price"]) == (
        1,
        False,
        "nightstand",
        {"amount": "100.00"},
    )
    assert await seen(shop, made) is None
    out = await edited(shop, almaz, "PublishProduct", id=made["id"], expectedVersion=1)
    assert (out["version"], out["isActive"], out["hasDraft"]) == (1, True, False)
    found = await seen(shop, made)
    assert found == {
        "name": "Nightstand",
        "slug": "nightstand",
        "description": "Warm light.",
        "descriptionHtml": "<p>Warm <b>light</b>.</p>",
        "price": {"amount": "100.00"},
        "images": [{"url": "/media/nightstand.webp", "altText": "It"}],
        "tags": [{"slug": "lamps"}],
        "options": [{"name": "Colour", "values": ["Black", "White"]}],
        "variants": {
            "nodes": [
                {
                    "sku": "Nightstand-B",
                    "name": "Black",
                    "position": 0,
                    "price": {"amount": "100.00"},
                    "image": {"url": "/media/nightstand.webp"},
                },
                {"sku": "Nightstand-W", "name": "White", "position": 1, "price": {"amount": "110.00"}, "image": None},
            ]
        },
    }
    gone = await edited(shop, almaz, "UnpublishProduct", id=made["id"], expectedVersion=1)
    assert (gone["isActive"], await seen(shop, made)) == (False, None)


async def test_visitors_see_a_change_of_everything_at_once_when_it_is_published(
    shop: AsyncEngine, almaz: Viewer
) -> None:
    product = await new_product(shop, almaz, "Torch")
    before = await seen(shop, product)
    black, white = ids(product)
    wish = {
        "name": "Great torch",
        "slug": "great-torch",
        "images": [],
        "tags": [],
        "removeVariants": [black],
        "updateVariants": [{"id": white, "price": "90.00", "position": 1}],
        "addVariants": [variant("Torch-R", "Red", "80.00", position=0)],
    }
    refused = await edited(shop, almaz, "UpdateProduct", id=product["id"], expectedVersion=1, **wish | {"images": None})
    assert refused["__typename"] == "InvalidInput"
    draft = await edited(shop, almaz, "UpdateProduct", id=product["id"], expectedVersion=1, **wish)
    assert (draft["version"], draft["hasDraft"], draft["name"]) == (2, True, "Torch")
    assert await seen(shop, product) == before

    out = await edited(shop, almaz, "PublishProduct", id=product["id"], expectedVersion=2)
    assert (out["version"], out["hasDraft"]) == (2, False)
    after = await seen(shop, product)
    assert after is not None
    assert (after["name"], after["slug"], after["images"], after["tags"]) == ("Great torch", "great-torch", [], [])
    skus = [(each["sku"], each["price"]["amount"]) for each in after["variants"]["nodes"]]
    assert skus == [("Torch-R", "80.00"), ("Torch-W", "90.00")]
    assert (after["price"], after["options"]) == ({"amount": "80.00"}, [{"name": "Colour", "values": ["Red", "White"]}])
    former = select(FormerSlug.slug).where(FormerSlug.product_id == decode_id_of("Product", product["id"]))
    assert await scalar(shop, former) == "torch"

    back = await edited(shop, almaz, "RestoreProductRevision", id=product["id"], expectedVersion=2, version=1)
    assert (back["version"], back["hasDraft"]) == (3, True)
    await edited(shop, almaz, "PublishProduct", id=product["id"], expectedVersion=3)
    assert await seen(shop, product) == before, "A revision holds variants, pictures and labels as well."
    restored = await data_of(
        shop, "query($id: ID!) { product(id: $id) { variants { nodes { id } } } }", {"id": product["id"]}
    )
    assert [each["id"] for each in restored["product"]["variants"]["nodes"]] == [black, white]


async def test_editors_of_different_variants_are_merged(shop: AsyncEngine, almaz: Viewer) -> None:
    product = await new_product(shop, almaz, "Chandelier", is_out=False)
    black, white = ids(product)

    def change(key: str, **changes: Any) -> Any:
        wish = [{"id": key, **changes}]
        return edited(shop, almaz, "UpdateProduct", id=product["id"], expectedVersion=1, updateVariants=wish)

    own = [change(black, price="1.00"), change(white, price="2.00"), change(black, barcode="4006381333931")]
    results = await asyncio.gather(*own, change(black, weightGrams=1), change(black, weightGrams=2))
    kinds = [result["__typename"] for result in results]
    assert kinds[:3] == ["Product"] * 3
    assert sorted(kinds[3:]) == ["Conflict", "Product"]
    conflict = next(result for result in results if result["__typename"] == "Conflict")
    assert conflict["conflictingFields"] == ["variants"]
    found = await newest(shop, product, almaz)
    by_sku = {each["sku"]: each for each in found["variants"].values()}
    assert (by_sku["Chandelier-B"]["price"], by_sku["Chandelier-W"]["price"]) == ("1.00", "2.00")
    assert (by_sku["Chandelier-B"]["barcode"], by_sku["Chandelier-B"]["weight_grams"] in {1, 2}) == (
        "4006381333931",
        True,
    )
    late = await change(white, sku="Chandelier-L")
    removed = await edited(shop, almaz, "UpdateProduct", id=product["id"], expectedVersion=5, removeVariants=[black])
    gone = await change(black, isTaxable=False)
    assert (late["__typename"], removed["__typename"], gone["__typename"]) == ("Product", "Product", "Conflict")


async def test_what_is_published_meanwhile_is_whole(shop: AsyncEngine, almaz: Viewer) -> None:
    """Editors rename all variants together while others publish: readers see one version, never two halves."""
    product = await new_product(shop, almaz, "Lantern")

    async def rename(number: int) -> None:
        for _ in range(20):
            version = await scalar(shop, select(Product.version).where(Product.id == row_id))
            changes = [{"id": key, "sku": f"Lantern-{number}-{place}"} for place, key in enumerate(ids(product))]
            wish = {"id": product["id"], "expectedVersion": version, "updateVariants": changes}
            done = await edited(shop, almaz, "UpdateProduct", **wish, name=f"Lantern {number}")
            if done["__typename"] == "Product":
                return

    async def publish() -> str:
        version = await scalar(shop, select(Product.version).where(Product.id == row_id))
        return str(
            (await edited(shop, almaz, "PublishProduct", id=product["id"], expectedVersion=version))["__typename"]
        )

    row_id = decode_id_of("Product", product["id"])
    for _ in range(3):
        kinds = await asyncio.gather(rename(1), publish(), rename(2), publish(), rename(3), publish())
        assert {kind for kind in kinds if kind} <= {"Product", "Conflict"}
        async with writing(shop) as session:
            row = await session.get_one(Product, row_id)
            kept = select(Revision.content).where(Revision.row_id == row_id, Revision.version == row.live_version)
            assert await content_of(session, PRODUCT, row) == await session.scalar(kept)


async def test_sku_that_several_want_is_given_once(shop: AsyncEngine, almaz: Viewer) -> None:
    products = [await new_product(shop, almaz, f"Rival {number}", is_out=False) for number in range(4)]
    wishes = [
        edited(
            shop,
            almaz,
            "UpdateProduct",
            id=product["id"],
            expectedVersion=1,
            updateVariants=[{"id": ids(product)[0], "sku": "WANTED"}],
        )
        for product in products
    ]
    results = await asyncio.gather(*wishes)
    assert sorted(result["__typename"] for result in results) == ["InvalidInput"] * 3 + ["Product"]
    paths = [result["fields"][0]["path"] for result in results if "fields" in result]
    assert paths == [["input", "variants"]] * 3
    assert await scalar(shop, select(func.count()).where(ProductVariant.sku == "WANTED")) == 1


async def test_skus_change_places(shop: AsyncEngine, almaz: Viewer) -> None:
    product = await new_product(shop, almaz, "Swap", is_out=False)
    black, white = ids(product)
    wish = [{"id": black, "sku": "Swap-W"}, {"id": white, "sku": "Swap-B"}]
    done = await edited(shop, almaz, "UpdateProduct", id=product["id"], expectedVersion=1, updateVariants=wish)
    assert [(each["id"], each["sku"]) for each in done["variants"]["nodes"]] == [(black, "Swap-W"), (white, "Swap-B")]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"removeVariants": "ALL"}, "variants"),
        ({"updateVariants": [{"id": encode_id("ProductVariant", new_id()), "price": "1"}]}, "variants"),
        ({"addVariants": [variant("NEW", "Black")]}, "variants"),
        ({"addVariants": [{"sku": "NEW", "price": "1"}]}, "variants"),
        ({"options": []}, "variants"),
        ({"images": [{"url": "/a"}, {"url": "/a"}]}, "images"),
        ({"badgeColor": "red"}, "badgeColor"),
        ({"category": encode_id("Category", new_id())}, "category"),
        ({"slug": "a b"}, "slug"),
        ({"descriptionHtml": "a\x00b"}, "descriptionHtml"),
        ({"descriptionHtml": "a", "descriptionMarkdown": "a"}, "descriptionMarkdown"),
        ({"descriptionMarkdown": "- \n" * 10_001}, "descriptionMarkdown"),
    ],
)
async def test_products_without_sense_are_refused(shop: AsyncEngine, almaz: Viewer, given: Json, path: str) -> None:
    product = await new_product(shop, almaz, f"Odd {new_id()}")
    wish = {"removeVariants": ids(product)} if given.get("removeVariants") == "ALL" else given
    refused = await edited(shop, almaz, "UpdateProduct", id=product["id"], expectedVersion=1, **wish)
    assert refused["__typename"] == "InvalidInput", refused
    assert ["input", path] in [field["path"] for field in refused["fields"]]
    assert await scalar(shop, select(Product.version).where(Product.slug == product["slug"])) == 1


async def test_reserved_stock_keeps_its_variant(shop: AsyncEngine, almaz: Viewer) -> None:
    product = await new_product(shop, almaz, "Held", is_out=False)
    black = decode_id_of("ProductVariant", ids(product)[0])
    async with writing(shop) as session:
        await session.execute(update(StockLevel).where(StockLevel.variant_id == black).values(quantity=5))
        await add_reservation(session, black, await add_user(session))
    refused = await edited(
        shop, almaz, "UpdateProduct", id=product["id"], expectedVersion=1, removeVariants=[ids(product)[0]]
    )
    assert [field["path"] for field in refused["fields"]] == [["input", "variants"]]
    assert await scalar(shop, select(func.count()).where(ProductVariant.id == black)) == 1


async def test_change_of_a_price_is_on_record_and_costs_stay(shop: AsyncEngine, almaz: Viewer) -> None:
    product = await new_product(shop, almaz, "Priced", is_out=False)
    black = decode_id_of("ProductVariant", ids(product)[0])
    async with writing(shop) as session:
        (await session.get_one(ProductVariant, black)).cost_price = Decimal("60.00")
    wish = [{"id": ids(product)[0], "price": "75.00"}]
    await edited(shop, almaz, "UpdateProduct", id=product["id"], expectedVersion=1, updateVariants=wish)
    assert "cost_price" not in str(await newest(shop, product, almaz))
    assert await scalar(shop, select(ProductVariant.cost_price).where(ProductVariant.id == black)) == Decimal("60.00")
    recorded = select(AuditEntry).where(AuditEntry.table_name == "product_variants", AuditEntry.row_key == str(black))
    assert await scalar(shop, select(func.count()).select_from(recorded.subquery())) >= 2


async def test_import_is_a_version_that_drafts_take_in(shop: AsyncEngine, almaz: Viewer) -> None:
    product = await new_product(shop, almaz, "Imported", vendor="Nano")
    draft = await edited(
        shop, almaz, "UpdateProduct", id=product["id"], expectedVersion=1, name="My name", vendor="Mine"
    )
    assert draft["version"] == 2
    variants = (
        VariantData(sku="Imported-B", price=Decimal(55), option_values=("Black",)),
        VariantData(sku="Imported-W", price=Decimal("110.00"), option_values=("White",)),
    )
    data = ProductData(slug="imported", name="Imported", options=("Colour",), variants=variants, tags=("Lamps",))
    async with writing(shop) as session:
        (outcome,) = await put_products(session, [data])
    assert outcome.fate is Fate.UPDATED
    live = await seen(shop, product)
    assert live is not None
    assert (live["name"], live["price"], live["images"]) == ("Imported", {"amount": "55.00"}, [])
    row = await scalar(
        shop, select(func.array_agg(Product.version + 10 * Product.live_version)).where(Product.slug == "imported")
    )
    assert row == [34], "The import is version 3, and the draft version 4."
    said = await newest(shop, product, almaz)
    prices = {each["sku"]: each["price"] for each in said["variants"].values()}
    assert (said["name"], said["vendor"], prices["Imported-B"]) == ("My name", None, "55.00")
    stale = await edited(shop, almaz, "UpdateProduct", id=product["id"], expectedVersion=2, vendor="Else")
    assert stale["__typename"] == "Conflict", "The import changed it since."


async def test_product_in_the_trash_is_there_for_nobody_and_not_imported(shop: AsyncEngine, almaz: Viewer) -> None:
    async with writing(shop) as session:
        shelf = await add_category(session, slug="doomed")
    product = await new_product(shop, almaz, "Doomed", category=encode_id("Category", shelf.id))
    read = [{"id": product["id"], "expectedVersion": 1}]
    put = await edited(shop, almaz, "TrashProducts", items=read)
    assert put["results"] == [{"outcome": "DONE"}]
    query = """query($id: ID!, $variant: ID!) { product(id: $id) { id } node(id: $variant) { id }
        products(filter: { text: "doomed" }) { totalCount } search(query: "doomed") { totalCount } }"""
    for viewer in (VISITOR, almaz):
        found = await data_of(shop, query, {"id": product["id"], "variant": ids(product)[0]}, viewer)
        nothing = {"totalCount": 0}
        assert found == {"product": None, "node": None, "products": nothing, "search": nothing}
    async with writing(shop) as session:
        data = ProductData(slug="doomed", name="Doomed", variants=(VariantData(sku="D", price=Decimal(1)),))
        (outcome,) = await put_products(session, [data])
    assert (outcome.fate, outcome.problems[0].path) == (Fate.REFUSED, ("slug",))

    shelves = [{"id": encode_id("Category", shelf.id), "expectedVersion": 1}]
    assert (await edited(shop, almaz, "TrashCategories", items=shelves))["results"] == [{"outcome": "DONE"}]
    needs = await edited(shop, almaz, "RestoreProducts", ids=[product["id"]])
    await edited(shop, almaz, "RestoreCategories", ids=[encode_id("Category", shelf.id)])
    back = await edited(shop, almaz, "RestoreProducts", ids=[product["id"]])
    assert [each["results"][0]["outcome"] for each in (needs, back)] == ["IN_USE", "DONE"]
    assert await seen(shop, product) is None, "Whoever publishes it shows it again."
    assert (await seen(shop, product, almaz) or {})["name"] == "Doomed"


async def test_each_of_many_products_stands_by_itself(shop: AsyncEngine, almaz: Viewer) -> None:
    first, second = [await new_product(shop, almaz, name, is_out=False) for name in ("Bulk one", "Bulk two")]
    items = [
        {"id": first["id"], "expectedVersion": 1, "slug": "bulk-two"},
        {"id": second["id"], "expectedVersion": 1, "updateVariants": [{"id": ids(first)[0], "price": "1"}]},
        {"id": second["id"], "expectedVersion": 1, "name": "Bulk three"},
    ]
    results = (await edited(shop, almaz, "UpdateProducts", items=items))["results"]
    problems = [each["problem"] and each["problem"]["__typename"] for each in results]
    assert problems == ["SlugTaken", "InvalidInput", None]


async def test_product_that_breaks_rules_of_old_can_be_mended_field_by_field(shop: AsyncEngine, almaz: Viewer) -> None:
    """Rows that were written by hand: two variants without options do not keep an editor from the title."""
    async with writing(shop) as session:
        row = await add_product(session, slug="by-hand")
        await add_variant(session, row)
    key = encode_id("Product", row.id)
    assert (await edited(shop, almaz, "UpdateProduct", id=key, expectedVersion=1, name="By hand"))["version"] == 2
    wish = {"addVariants": [{"sku": "BY-HAND", "price": "1"}]}
    assert (await edited(shop, almaz, "UpdateProduct", id=key, expectedVersion=1, **wish))[
        "__typename"
    ] == "InvalidInput"
