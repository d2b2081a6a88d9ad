"""What the database itself keeps right: derived columns, their triggers under concurrency, and every constraint."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from uuid_utils.compat import uuid7

from models import (
    Base,
    Category,
    ModerationStatus,
    Post,
    Product,
    ProductVariant,
    PublishingStatus,
    Review,
    Service,
    ServiceTier,
    Shop,
    StockLevel,
    User,
    product_tags,
)
from server.database import create_engine
from tests.databases import settings_for
from tests.factories import (
    PUBLISHED_AT,
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
    tag_product,
    writing,
)

APPROVED, PENDING, REJECTED = ModerationStatus.APPROVED, ModerationStatus.PENDING, ModerationStatus.REJECTED
CROWD = 50


@pytest.fixture
async def crowd(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine that opens as many connections as a crowd needs."""
    settings = settings_for(database_url).model_copy(update={"database_pool_size": CROWD})
    engine = create_engine(database_url, settings)
    yield engine
    await engine.dispose()


async def rating_of(engine: AsyncEngine, product: Product) -> tuple[Decimal, int]:
    """The product's rating and review count as they are stored."""
    async with engine.connect() as connection:
        row = (
            await connection.execute(select(Product.rating, Product.review_count).where(Product.id == product.id))
        ).one()
    return row.rating, row.review_count


async def price_of(engine: AsyncEngine, product: Product) -> tuple[Decimal, Decimal | None]:
    """The product's price and former price as they are stored."""
    async with engine.connect() as connection:
        row = (
            await connection.execute(select(Product.price, Product.compare_at_price).where(Product.id == product.id))
        ).one()
    return row.price, row.compare_at_price


async def path_of(engine: AsyncEngine, category: Category) -> list[UUID]:
    """The category's path as it is stored."""
    async with engine.connect() as connection:
        path: list[UUID] = (
            await connection.execute(select(Category.path).where(Category.id == category.id))
        ).scalar_one()
    return path


async def execute(engine: AsyncEngine, statement: Any, *rows: Any) -> None:
    """Run one statement in a transaction of its own."""
    async with engine.begin() as connection:
        await connection.execute(statement, *rows)


def constraint(refused: pytest.ExceptionInfo[DBAPIError]) -> str:
    """The name of the violated constraint."""
    orig: Any = refused.value.orig
    name: str = orig.__cause__.constraint_name
    return name


async def count_rows(engine: AsyncEngine, model: type[Base]) -> int:
    """How many rows the table has."""
    async with engine.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(model))).scalar_one()


# Ratings


async def reviewed(engine: AsyncEngine, *ratings: int, status: ModerationStatus = APPROVED) -> tuple[Product, list[Review]]:
    """A product and its reviews."""
    async with writing(engine) as session:
        product = await add_product(session)
        return product, [await add_review(session, product, rating=rating, status=status) for rating in ratings]


async def test_product_without_reviews_has_no_rating(engine: AsyncEngine) -> None:
    product, _ = await reviewed(engine)
    assert await rating_of(engine, product) == (Decimal("0.0"), 0)


@pytest.mark.parametrize(
    ("ratings", "average"),
    [((4,), "4.0"), ((5, 4), "4.5"), ((5, 4, 4), "4.3"), ((5, 5, 4), "4.7"), ((1,), "1.0"), ((5,) * 20 + (4,), "5.0")],
)
async def test_rating_is_the_average_of_approved_reviews(
    engine: AsyncEngine, ratings: tuple[int, ...], average: str
) -> None:
    product, _ = await reviewed(engine, *ratings)
    assert await rating_of(engine, product) == (Decimal(average), len(ratings))


@pytest.mark.parametrize("status", [PENDING, REJECTED])
async def test_unapproved_reviews_do_not_count(engine: AsyncEngine, status: ModerationStatus) -> None:
    product, _ = await reviewed(engine, 1, 2, status=status)
    assert await rating_of(engine, product) == (Decimal("0.0"), 0)


