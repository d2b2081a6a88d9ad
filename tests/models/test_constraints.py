"""What the tables refuse, what goes with what is deleted, and what is indexed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from uuid_utils.compat import uuid7

from models import (
    Base,
    Category,
    ModerationStatus,
    Post,
    Product,
    ProductVariant,
    PublishingStatus,
    Service,
    ServiceTier,
    Shop,
    StockLevel,
    product_tags,
)
from models.currencies import UNUSUAL_DECIMALS
from tests.factories import (
    add_author,
    add_category,
    add_image,
    add_post,
    add_post_category,
    add_product,
    add_review,
    add_service,
    add_shopful,
    add_tag,
    add_tier,
    add_user,
    add_variant,
    shared_engine,
    tag_product,
    writing,
)
from tests.statements import constraint, count_rows, execute, scalar


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database with a row of everything. What is refused leaves no trace in it."""
    async with shared_engine(postgres, migrated) as shop:
        async with writing(shop) as session:
            await add_shopful(session, 1)
        yield shop


Builder = Callable[[AsyncSession], Awaitable[object]]


async def _twice(session: AsyncSession, build: Callable[..., Awaitable[object]], **values: Any) -> None:
    for _ in range(2):
        await build(session, **values)


async def _stock(session: AsyncSession, **values: Any) -> None:
    variant = await add_variant(session, await add_product(session), stock=None)
    session.add(StockLevel(variant_id=variant.id, **values))
    await session.flush()


async def _variant(session: AsyncSession, **values: Any) -> None:
    await add_variant(session, await add_product(session), **values)


async def _image(session: AsyncSession, **values: Any) -> None:
    await add_image(session, await add_product(session), **values)


async def _variant_with_image_of_another_product(session: AsyncSession) -> None:
    image = await add_image(session, await add_product(session))
    await _variant(session, image_id=image.id)


async def _review(session: AsyncSession, **values: Any) -> None:
    await add_review(session, await add_product(session), **values)


async def _second_review(session: AsyncSession) -> None:
    product, user = await add_product(session), await add_user(session)
    await add_review(session, product, user, rating=1)
    await add_review(session, product, user, rating=5, status=ModerationStatus.PENDING)


async def _second_stock_level(session: AsyncSession) -> None:
    product = await add_product(session, stock=4)
    session.add(StockLevel(variant_id=product.default_variant_id, quantity=4))
    await session.flush()


async def _tier(session: AsyncSession, **values: Any) -> None:
    await add_tier(session, await add_service(session), **values)


async def _second_tier(session: AsyncSession) -> None:
    service = await add_service(session)
    await add_tier(session, service, name="Basic")
    await add_tier(session, service, name="Basic", price=Decimal(2))


