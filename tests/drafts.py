"""A shop in which everything that may have a draft has one: beside what is out, and what was never out."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.previews import Preview
from auth.viewer import Viewer
from domain.preview_views import KINDS
from domain.rendering import render_rows
from models import Author, Menu, Page, Product, PublishingStatus
from models.promotions import promo_code_products
from resolvers.ids import decode_id_of, encode_id
from tests.editors import edited
from tests.factories import (
    LATER,
    add_author,
    add_cart,
    add_cart_line,
    add_category,
    add_menu,
    add_menu_item,
    add_order,
    add_page,
    add_post,
    add_post_category,
    add_promo_code,
    add_release,
    add_release_item,
    add_review,
    add_user,
    writing,
)

Json = dict[str, Any]

WORD = "quokka"
"""In every text of every draft beside something that is out, and nowhere else."""
NEW = "numbat"
"""In every text of what was never out."""

EMBEDS = "\n\n::product[lamp]\n\n::post[coffee]"
"""What is out before anything has a draft."""

EVERYTHING = Preview(frozenset(kind.table_name for kind in KINDS))
PREVIEWER = Viewer(preview=EVERYTHING)
"""Somebody without an account, with a token for all drafts."""


@dataclass(frozen=True, slots=True)
class Items:
    """The ids of one item of each kind."""

    post: str
    page: str
    product: str
    service: str

    @property
    def by_kind(self) -> dict[str, str]:
        """By the names of their types."""
        return {"Post": self.post, "Page": self.page, "Product": self.product, "Service": self.service}


@dataclass(frozen=True, slots=True)
class Shop:
    """What is out, and who bought of it."""

    items: Items
    author: str
    section: str
    category: str
    buyer: Viewer
    """With a cart, an order and a review."""


@dataclass(frozen=True, slots=True)
class Drafts:
    """Items whose draft waits beside what is out, and others that are nothing but a draft."""

    waiting: Items
    new: Items


async def add_items(engine: AsyncEngine, editor: Viewer) -> Shop:
    """One of each kind, which readers see."""
    async with writing(engine) as session:
        author, section = await add_author(session, name="Almaz"), await add_post_category(session)
        category = await add_category(session, slug="lights")
        post = await add_post(session, author, title="Coffee", slug="coffee", body="Black.", category_id=section.id)
        page = await add_page(session, title="Terms", body=f"Fair.{EMBEDS}")
        keys = encode_id("Author", author.id), encode_id("PostCategory", section.id), encode_id("Category", category.id)
    product = await _product(engine, editor, keys[2])
    service = await _service(engine, editor)
    items = Items(encode_id("Post", post.id), encode_id("Page", page.id), product, service)
    async with writing(engine) as session:
        await render_rows(session, [await session.get_one(Page, page.id)])
        menu = await add_menu(session, code="main")
        for kind, item in items.by_kind.items():
            await add_menu_item(session, menu, **{f"{kind.lower()}_id": decode_id_of(kind, item)})
    return Shop(items, *keys, await _buyer(engine, product))


async def _product(engine: AsyncEngine, editor: Viewer, category: str) -> str:
    variants = [variant("LAMP-B", "Black", imageUrl="/media/lamp.webp"), variant("LAMP-W", "White", price="120.00")]
    pictures = [{"url": "/media/lamp.webp", "altText": "A lamp"}, {"url": "/media/back.webp", "altText": "Behind"}]
    given = {"options": ["Colour"], "images": pictures, "variants": variants, "tags": ["lamps"], "category": category}
    made = await edited(engine, editor, "CreateProduct", name="Lamp", **given)
    await edited(engine, editor, "PublishProduct", id=made["id"], expectedVersion=1)
    return str(made["id"])


async def _service(engine: AsyncEngine, editor: Viewer) -> str:
    tiers = [{"name": "Small", "price": "10.00"}, {"name": "Large", "price": "20.00"}]
    made = await edited(engine, editor, "CreateService", title="Walks", type="SUPPORT", tiers=tiers)
    await edited(engine, editor, "PublishService", id=made["id"], expectedVersion=1)
    return str(made["id"])


async def _buyer(engine: AsyncEngine, product: str) -> Viewer:
    async with writing(engine) as session:
        row = await session.get_one(Product, decode_id_of("Product", product))
        user = await add_user(session)
        await add_review(session, row, user)
        code = await add_promo_code(session)
        await session.execute(promo_code_products.insert(), {"promo_code_id": code.id, "product_id": row.id})
        await add_order(session, user, row)
        await add_cart_line(session, await add_cart(session, user), row.default_variant_id)
    return Viewer(user_id=user.id)


async def add_drafts(engine: AsyncEngine, editor: Viewer, shop: Shop) -> Drafts:
    """Change all of it, and write another of each kind."""
    waiting = Items(
        post=await _change_post(engine, editor, shop.items.post),
        page=await _change_page(engine, editor, shop.items.page),
        product=await _change_product(engine, editor, shop.items.product),
        service=await _change_service(engine, editor, shop.items.service),
    )
    new = await _add_new(engine, editor, shop)
    await _extend_menu(engine, new)
    await _plan_release(engine, new)
    return Drafts(waiting, new)


def texts_of(word: str) -> Json:
    """What posts and pages say."""
    return {"body": f"# Of the {word}\n\nIt is **small**.{EMBEDS}", "seoTitle": f"Any {word}", "internalNotes": word}


async def _change_post(engine: AsyncEngine, editor: Viewer, post: str) -> str:
    texts = {**texts_of(WORD), "excerpt": f"Of a {WORD}.", "tags": [WORD, "animals"], "featuredImageAlt": f"A {WORD}"}
    await edited(engine, editor, "UpdatePost", id=post, expectedVersion=1, title=f"The {WORD}", slug=WORD, **texts)
    return post


async def _change_page(engine: AsyncEngine, editor: Viewer, page: str) -> str:
    title = f"House of the {WORD}"
    await edited(engine, editor, "UpdatePage", id=page, expectedVersion=1, title=title, **texts_of(WORD))
    return page


async def _change_product(engine: AsyncEngine, editor: Viewer, product: str) -> str:
    read = await edited(engine, editor, "PublishProduct", id=product, expectedVersion=1)
    black, white = (each["id"] for each in read["variants"]["nodes"])
    picture, behind = f"/media/{WORD}.webp", {"url": "/media/back.webp", "altText": f"Behind a {WORD}"}
    await edited(
        engine,
        editor,
        "UpdateProduct",
        id=product,
        expectedVersion=1,
        name=f"Lamp of the {WORD}",
        slug=f"{WORD}-lamp",
        descriptionMarkdown=f"Warm as a **{WORD}**.",
        features=[f"{WORD}-proof"],
        specifications=[{"name": "Animal", "value": WORD}],
        attributes={"animal": WORD},
        badge="NEW_ARRIVAL",
        images=[behind, {"url": picture, "altText": f"A {WORD}"}],
        tags=["lamps", WORD],
        addVariants=[variant(f"{WORD}-R", f"Red {WORD}", price="99.00", position=0, imageUrl=picture)],
        updateVariants=[
            {"id": white, "sku": f"{WORD}-W", "optionValues": [f"{WORD} white"], "price": "130.50"},
            {"id": black, "sku": f"{WORD}-B", "imageUrl": behind["url"]},
        ],
    )
    return product


async def _change_service(engine: AsyncEngine, editor: Viewer, service: str) -> str:
    read = await edited(engine, editor, "PublishService", id=service, expectedVersion=1)
    small, large = (each["id"] for each in read["tiers"])
    await edited(
        engine,
        editor,
        "UpdateService",
        id=service,
        expectedVersion=1,
        title=f"Walks with a {WORD}",
        description=f"Of the **{WORD}**.{EMBEDS}",
        features=[f"One {WORD}"],
        addTiers=[{"name": f"Huge {WORD}", "price": "30.00", "features": [f"Two {WORD}s"], "position": 0}],
        updateTiers=[{"id": large, "name": f"Large {WORD}", "price": "21.00"}],
        removeTiers=[small],
    )
    return service


async def _add_new(engine: AsyncEngine, editor: Viewer, shop: Shop) -> Items:
    """Items that are nothing but drafts, and a post that is to come out by itself."""
    by = {"author": shop.author, "category": shop.section}
    post = await edited(engine, editor, "CreatePost", title=f"New {NEW}", tags=[NEW], **by, **texts_of(NEW))
    page = await edited(engine, editor, "CreatePage", title=f"Another {NEW}", **texts_of(NEW))
    beds = [{"sku": f"BED-{NEW}", "price": "9.99", "imageUrl": f"/media/{NEW}.webp"}]
    pictures = [{"url": f"/media/{NEW}.webp", "altText": f"A {NEW}"}]
    product = await edited(
        engine,
        editor,
        "CreateProduct",
        name=f"Bed of a {NEW}",
        category=shop.category,
        variants=beds,
        images=pictures,
        tags=[NEW],
    )
    tiers = [{"name": f"Talk of a {NEW}", "price": "5.00"}]
    service = await edited(engine, editor, "CreateService", title=f"Talks with a {NEW}", type="SUPPORT", tiers=tiers)
    async with writing(engine) as session:
        planned: Json = {"status": PublishingStatus.SCHEDULED, "scheduled_at": LATER, "published_at": None}
        author = await session.get_one(Author, decode_id_of("Author", shop.author))
        await add_post(session, author, title=f"Planned {NEW}", **planned)
        bed = await session.get_one(Product, decode_id_of("Product", product["id"]))
        buyer = await add_user(session)
        await add_review(session, bed, buyer, comment=f"Soft as a {NEW}.")
        await add_cart_line(
            session, await add_cart(session, buyer), bed.default_variant_id, unit_price_seen=Decimal("9.99")
        )
    return Items(post["id"], page["id"], product["id"], service["id"])


async def _plan_release(engine: AsyncEngine, new: Items) -> None:
    """They are to come out together."""
    async with writing(engine) as session:
        release = await add_release(session)
        for kind, item in new.by_kind.items():
            await add_release_item(session, release, **{f"{kind.lower()}_id": decode_id_of(kind, item)})


async def _extend_menu(engine: AsyncEngine, new: Items) -> None:
    """Lines of the menu that lead to what readers do not see."""
    async with writing(engine) as session:
        menu = (await session.scalars(select(Menu))).one()
        for kind, item in new.by_kind.items():
            leads = {f"{kind.lower()}_id": decode_id_of(kind, item)}
            await add_menu_item(session, menu, label=f"To a {NEW}", **leads)


def variant(sku: str, colour: str, price: str = "100.00", **further: Any) -> Json:
    """A variant of a product that comes in colours."""
    return {"sku": sku, "optionValues": [colour], "price": price, **further}