async def test_approving_a_review_counts_it(engine: AsyncEngine) -> None:
    product, (review, _) = await reviewed(engine, 2, 4, status=PENDING)
    await execute(engine, update(Review).where(Review.id == review.id).values(status=APPROVED))
    assert await rating_of(engine, product) == (Decimal("2.0"), 1)


async def test_rejecting_a_review_takes_it_back(engine: AsyncEngine) -> None:
    product, (review, _) = await reviewed(engine, 1, 5)
    await execute(engine, update(Review).where(Review.id == review.id).values(status=REJECTED))
    assert await rating_of(engine, product) == (Decimal("5.0"), 1)


async def test_editing_a_rating_moves_the_average(engine: AsyncEngine) -> None:
    product, (review, _) = await reviewed(engine, 1, 5)
    await execute(engine, update(Review).where(Review.id == review.id).values(rating=4))
    assert await rating_of(engine, product) == (Decimal("4.5"), 2)


async def test_editing_a_rating_while_rejecting_it(engine: AsyncEngine) -> None:
    product, (review, _) = await reviewed(engine, 1, 5)
    await execute(engine, update(Review).where(Review.id == review.id).values(rating=3, status=REJECTED))
    assert await rating_of(engine, product) == (Decimal("5.0"), 1)


async def test_review_moved_to_another_product_counts_there(engine: AsyncEngine) -> None:
    old, (review, _) = await reviewed(engine, 1, 5)
    new, _ = await reviewed(engine, 4)
    await execute(engine, update(Review).where(Review.id == review.id).values(product_id=new.id))
    assert await rating_of(engine, old) == (Decimal("5.0"), 1)
    assert await rating_of(engine, new) == (Decimal("2.5"), 2)


async def test_exchanging_reviews_of_two_products_in_one_statement(engine: AsyncEngine) -> None:
    first, _ = await reviewed(engine, 1, 5)
    second, _ = await reviewed(engine, 4)
    other = text("UPDATE reviews SET product_id = CASE product_id WHEN :a THEN CAST(:b AS uuid) ELSE CAST(:a AS uuid) END")
    await execute(engine, other, {"a": first.id, "b": second.id})
    assert await rating_of(engine, first) == (Decimal("4.0"), 1)
    assert await rating_of(engine, second) == (Decimal("3.0"), 2)


async def test_deleting_reviews_takes_them_back(engine: AsyncEngine) -> None:
    product, (review, last) = await reviewed(engine, 1, 5)
    await execute(engine, delete(Review).where(Review.id == review.id))
    assert await rating_of(engine, product) == (Decimal("5.0"), 1)
    await execute(engine, delete(Review).where(Review.id == last.id))
    assert await rating_of(engine, product) == (Decimal("0.0"), 0)