REFUSED: list[tuple[str, Builder]] = [
    ("ck_products_price", lambda s: add_product(s, price=Decimal("-0.01"))),
    ("ck_products_compare_at_price", lambda s: add_product(s, compare_at_price=Decimal("-0.01"))),
    ("ck_product_variants_price", lambda s: _variant(s, price=Decimal("-0.01"))),
    ("ck_product_variants_compare_at_price", lambda s: _variant(s, compare_at_price=Decimal(-1))),
    ("ck_product_variants_cost_price", lambda s: _variant(s, cost_price=Decimal(-1))),
    ("ck_product_variants_weight_grams", lambda s: _variant(s, weight_grams=-1)),
    ("ck_product_variants_sku", lambda s: _variant(s, sku="")),
    ("fk_product_variants_image_id", _variant_with_image_of_another_product),
    ("uq_product_variants_sku", lambda s: _twice(s, _variant, sku="ONE")),
    ("ck_products_badge_color", lambda s: add_product(s, badge_color="red")),
    ("ck_products_badge_color", lambda s: add_product(s, badge_color="#12345")),
    ("ck_products_badge_color", lambda s: add_product(s, badge_color="#12345G")),
    ("ck_products_rating", lambda s: add_product(s, review_count=-1)),
    ("ck_products_rating", lambda s: add_product(s, review_count=1, rating_sum=6)),
    ("ck_products_rating", lambda s: add_product(s, review_count=2, rating_sum=1)),
    ("ck_product_images_url", lambda s: _image(s, url="")),
    ("uq_products_slug", lambda s: _twice(s, add_product, slug="lamp")),
    ("uq_categories_slug", lambda s: _twice(s, add_category, slug="lamps")),
    ("uq_tags_slug", lambda s: _twice(s, add_tag, slug="bright")),
    ("uq_services_slug", lambda s: _twice(s, add_service, slug="care")),
    ("uq_posts_slug", lambda s: _twice(s, add_post, slug="news")),
    ("uq_post_categories_slug", lambda s: _twice(s, add_post_category, slug="news")),
    ("uq_authors_slug", lambda s: _twice(s, add_author, slug="abebe")),
    ("ck_stock_levels_quantity", lambda s: _stock(s, quantity=-1, reserved=-1)),
    ("ck_stock_levels_reserved", lambda s: _stock(s, quantity=3, reserved=4)),
    ("ck_stock_levels_reserved", lambda s: _stock(s, quantity=3, reserved=-1)),
    ("ck_stock_levels_minimum_level", lambda s: _stock(s, minimum_level=-1)),
    ("uq_stock_levels_variant_id", _second_stock_level),
    ("ck_reviews_rating", lambda s: _review(s, rating=0)),
    ("ck_reviews_rating", lambda s: _review(s, rating=6)),
    ("uq_reviews_user_id_product_id", _second_review),
    ("ck_service_tiers_price", lambda s: _tier(s, price=Decimal("-0.01"))),
    ("uq_service_tiers_service_id_name", _second_tier),
    ("ck_posts_published_at", lambda s: add_post(s, published_at=None)),
    ("ck_posts_scheduled_at", lambda s: add_post(s, status=PublishingStatus.SCHEDULED, scheduled_at=None)),
    ("ck_posts_counts", lambda s: add_post(s, view_count=-1)),
    ("ck_posts_counts", lambda s: add_post(s, share_count=-1)),
    ("ck_users_email", lambda s: add_user(s, email="Abebe@example.com")),
    ("ck_users_email", lambda s: add_user(s, email="abebe.example.com")),
    ("uq_users_email", lambda s: _twice(s, add_user, email="abebe@example.com")),
    ("uq_users_username", lambda s: _twice(s, add_user, username="abebe")),
]


@pytest.mark.parametrize(("name", "build"), REFUSED, ids=[f"{place}-{name}" for place, (name, _) in enumerate(REFUSED)])
async def test_constraints_refuse(shop: AsyncEngine, name: str, build: Builder) -> None:
    with pytest.raises(IntegrityError) as refused:
        async with writing(shop) as session:
            await build(session)
    assert constraint(refused) == name


