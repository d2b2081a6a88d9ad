"""Descriptions of products: Markdown or HTML as each was written last, by editors and by imports."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer
from domain.product_writing import put_products
from domain.products import KEEPABLE, Merge, ProductData, VariantData
from domain.rendering import render_texts
from models import Product, Revision
from resolvers.ids import decode_id_of
from tests.api import data_of
from tests.editors import edited, editor
from tests.factories import shared_engine, writing
from tests.statements import execute, scalar

Json = dict[str, Any]

DESCRIBED = "query($id: ID!) { product(id: $id) { description descriptionHtml descriptionMarkdown } }"

Description = tuple[str, str, str | None]
"""Plain text, HTML and Markdown."""


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has products of its own."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def almaz(shop: AsyncEngine) -> Viewer:
    """An editor."""
    return await editor(shop)


async def new_product(engine: AsyncEngine, viewer: Viewer, name: str, **given: Any) -> Json:
    """A product that is out."""
    made = await edited(engine, viewer, "CreateProduct", name=name, variants=[{"sku": name, "price": "1.00"}], **given)
    return await edited(engine, viewer, "PublishProduct", id=made["id"], expectedVersion=1)


async def described(engine: AsyncEngine, product: Json) -> Description:
    """What visitors read of it."""
    found: Json = (await data_of(engine, DESCRIBED, {"id": product["id"]}, VISITOR))["product"]
    return found["description"], found["descriptionHtml"], found["descriptionMarkdown"]


async def test_description_is_markdown_or_html_as_it_was_written_last(shop: AsyncEngine, almaz: Viewer) -> None:
    """In versions that are restored as well, and in those of before there was Markdown."""
    product = await new_product(shop, almaz, "Written twice", descriptionHtml="<p>As <b>HTML</b>.</p>")
    markdown = "As **Markdown**.\n\n::product[written-twice]<script>"
    draft = await edited(
        shop, almaz, "UpdateProduct", id=product["id"], expectedVersion=1, descriptionMarkdown=markdown
    )
    again = await edited(
        shop, almaz, "UpdateProduct", id=product["id"], expectedVersion=2, descriptionMarkdown=markdown
    )
    html = await described(shop, product)
    await edited(shop, almaz, "PublishProduct", id=product["id"], expectedVersion=2)
    rendered = await described(shop, product)

    assert html == ("As HTML.", "<p>As <b>HTML</b>.</p>", None)
    assert rendered == (
        "As Markdown.\n::product[written-twice]<script>",
        "<p>As <strong>Markdown</strong>.</p>\n<p>::product[written-twice]&lt;script&gt;</p>",
        markdown,
    )
    assert (draft["version"], again["version"]) == (2, 2), "The same text is no new version."

    of_before = update(Revision).where(Revision.row_id == decode_id_of("Product", product["id"]), Revision.version == 1)
    await execute(shop, of_before.values(content=Revision.content.op("-")("description_markdown")))
    for version, wanted in ((1, html), (2, rendered)):
        newest_version = version + 1
        given = {"id": product["id"], "expectedVersion": newest_version, "version": version}
        await edited(shop, almaz, "RestoreProductRevision", **given)
        await edited(shop, almaz, "PublishProduct", id=product["id"], expectedVersion=newest_version + 1)
        assert await described(shop, product) == wanted


async def test_worker_renders_markdown_of_products_anew(shop: AsyncEngine, almaz: Viewer) -> None:
    """Without a new version of them; what was written as HTML is left alone."""
    product = await new_product(shop, almaz, "Rendered", descriptionMarkdown="As *Markdown*.")
    other = await new_product(shop, almaz, "Never rendered", descriptionHtml="<p>HTML</p>")
    keys = [decode_id_of("Product", each["id"]) for each in (product, other)]
    await execute(shop, update(Product).where(Product.id.in_(keys)).values(rendering=1, description_html="Older."))
    async with writing(shop) as session:
        assert await render_texts(session) is False
    assert await described(shop, product) == ("As Markdown.", "<p>As <em>Markdown</em>.</p>", "As *Markdown*.")
    assert await described(shop, other) == ("HTML", "Older.", None)
    assert await scalar(shop, select(Product.version).where(Product.id == keys[0])) == 1


async def test_import_leaves_markdown_that_says_the_same(shop: AsyncEngine, almaz: Viewer) -> None:
    """And replaces any other, in a draft beside it as well."""
    product = await new_product(shop, almaz, "Imported", descriptionMarkdown="## Warm\n\n*Light*.")
    text, html, markdown = await described(shop, product)
    await edited(shop, almaz, "UpdateProduct", id=product["id"], expectedVersion=1, descriptionMarkdown="Draft.")
    data = ProductData(slug="imported", name="Imported", variants=(VariantData(sku="Imported", price=Decimal(1)),))
    merge = Merge(kept=KEEPABLE - {"description", "description_html"}, kept_of_variants=frozenset({"image_url"}))

    async def imported(said: str) -> Description:
        async with writing(shop) as session:
            await put_products(session, [replace(data, description_html=said)], merge=merge)
        return await described(shop, product)

    assert await imported(html) == (text, html, markdown)
    assert await imported("<p>Cold</p>") == ("Cold", "<p>Cold</p>", None)
    newest = select(Revision.content).where(Revision.row_id == decode_id_of("Product", product["id"]))
    content = await scalar(shop, newest.order_by(Revision.version.desc()).limit(1))
    assert (content["description_html"], content["description_markdown"]) == ("<p>Cold</p>", None)