async def test_deleting_a_user_takes_their_reviews_back(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        user, products = await add_user(session), [await add_product(session) for _ in range(3)]
        for product in products:
            await add_review(session, product, user, rating=1)
            await add_review(session, product, rating=5)
    await execute(engine, delete(User).where(User.id == user.id))
    assert [await rating_of(engine, product) for product in products] == [(Decimal("5.0"), 1)] * 3


async def test_deleting_a_product_deletes_its_reviews(engine: AsyncEngine) -> None:
    product, _ = await reviewed(engine, 1, 5)
    kept, _ = await reviewed(engine, 2)
    await execute(engine, delete(Product).where(Product.id == product.id))
    assert await count_rows(engine, Review) == 1
    assert await rating_of(engine, kept) == (Decimal("2.0"), 1)


async def test_bulk_insert_counts_every_row_once(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        products = [await add_product(session) for _ in range(3)]
        users = [await add_user(session) for _ in range(20)]
    rows = [
        {
            "product_id": product.id,
            "user_id": user.id,
            "rating": 1 + (place + shift) % 5,
            "status": REJECTED if place >= 15 else APPROVED,
        }
        for shift, product in enumerate(products)
        for place, user in enumerate(users)
    ]
    await execute(engine, insert(Review).values([{"id": uuid7(), **row} for row in rows]))
    assert [await rating_of(engine, product) for product in products] == [(Decimal("3.0"), 15)] * 3


async def test_upsert_counts_the_new_rating_only(engine: AsyncEngine) -> None:
    product, (review, _) = await reviewed(engine, 1, 5)
    async with writing(engine) as session:
        newcomer = await add_user(session)
    values = [
        {"id": uuid7(), "product_id": product.id, "user_id": user, "rating": 3, "status": APPROVED}
        for user in (review.user_id, newcomer.id)
    ]
    statement = upsert(Review).values(values)
    await execute(
        engine,
        statement.on_conflict_do_update(constraint="uq_reviews_user_id_product_id", set_={"rating": 4}),
    )
    assert await rating_of(engine, product) == (Decimal("4.0"), 3)


async def test_rolled_back_review_leaves_the_rating(engine: AsyncEngine) -> None:
    product, _ = await reviewed(engine, 4)
    async with AsyncSession(engine) as session:
        await add_review(session, product, rating=1)
        await session.rollback()
    assert await rating_of(engine, product) == (Decimal("4.0"), 1)


async def test_crowd_of_reviewers_ends_exactly_right(crowd: AsyncEngine) -> None:
    """Each transaction writes to all products in an order of its own; none may deadlock or be lost."""
    async with writing(crowd) as session:
        products = [await add_product(session) for _ in range(4)]
        users = [await add_user(session) for _ in range(CROWD)]
        for product in products:
            for user in users[:30]:
                await add_review(session, product, user, rating=3)
    chance = random.Random(20261120)
    await asyncio.gather(*(execute(crowd, _deed(chance, place, user, products)) for place, user in enumerate(users)))
    async with crowd.connect() as connection:
        recount = select(Review.product_id, func.count().label("n"), func.sum(Review.rating).label("stars"))
        counted = await connection.execute(recount.where(Review.status == APPROVED).group_by(Review.product_id))
        expected = {row.product_id: (row.n, row.stars) for row in counted}
        stored = await connection.execute(select(Product.id, Product.review_count, Product.rating_sum))
        assert {row.id: (row.review_count, row.rating_sum) for row in stored} == expected
    assert {n for n, _ in expected.values()} == {30}


def _deed(chance: random.Random, place: int, user: User, products: Sequence[Product]) -> Any:
    """One of: re-rate (10 users), delete (10), reject and approve (10), or insert (20) reviews of all products."""
    shuffled = chance.sample(products, k=len(products))
    if place < 10:
        return update(Review).where(Review.user_id == user.id).values(rating=1 + place % 5)
    if place < 20:
        return delete(Review).where(Review.user_id == user.id)
    if place < 30:
        status = REJECTED if place % 2 else APPROVED
        return update(Review).where(Review.user_id == user.id).values(status=status, rating=5)
    reviews = [
        {"id": uuid7(), "product_id": product.id, "user_id": user.id, "rating": 1 + place % 5, "status": status}
        for product in shuffled
        for status in [PENDING if place >= 45 else APPROVED]
    ]
    return insert(Review).values(reviews)


# Prices


async def test_product_price_follows_its_default_variant(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product = await add_product(session)
    variant = ProductVariant.id == product.default_variant_id
    await execute(engine, update(ProductVariant).where(variant).values(price=Decimal("89.90"), compare_at_price=Decimal(95)))
    assert await price_of(engine, product) == (Decimal("89.90"), Decimal("95.00"))
    await execute(engine, update(ProductVariant).where(variant).values(compare_at_price=None, currency="USD"))
    assert await price_of(engine, product) == (Decimal("89.90"), None)
    async with engine.connect() as connection:
        assert (await connection.execute(select(Product.currency))).scalar_one() == "USD"


async def test_other_variants_leave_the_product_price(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product = await add_product(session)
        variant = await add_variant(session, product, price=Decimal(5))
    await execute(engine, update(ProductVariant).where(ProductVariant.id == variant.id).values(price=Decimal(6)))
    assert await price_of(engine, product) == (Decimal("100.00"), None)


async def test_many_prices_follow_one_statement(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        products = [await add_product(session, price=Decimal(10 * number)) for number in range(1, 6)]
    await execute(engine, update(ProductVariant).values(price=ProductVariant.price + 1))
    assert [(await price_of(engine, product))[0] for product in products] == [11, 21, 31, 41, 51]


async def test_another_default_variant_brings_its_price(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product = await add_product(session)
        variant = await add_variant(session, product, price=Decimal(70), compare_at_price=Decimal(90))
    await execute(engine, update(Product).values(default_variant_id=variant.id, price=Decimal(1)))
    assert await price_of(engine, product) == (Decimal("70.00"), Decimal("90.00"))


@pytest.mark.parametrize("values", [{"price": 1}, {"compare_at_price": 500}, {"currency": "USD"}])
async def test_price_changed_on_the_product_is_put_right(engine: AsyncEngine, values: dict[str, Any]) -> None:
    async with writing(engine) as session:
        product = await add_product(session)
    await execute(engine, update(Product).values(values))
    assert await price_of(engine, product) == (Decimal("100.00"), None)
    async with engine.connect() as connection:
        assert (await connection.execute(select(Product.currency))).scalar_one() == "ETB"


async def test_price_given_with_a_new_product_is_put_right(engine: AsyncEngine) -> None:
    key = uuid7()
    async with writing(engine) as session:
        product = Product(slug="lamp", name="Lamp", price=Decimal(1), default_variant_id=key)
        session.add(product)
        await session.flush()
        session.add(ProductVariant(id=key, product_id=product.id, sku="LAMP", name="Lamp", price=Decimal(30)))
    assert await price_of(engine, product) == (Decimal("30.00"), None)


async def test_default_variant_chosen_while_its_price_changes(engine: AsyncEngine) -> None:
    """Neither transaction sees the other; the price must be the variant's all the same."""
    async with writing(engine) as session:
        product = await add_product(session)
        variant = await add_variant(session, product, price=Decimal(30))
    async with engine.connect() as repricing, engine.connect() as choosing:
        await repricing.execute(update(ProductVariant).where(ProductVariant.id == variant.id).values(price=Decimal(50)))
        choice = update(Product).where(Product.id == product.id).values(default_variant_id=variant.id)
        chosen = await started(choosing, choice, commit=True)
        await repricing.commit()
        await chosen
    assert await price_of(engine, product) == (Decimal("50.00"), None)


# The default variant


async def test_product_without_variant_is_refused(engine: AsyncEngine) -> None:
    with pytest.raises(IntegrityError) as refused:
        async with writing(engine) as session:
            session.add(Product(slug="lamp", name="Lamp", price=Decimal(1), default_variant_id=uuid7()))
    assert constraint(refused) == "fk_products_default_variant"
    assert await count_rows(engine, Product) == 0


async def test_default_variant_of_another_product_is_refused(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product, other = await add_product(session), await add_product(session, price=Decimal(7))
    with pytest.raises(IntegrityError) as refused:
        await execute(
            engine,
            update(Product).where(Product.id == product.id).values(default_variant_id=other.default_variant_id),
        )
    assert constraint(refused) == "fk_products_default_variant"
    assert await price_of(engine, product) == (Decimal("100.00"), None)


async def test_default_variant_cannot_be_deleted(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product = await add_product(session)
        await add_variant(session, product)
    with pytest.raises(IntegrityError) as refused:
        await execute(engine, delete(ProductVariant).where(ProductVariant.id == product.default_variant_id))
    assert constraint(refused) == "fk_products_default_variant"
    assert await count_rows(engine, ProductVariant) == 2


async def test_default_variant_cannot_move_to_another_product(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product, other = await add_product(session), await add_product(session)
    moved = update(ProductVariant).where(ProductVariant.id == product.default_variant_id).values(product_id=other.id)
    with pytest.raises(IntegrityError) as refused:
        await execute(engine, moved)
    assert constraint(refused) == "fk_products_default_variant"


async def test_deleting_a_product_deletes_what_belongs_to_it(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        product, tag = await add_product(session), await add_tag(session)
        image = await add_image(session, product)
        await add_variant(session, product, image_id=image.id)
        await tag_product(session, product, tag)
    await execute(engine, delete(Product))
    async with engine.connect() as connection:
        for table in ("product_variants", "stock_levels", "product_images", "product_tags"):
            assert (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0
        assert (await connection.execute(text("SELECT count(*) FROM tags"))).scalar_one() == 1


# The time of the last change


@pytest.mark.parametrize("table", sorted(t.name for t in Base.metadata.tables.values() if "updated_at" in t.c))
async def test_every_change_moves_updated_at(engine: AsyncEngine, table: str) -> None:
    async with writing(engine) as session:
        await add_shopful(session, 1)
    await execute(engine, text(f"UPDATE {table} SET id = id"))
    async with engine.connect() as connection:
        rows = (await connection.execute(text(f"SELECT created_at, updated_at, now() FROM {table}"))).all()
    assert rows
    for created_at, updated_at, now in rows:
        assert created_at < updated_at < now


# The category tree


async def add_branch(engine: AsyncEngine, length: int) -> list[Category]:
    """Categories each below the one before."""
    async with writing(engine) as session:
        branch = [await add_category(session)]
        for _ in range(length - 1):
            branch.append(await add_category(session, parent_id=branch[-1].id))
    return branch


def move(category: Category, below: Category | None) -> Any:
    """The statement that moves a category."""
    parent = below.id if below else None
    return update(Category).where(Category.id == category.id).values(parent_id=parent)


async def test_paths_of_new_categories_start_at_the_root(engine: AsyncEngine) -> None:
    root, middle, leaf = await add_branch(engine, 3)
    assert await path_of(engine, root) == [root.id]
    assert await path_of(engine, middle) == [root.id, middle.id]
    assert await path_of(engine, leaf) == [root.id, middle.id, leaf.id]


async def test_subtree_moves_with_its_top(engine: AsyncEngine) -> None:
    root, middle, leaf = await add_branch(engine, 3)
    other, below = await add_branch(engine, 2)
    await execute(engine, move(middle, below))
    assert await path_of(engine, root) == [root.id]
    assert await path_of(engine, leaf) == [other.id, below.id, middle.id, leaf.id]
    await execute(engine, move(middle, None))
    assert await path_of(engine, middle) == [middle.id]
    assert await path_of(engine, leaf) == [middle.id, leaf.id]


async def test_several_categories_move_in_one_statement(engine: AsyncEngine) -> None:
    root, middle, leaf = await add_branch(engine, 3)
    (other,) = await add_branch(engine, 1)
    await execute(engine, update(Category).where(Category.id.in_([root.id, leaf.id])).values(parent_id=other.id))
    assert await path_of(engine, middle) == [other.id, root.id, middle.id]
    assert await path_of(engine, leaf) == [other.id, leaf.id]


@pytest.mark.parametrize("depth", [0, 1, 2])
async def test_cycles_are_refused(engine: AsyncEngine, depth: int) -> None:
    branch = await add_branch(engine, 3)
    with pytest.raises(IntegrityError) as refused:
        await execute(engine, move(branch[0], branch[depth]))
    assert constraint(refused) == "ck_categories_tree"
    assert await path_of(engine, branch[2]) == [category.id for category in branch]


async def test_category_with_children_or_products_cannot_be_deleted(engine: AsyncEngine) -> None:
    root, leaf = await add_branch(engine, 2)
    async with writing(engine) as session:
        await add_product(session, category_id=leaf.id)
    for category, name in ((root, "fk_categories_parent_id"), (leaf, "fk_products_category_id")):
        with pytest.raises(IntegrityError) as refused:
            await execute(engine, delete(Category).where(Category.id == category.id))
        assert constraint(refused) == name


async def started(connection: AsyncConnection, *statements: Any, commit: bool = False) -> asyncio.Task[None]:
    """The statements under way: they ended, or wait for a lock that another transaction holds."""
    pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()

    async def work() -> None:
        for statement in statements:
            await connection.execute(statement)
        if commit:
            await connection.commit()

    task = asyncio.create_task(work())
    async with asyncio.timeout(10), connection.engine.connect() as watching:
        waits = text("SELECT cardinality(pg_blocking_pids(:pid)) > 0")
        while not task.done() and not (await watching.execute(waits, {"pid": pid})).scalar_one():
            pass
    return task


async def test_concurrent_moves_make_no_cycle(engine: AsyncEngine) -> None:
    (left,), (right,) = await add_branch(engine, 1), await add_branch(engine, 1)
    async with engine.connect() as one, engine.connect() as two:
        await one.execute(move(left, right))
        second = await started(two, move(right, left), commit=True)
        await one.commit()
        with pytest.raises(IntegrityError) as refused:
            await second
    assert constraint(refused) == "ck_categories_tree"
    assert await path_of(engine, left) == [right.id, left.id]
    assert await path_of(engine, right) == [right.id]


async def test_category_placed_below_a_branch_on_its_way_to_the_top(engine: AsyncEngine) -> None:
    """The newcomer's path must not keep the place that the branch is leaving."""
    _, top, leaf = await add_branch(engine, 3)
    (newcomer,) = await add_branch(engine, 1)
    async with engine.connect() as one, engine.connect() as two:
        await one.execute(move(top, None))
        second = await started(two, move(newcomer, leaf), commit=True)
        await one.commit()
        await second
    assert await path_of(engine, leaf) == [top.id, leaf.id]
    assert await path_of(engine, newcomer) == [top.id, leaf.id, newcomer.id]


async def test_moving_a_branch_and_its_leaf_at_once_does_not_deadlock(engine: AsyncEngine) -> None:
    top, leaf = await add_branch(engine, 2)
    (left,), (right,) = await add_branch(engine, 1), await add_branch(engine, 1)
    async with engine.connect() as one, engine.connect() as two:
        await one.execute(insert(Category).values(slug="new", name="New", parent_id=left.id))
        second = await started(two, move(leaf, right), commit=True)
        await one.execute(move(top, left))
        await one.commit()
        await second
    assert await path_of(engine, top) == [left.id, top.id]
    assert await path_of(engine, leaf) == [right.id, leaf.id]


# Computed columns of posts


@pytest.mark.parametrize(
    ("body", "minutes"),
    [
        ("", 1),
        ("word", 1),
        (" ".join(["word"] * 220), 1),
        (" ".join(["word"] * 221), 2),
        ("\n\n".join(["word"] * 440), 2),
        ("  ".join(["word"] * 441), 3),
        (" ".join(["ሰላም"] * 300), 2),
    ],
)
async def test_reading_minutes_count_words(engine: AsyncEngine, body: str, minutes: int) -> None:
    async with writing(engine) as session:
        post = await add_post(session, body=body)
        assert post.reading_minutes == minutes
        post.body = " ".join(["word"] * 1000)
        await session.flush()
        await session.refresh(post, ["reading_minutes"])
        assert post.reading_minutes == 5


@pytest.mark.parametrize("body", [" ".join(["word"] * 220) + "\n", "\n" + " ".join(["word"] * 220), "\n\t"])
async def test_reading_minutes_ignore_blank_edges(engine: AsyncEngine, body: str) -> None:
    async with writing(engine) as session:
        assert (await add_post(session, body=body)).reading_minutes == 1


async def test_posts_are_dated_by_publication_else_by_creation(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        post = await add_post(session)
        draft = await add_post(session, status=PublishingStatus.DRAFT, published_at=None)
    assert post.dated_at == PUBLISHED_AT
    assert draft.dated_at == draft.created_at


# Constraints

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


async def _review(session: AsyncSession, **values: Any) -> None:
    await add_review(session, await add_product(session), **values)


async def _second_review(session: AsyncSession) -> None:
    product, user = await add_product(session), await add_user(session)
    await add_review(session, product, user, rating=1)
    await add_review(session, product, user, rating=5, status=PENDING)


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
async def test_constraints_refuse(engine: AsyncEngine, name: str, build: Builder) -> None:
    with pytest.raises(IntegrityError) as refused:
        async with writing(engine) as session:
            await build(session)
    assert constraint(refused) == name


@pytest.mark.parametrize("slug", ["", "Lamp", "a b", "a\tb", "a/b", "a?b", "a#b", "a%b", "ÉTÉ", "a\u00a0b"])
@pytest.mark.parametrize("build", [add_product, add_category, add_tag, add_service, add_post, add_author, add_post_category])
async def test_malformed_slugs_are_refused(engine: AsyncEngine, build: Callable[..., Awaitable[Base]], slug: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        async with writing(engine) as session:
            await build(session, slug=slug)
    assert constraint(refused).endswith("_slug")


@pytest.mark.parametrize("slug", ["a--b", "-a", "a-", "-", "a_b", "a.b", "a&b", "a!", "<b>", "a\\b", "a\x7fb"])
async def test_slugs_are_words_joined_by_single_hyphens(engine: AsyncEngine, slug: str) -> None:
    """As the rule `well_formed_slug` states it."""
    with pytest.raises(IntegrityError) as refused:
        async with writing(engine) as session:
            await add_product(session, slug=slug)
    assert constraint(refused) == "ck_products_slug"


@pytest.mark.parametrize("slug", ["a", "lamp-2", "1", "ሀበሻ-ቡና", "été-2026", "東京"])
async def test_slugs_of_any_script_are_taken(engine: AsyncEngine, slug: str) -> None:
    async with writing(engine) as session:
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
async def test_closed_sets_refuse_other_values(engine: AsyncEngine, table: str, column: str) -> None:
    async with writing(engine) as session:
        await add_shopful(session, 1)
    with pytest.raises(IntegrityError) as refused:
        await execute(engine, text(f"UPDATE {table} SET {column} = 'OTHER'"))
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
async def test_prices_are_numbers(engine: AsyncEngine, build: Builder) -> None:
    """PostgreSQL counts NaN as greater than every number, so that `>= 0` alone lets it in."""
    with pytest.raises(IntegrityError):
        async with writing(engine) as session:
            await build(session)


@pytest.mark.parametrize("price", [Decimal("9999999999.99"), Decimal(0)])
async def test_prices_at_the_bounds_are_taken(engine: AsyncEngine, price: Decimal) -> None:
    async with writing(engine) as session:
        product = await add_product(session, price=price)
    assert await price_of(engine, product) == (price, None)


async def test_price_beyond_the_bounds_is_refused(engine: AsyncEngine) -> None:
    with pytest.raises(DBAPIError, match="numeric field overflow"):
        async with writing(engine) as session:
            await add_product(session, price=Decimal("9999999999.995"))


async def test_there_is_one_shop(engine: AsyncEngine) -> None:
    with pytest.raises(IntegrityError) as refused:
        await execute(engine, insert(Shop).values(id=uuid7(), name="Second"))
    assert constraint(refused) == "uq_shops_is_only"
    with pytest.raises(IntegrityError) as refused:
        await execute(engine, update(Shop).values(currency="etb"))
    assert constraint(refused) == "ck_shops_currency"


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
"""Checklist 1.21: what every table is looked up by; further columns may follow."""


@pytest.fixture(scope="module")
async def indexes(migrated: str, postgres: str) -> list[tuple[str, str]]:
    """The table of each index, and its definition."""
    engine = create_engine(postgres, settings_for(postgres))
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT tablename, indexdef FROM pg_indexes"))).all()
    await engine.dispose()
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


async def test_times_keep_their_microseconds(engine: AsyncEngine) -> None:
    moment = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    async with writing(engine) as session:
        await add_product(session, created_at=moment)
    async with engine.connect() as connection:
        assert (await connection.execute(select(Product.created_at))).scalar_one() == moment