@pytest.mark.parametrize("slug", ["", "Lamp", "a b", "a\tb", "a/b", "a?b", "a#b", "a%b", "ÉTÉ", "a\u00a0b"])
@pytest.mark.parametrize(
    "build", [add_product, add_category, add_tag, add_service, add_post, add_author, add_post_category]
)
async def test_malformed_slugs_are_refused(shop: AsyncEngine, build: Callable[..., Awaitable[Base]], slug: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        async with writing(shop) as session:
            await build(session, slug=slug)
    assert constraint(refused).endswith("_slug")


@pytest.mark.parametrize("slug", ["a", "lamp-2", "1", "a--b", "a_b.c", "ሀበሻ-ቡና", "été-2026", "東京"])
async def test_slugs_of_any_script_are_taken(shop: AsyncEngine, slug: str) -> None:
    async with writing(shop) as session:
        assert (await add_product(session, slug=slug)).slug == slug


CLOSED_SETS = [
    ("users", "role"),
    ("users", "social_provider"),
    ("products", "badge"),
    ("product_variants", "backorder_policy"),
    ("services", "type"),
    ("service_tiers", "billing_period"),
    ("posts", "status"),
    ("reviews", "status"),
]


@pytest.mark.parametrize(("table", "column"), CLOSED_SETS)
async def test_closed_sets_refuse_other_values(shop: AsyncEngine, table: str, column: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        await execute(shop, text(f"UPDATE {table} SET {column} = 'OTHER'"))
    assert constraint(refused).startswith(f"ck_{table}_")


@pytest.mark.parametrize(
    "build",
    [
        lambda s: add_product(s, price=Decimal("NaN")),
        lambda s: _variant(s, price=Decimal("NaN")),
        lambda s: _variant(s, cost_price=Decimal("NaN")),
        lambda s: _variant(s, compare_at_price=Decimal("NaN")),
        lambda s: _tier(s, price=Decimal("NaN")),
    ],
    ids=["product", "variant", "cost", "former", "tier"],
)
async def test_prices_are_numbers(shop: AsyncEngine, build: Builder) -> None:
    """PostgreSQL counts NaN as greater than every number, so that `>= 0` alone lets it in."""
    with pytest.raises(IntegrityError):
        async with writing(shop) as session:
            await build(session)


@pytest.mark.parametrize("price", [Decimal("9999999999.99"), Decimal(0)])
async def test_prices_at_the_bounds_are_taken(shop: AsyncEngine, price: Decimal) -> None:
    async with writing(shop) as session:
        product = await add_product(session, price=price)
    assert await scalar(shop, select(Product.price).where(Product.id == product.id)) == price


async def test_price_beyond_the_bounds_is_refused(shop: AsyncEngine) -> None:
    with pytest.raises(DBAPIError, match="numeric field overflow"):
        async with writing(shop) as session:
            await add_product(session, price=Decimal("9999999999.995"))


async def test_there_is_one_shop(shop: AsyncEngine) -> None:
    with pytest.raises(IntegrityError) as refused:
        await execute(shop, insert(Shop).values(id=uuid7(), name="Second"))
    assert constraint(refused) == "uq_shops_is_only"
    with pytest.raises(IntegrityError) as refused:
        await execute(shop, update(Shop).values(currency="etb"))
    assert constraint(refused) == "ck_shops_currency"


@pytest.mark.parametrize("currency", sorted({code for code, decimals in UNUSUAL_DECIMALS.items() if decimals > 2}))
async def test_currency_whose_amounts_have_no_room_is_refused(shop: AsyncEngine, currency: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        await execute(shop, update(Shop).values(currency=currency))
    assert constraint(refused) == "ck_shops_currency_has_room"


async def test_product_without_variant_is_refused(engine: AsyncEngine) -> None:
    with pytest.raises(IntegrityError) as refused:
        async with writing(engine) as session:
            session.add(Product(slug="lamp", name="Lamp", price=Decimal(1), default_variant_id=uuid7()))
    assert constraint(refused) == "fk_products_default_variant"
    assert await count_rows(engine, Product) == 0


async def test_default_variant_of_another_product_is_refused(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        product, other = await add_product(session), await add_product(session, price=Decimal(7))
    with pytest.raises(IntegrityError) as refused:
        await execute(
            shop,
            update(Product).where(Product.id == product.id).values(default_variant_id=other.default_variant_id),
        )
    assert constraint(refused) == "fk_products_default_variant"
    assert await scalar(shop, select(Product.price).where(Product.id == product.id)) == Decimal("100.00")


async def test_default_variant_cannot_be_deleted(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product = await add_product(session)
        await add_variant(session, product)
    with pytest.raises(IntegrityError) as refused:
        await execute(engine, delete(ProductVariant).where(ProductVariant.id == product.default_variant_id))
    assert constraint(refused) == "fk_products_default_variant"
    assert await count_rows(engine, ProductVariant) == 2


async def test_default_variant_cannot_move_to_another_product(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        product, other = await add_product(session), await add_product(session)
    moved = update(ProductVariant).where(ProductVariant.id == product.default_variant_id).values(product_id=other.id)
    with pytest.raises(IntegrityError) as refused:
        await execute(shop, moved)
    assert constraint(refused) == "fk_products_default_variant"


async def test_deleting_a_product_deletes_what_belongs_to_it(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product, tag = await add_product(session), await add_tag(session)
        image = await add_image(session, product)
        await add_variant(session, product, image_id=image.id)
        await tag_product(session, product, tag)
    await execute(engine, delete(Product))
    for table in ("product_variants", "stock_levels", "product_images", "product_tags"):
        assert await scalar(engine, text(f"SELECT count(*) FROM {table}")) == 0
    assert await scalar(engine, text("SELECT count(*) FROM tags")) == 1


async def test_category_with_children_or_products_cannot_be_deleted(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        root = await add_category(session)
        leaf = await add_category(session, parent_id=root.id)
        await add_product(session, category_id=leaf.id)
    for category, name in ((root, "fk_categories_parent_id"), (leaf, "fk_products_category_id")):
        with pytest.raises(IntegrityError) as refused:
            await execute(shop, delete(Category).where(Category.id == category.id))
        assert constraint(refused) == name


async def test_what_hangs_on_others_goes_or_stays(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        user = await add_user(session)
        author, section = await add_author(session, user_id=user.id), await add_post_category(session)
        post = await add_post(session, author, category_id=section.id)
        service = await add_service(session)
        await add_tier(session, service)
        product, tag = await add_product(session), await add_tag(session)
        image = await add_image(session, product)
        variant = await add_variant(session, product, image_id=image.id)
        await tag_product(session, product, tag)
    with pytest.raises(IntegrityError) as refused:
        await execute(engine, text("DELETE FROM authors"))
    assert constraint(refused) == "fk_posts_author_id"
    for table in ("users", "post_categories", "services", "product_images", "tags"):
        await execute(engine, text(f"DELETE FROM {table}"))
    async with AsyncSession(engine) as session:
        assert await session.scalar(select(Post.category_id).where(Post.id == post.id)) is None
        assert await session.scalar(select(ProductVariant.image_id).where(ProductVariant.id == variant.id)) is None
        assert await session.scalar(text("SELECT user_id FROM authors")) is None
        assert await session.scalar(select(func.count()).select_from(ServiceTier)) == 0
        assert await session.scalar(select(func.count()).select_from(product_tags)) == 0
        assert await session.scalar(select(func.count()).select_from(Service)) == 0


INDEXES = [
    ("users", "btree", ["email"]),
    ("users", "btree", ["username"]),
    ("users", "btree", ["role"]),
    ("users", "btree", ["is_active"]),
    ("products", "btree", ["slug"]),
    ("products", "btree", ["category_id"]),
    ("products", "btree", ["is_active"]),
    ("products", "btree", ["price"]),
    ("products", "btree", ["rating"]),
    ("products", "btree", ["name"]),
    ("products", "gin", ["search"]),
    ("products", "gin", ["metadata"]),
    ("product_variants", "btree", ["sku"]),
    ("product_variants", "btree", ["product_id"]),
    ("stock_levels", "btree", ["quantity"]),
    ("categories", "btree", ["parent_id"]),
    ("services", "gin", ["search"]),
    ("service_tiers", "btree", ["service_id"]),
    ("posts", "btree", ["slug"]),
    ("posts", "btree", ["status"]),
    ("posts", "btree", ["published_at"]),
    ("posts", "btree", ["author_id"]),
    ("posts", "gin", ["search"]),
    ("reviews", "btree", ["product_id"]),
    ("reviews", "btree", ["user_id"]),
    ("reviews", "btree", ["rating"]),
    ("reviews", "btree", ["created_at"]),
    ("reviews", "btree", ["product_id", "rating"]),
]
"""What every table is looked up by; further columns may follow."""


@pytest.fixture(scope="module")
async def indexes(shop: AsyncEngine) -> list[tuple[str, str]]:
    """The table of each index, and its definition."""
    async with shop.connect() as connection:
        rows = (await connection.execute(text("SELECT tablename, indexdef FROM pg_indexes"))).all()
    return [(row.tablename, row.indexdef) for row in rows]


@pytest.mark.parametrize(("table", "method", "columns"), INDEXES)
def test_indexes_exist(indexes: list[tuple[str, str]], table: str, method: str, columns: list[str]) -> None:
    leading = f"USING {method} ({', '.join(columns)}"
    assert [definition for name, definition in indexes if name == table and leading in definition]


def test_names_are_found_by_prefix(indexes: list[tuple[str, str]]) -> None:
    assert [1 for table, definition in indexes if table == "products" and "(name text_pattern_ops)" in definition]


def test_every_foreign_key_is_indexed(indexes: list[tuple[str, str]]) -> None:
    """Or else deleting what it points at reads the whole table."""
    unindexed = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.foreign_keys
        and not [1 for name, definition in indexes if name == table.name and f"({column.name}" in definition]
    ]
    assert unindexed == ["products.default_variant_id"]


def test_timestamps_have_a_time_zone() -> None:
    times = [column for table in Base.metadata.tables.values() for column in table.c if column.name.endswith("_at")]
    assert len(times) > 20
    assert {getattr(column.type, "timezone", False) for column in times} == {True}
