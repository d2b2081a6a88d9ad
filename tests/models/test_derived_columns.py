"""What the database itself keeps right, also under concurrency: ratings, prices, times, paths and reading times."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from uuid_utils.compat import uuid7

from models import (
    Base,
    Category,
    ModerationStatus,
    Product,
    ProductVariant,
    PublishingStatus,
    Review,
    User,
)
from server.database import create_engine
from tests.databases import settings_for
from tests.factories import (
    PUBLISHED_AT,
    add_category,
    add_post,
    add_product,
    add_review,
    add_shopful,
    add_user,
    add_variant,
    shared_engine,
    writing,
)
from tests.statements import constraint, execute, scalar, started

APPROVED, PENDING, REJECTED = ModerationStatus.APPROVED, ModerationStatus.PENDING, ModerationStatus.REJECTED
CROWD = 50


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each looks at rows of its own."""
    async with shared_engine(postgres, migrated) as shop:
        yield shop


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
    path: list[UUID] = await scalar(engine, select(Category.path).where(Category.id == category.id))
    return path


# Ratings


async def reviewed(
    shop: AsyncEngine, *ratings: int, status: ModerationStatus = APPROVED
) -> tuple[Product, list[Review]]:
    """A product and its reviews."""
    async with writing(shop) as session:
        product = await add_product(session)
        return product, [await add_review(session, product, rating=rating, status=status) for rating in ratings]


async def test_product_without_reviews_has_no_rating(shop: AsyncEngine) -> None:
    product, _ = await reviewed(shop)
    assert await rating_of(shop, product) == (Decimal("0.0"), 0)


@pytest.mark.parametrize(
    ("ratings", "average"),
    [((4,), "4.0"), ((5, 4), "4.5"), ((5, 4, 4), "4.3"), ((5, 5, 4), "4.7"), ((1,), "1.0"), ((5,) * 20 + (4,), "5.0")],
)
async def test_rating_is_the_average_of_approved_reviews(
    shop: AsyncEngine, ratings: tuple[int, ...], average: str
) -> None:
    product, _ = await reviewed(shop, *ratings)
    assert await rating_of(shop, product) == (Decimal(average), len(ratings))


@pytest.mark.parametrize("status", [PENDING, REJECTED])
async def test_unapproved_reviews_do_not_count(shop: AsyncEngine, status: ModerationStatus) -> None:
    product, _ = await reviewed(shop, 1, 2, status=status)
    assert await rating_of(shop, product) == (Decimal("0.0"), 0)


async def test_approving_a_review_counts_it(shop: AsyncEngine) -> None:
    product, (review, _) = await reviewed(shop, 2, 4, status=PENDING)
    await execute(shop, update(Review).where(Review.id == review.id).values(status=APPROVED))
    assert await rating_of(shop, product) == (Decimal("2.0"), 1)


async def test_rejecting_a_review_takes_it_back(shop: AsyncEngine) -> None:
    product, (review, _) = await reviewed(shop, 1, 5)
    await execute(shop, update(Review).where(Review.id == review.id).values(status=REJECTED))
    assert await rating_of(shop, product) == (Decimal("5.0"), 1)


async def test_editing_a_rating_moves_the_average(shop: AsyncEngine) -> None:
    product, (review, _) = await reviewed(shop, 1, 5)
    await execute(shop, update(Review).where(Review.id == review.id).values(rating=4))
    assert await rating_of(shop, product) == (Decimal("4.5"), 2)


async def test_editing_a_rating_while_rejecting_it(shop: AsyncEngine) -> None:
    product, (review, _) = await reviewed(shop, 1, 5)
    await execute(shop, update(Review).where(Review.id == review.id).values(rating=3, status=REJECTED))
    assert await rating_of(shop, product) == (Decimal("5.0"), 1)


async def test_review_moved_to_another_product_counts_there(shop: AsyncEngine) -> None:
    old, (review, _) = await reviewed(shop, 1, 5)
    new, _ = await reviewed(shop, 4)
    await execute(shop, update(Review).where(Review.id == review.id).values(product_id=new.id))
    assert await rating_of(shop, old) == (Decimal("5.0"), 1)
    assert await rating_of(shop, new) == (Decimal("2.5"), 2)


async def test_exchanging_reviews_of_two_products_in_one_statement(shop: AsyncEngine) -> None:
    first, _ = await reviewed(shop, 1, 5)
    second, _ = await reviewed(shop, 4)
    other = text(
        "UPDATE reviews SET product_id = CASE product_id WHEN :a THEN CAST(:b AS uuid) ELSE CAST(:a AS uuid) END"
        " WHERE product_id IN (:a, :b)"
    )
    await execute(shop, other, {"a": first.id, "b": second.id})
    assert await rating_of(shop, first) == (Decimal("4.0"), 1)
    assert await rating_of(shop, second) == (Decimal("3.0"), 2)


async def test_deleting_reviews_takes_them_back(shop: AsyncEngine) -> None:
    product, (review, last) = await reviewed(shop, 1, 5)
    await execute(shop, delete(Review).where(Review.id == review.id))
    assert await rating_of(shop, product) == (Decimal("5.0"), 1)
    await execute(shop, delete(Review).where(Review.id == last.id))
    assert await rating_of(shop, product) == (Decimal("0.0"), 0)


async def test_deleting_a_user_takes_their_reviews_back(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        user, products = await add_user(session), [await add_product(session) for _ in range(3)]
        for product in products:
            await add_review(session, product, user, rating=1)
            await add_review(session, product, rating=5)
    await execute(shop, delete(User).where(User.id == user.id))
    assert [await rating_of(shop, product) for product in products] == [(Decimal("5.0"), 1)] * 3


async def test_deleting_a_product_deletes_its_reviews(shop: AsyncEngine) -> None:
    product, _ = await reviewed(shop, 1, 5)
    kept, _ = await reviewed(shop, 2)
    await execute(shop, delete(Product).where(Product.id == product.id))
    assert await scalar(shop, select(func.count()).where(Review.product_id == product.id)) == 0
    assert await rating_of(shop, kept) == (Decimal("2.0"), 1)


async def test_bulk_insert_counts_every_row_once(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
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
    await execute(shop, insert(Review).values([{"id": uuid7(), **row} for row in rows]))
    assert [await rating_of(shop, product) for product in products] == [(Decimal("3.0"), 15)] * 3


async def test_upsert_counts_the_new_rating_only(shop: AsyncEngine) -> None:
    product, (review, _) = await reviewed(shop, 1, 5)
    async with writing(shop) as session:
        newcomer = await add_user(session)
    values = [
        {"id": uuid7(), "product_id": product.id, "user_id": user, "rating": 3, "status": APPROVED}
        for user in (review.user_id, newcomer.id)
    ]
    statement = upsert(Review).values(values)
    await execute(
        shop,
        statement.on_conflict_do_update(constraint="uq_reviews_user_id_product_id", set_={"rating": 4}),
    )
    assert await rating_of(shop, product) == (Decimal("4.0"), 3)


async def test_rolled_back_review_leaves_the_rating(shop: AsyncEngine) -> None:
    product, _ = await reviewed(shop, 4)
    async with AsyncSession(shop) as session:
        await add_review(session, product, rating=1)
        await session.rollback()
    assert await rating_of(shop, product) == (Decimal("4.0"), 1)


async def test_crowd_of_reviewers_ends_exactly_right(crowd: AsyncEngine) -> None:
    """Each transaction writes to all products in an order of its own; none may deadlock or be lost."""
    async with writing(crowd) as session:
        products = [await add_product(session) for _ in range(4)]
        users = [await add_user(session) for _ in range(CROWD)]
        for product in products:
            for user in users[:30]:
                await add_review(session, product, user, rating=3)
    chance = random.Random(20261120)  # noqa: S311 - the same deeds on every run
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


async def test_product_price_follows_its_default_variant(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        product = await add_product(session)
    variant = ProductVariant.id == product.default_variant_id
    await execute(
        shop, update(ProductVariant).where(variant).values(price=Decimal("89.90"), compare_at_price=Decimal(95))
    )
    assert await price_of(shop, product) == (Decimal("89.90"), Decimal("95.00"))
    await execute(shop, update(ProductVariant).where(variant).values(compare_at_price=None, currency="USD"))
    assert await price_of(shop, product) == (Decimal("89.90"), None)
    assert await scalar(shop, select(Product.currency).where(Product.id == product.id)) == "USD"


async def test_other_variants_leave_the_product_price(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        product = await add_product(session)
        variant = await add_variant(session, product, price=Decimal(5))
    await execute(shop, update(ProductVariant).where(ProductVariant.id == variant.id).values(price=Decimal(6)))
    assert await price_of(shop, product) == (Decimal("100.00"), None)


async def test_many_prices_follow_one_statement(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        products = [await add_product(session, price=Decimal(10 * number)) for number in range(1, 6)]
    theirs = ProductVariant.product_id.in_([product.id for product in products])
    await execute(shop, update(ProductVariant).where(theirs).values(price=ProductVariant.price + 1))
    assert [(await price_of(shop, product))[0] for product in products] == [11, 21, 31, 41, 51]


async def test_another_default_variant_brings_its_price(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        product = await add_product(session)
        variant = await add_variant(session, product, price=Decimal(70), compare_at_price=Decimal(90))
    await execute(
        shop, update(Product).where(Product.id == product.id).values(default_variant_id=variant.id, price=Decimal(1))
    )
    assert await price_of(shop, product) == (Decimal("70.00"), Decimal("90.00"))


@pytest.mark.parametrize("values", [{"price": 1}, {"compare_at_price": 500}, {"currency": "USD"}])
async def test_price_changed_on_the_product_is_put_right(shop: AsyncEngine, values: dict[str, Any]) -> None:
    async with writing(shop) as session:
        product = await add_product(session)
    await execute(shop, update(Product).where(Product.id == product.id).values(values))
    assert await price_of(shop, product) == (Decimal("100.00"), None)
    assert await scalar(shop, select(Product.currency).where(Product.id == product.id)) == "ETB"


async def test_price_given_with_a_new_product_is_put_right(shop: AsyncEngine) -> None:
    key = uuid7()
    async with writing(shop) as session:
        product = Product(slug="lamp", name="Lamp", price=Decimal(1), default_variant_id=key)
        session.add(product)
        await session.flush()
        session.add(ProductVariant(id=key, product_id=product.id, sku="LAMP", name="Lamp", price=Decimal(30)))
    assert await price_of(shop, product) == (Decimal("30.00"), None)


async def test_default_variant_chosen_while_its_price_changes(shop: AsyncEngine) -> None:
    """Neither transaction sees the other; the price must be the variant's all the same."""
    async with writing(shop) as session:
        product = await add_product(session)
        variant = await add_variant(session, product, price=Decimal(30))
    async with shop.connect() as repricing, shop.connect() as choosing:
        await repricing.execute(update(ProductVariant).where(ProductVariant.id == variant.id).values(price=Decimal(50)))
        choice = update(Product).where(Product.id == product.id).values(default_variant_id=variant.id)
        chosen = await started(choosing, choice, commit=True)
        await repricing.commit()
        await chosen
    assert await price_of(shop, product) == (Decimal("50.00"), None)


async def test_price_changed_on_product_and_variant_at_once_does_not_deadlock(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        product = await add_product(session)
    on_product = update(Product).where(Product.id == product.id).values(price=Decimal(1))
    on_variant = update(ProductVariant).where(ProductVariant.product_id == product.id).values(price=Decimal(50))
    await run_at_once(shop, product, on_product, on_variant)
    assert await price_of(shop, product) == (Decimal("50.00"), None)


async def test_default_variant_chosen_while_all_prices_change_does_not_deadlock(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        product = await add_product(session)
        variant = await add_variant(session, product, price=Decimal(30))
    choice = update(Product).where(Product.id == product.id).values(default_variant_id=variant.id)
    theirs = update(ProductVariant).where(ProductVariant.product_id == product.id)
    await run_at_once(shop, product, choice, theirs.values(price=ProductVariant.price + 1))
    assert await price_of(shop, product) == (Decimal("31.00"), None)


async def run_at_once(engine: AsyncEngine, product: Product, *statements: Any) -> None:
    """Commit the statements, each in its own transaction, that all began while somebody held the product."""
    async with engine.connect() as holding, engine.connect() as one, engine.connect() as two:
        await holding.execute(select(Product.id).where(Product.id == product.id).with_for_update())
        tasks = [
            await started(connection, statement, commit=True)
            for connection, statement in zip((one, two), statements, strict=True)
        ]
        await holding.commit()
        assert await asyncio.gather(*tasks, return_exceptions=True) == [None, None]


# The time of the last change


@pytest.mark.parametrize("table", sorted(t.name for t in Base.metadata.tables.values() if "updated_at" in t.c))
async def test_every_change_moves_updated_at(shop: AsyncEngine, table: str) -> None:
    async with writing(shop) as session:
        await add_shopful(session, 1)
    await execute(shop, text(f"UPDATE {table} SET id = id"))
    async with shop.connect() as connection:
        past = f"SELECT created_at, updated_at, now() FROM {table} WHERE created_at < now()"
        rows = (await connection.execute(text(past))).all()
    assert rows
    for created_at, updated_at, now in rows:
        assert created_at < updated_at < now


# The category tree


async def add_branch(shop: AsyncEngine, length: int) -> list[Category]:
    """Categories each below the one before."""
    async with writing(shop) as session:
        branch = [await add_category(session)]
        for _ in range(length - 1):
            branch.append(await add_category(session, parent_id=branch[-1].id))
    return branch


def move(category: Category, below: Category | None) -> Any:
    """The statement that moves a category."""
    parent = below.id if below else None
    return update(Category).where(Category.id == category.id).values(parent_id=parent)


async def test_paths_of_new_categories_start_at_the_root(shop: AsyncEngine) -> None:
    root, middle, leaf = await add_branch(shop, 3)
    assert await path_of(shop, root) == [root.id]
    assert await path_of(shop, middle) == [root.id, middle.id]
    assert await path_of(shop, leaf) == [root.id, middle.id, leaf.id]


async def test_subtree_moves_with_its_top(shop: AsyncEngine) -> None:
    root, middle, leaf = await add_branch(shop, 3)
    other, below = await add_branch(shop, 2)
    await execute(shop, move(middle, below))
    assert await path_of(shop, root) == [root.id]
    assert await path_of(shop, leaf) == [other.id, below.id, middle.id, leaf.id]
    await execute(shop, move(middle, None))
    assert await path_of(shop, middle) == [middle.id]
    assert await path_of(shop, leaf) == [middle.id, leaf.id]


async def test_several_categories_move_in_one_statement(shop: AsyncEngine) -> None:
    root, middle, leaf = await add_branch(shop, 3)
    (other,) = await add_branch(shop, 1)
    await execute(shop, update(Category).where(Category.id.in_([root.id, leaf.id])).values(parent_id=other.id))
    assert await path_of(shop, middle) == [other.id, root.id, middle.id]
    assert await path_of(shop, leaf) == [other.id, leaf.id]


@pytest.mark.parametrize("depth", [0, 1, 2])
async def test_cycles_are_refused(shop: AsyncEngine, depth: int) -> None:
    branch = await add_branch(shop, 3)
    with pytest.raises(IntegrityError) as refused:
        await execute(shop, move(branch[0], branch[depth]))
    assert constraint(refused) == "ck_categories_tree"
    assert await path_of(shop, branch[2]) == [category.id for category in branch]


async def test_concurrent_moves_make_no_cycle(shop: AsyncEngine) -> None:
    (left,), (right,) = await add_branch(shop, 1), await add_branch(shop, 1)
    async with shop.connect() as one, shop.connect() as two:
        await one.execute(move(left, right))
        second = await started(two, move(right, left), commit=True)
        await one.commit()
        with pytest.raises(IntegrityError) as refused:
            await second
    assert constraint(refused) == "ck_categories_tree"
    assert await path_of(shop, left) == [right.id, left.id]
    assert await path_of(shop, right) == [right.id]


async def test_category_placed_below_a_branch_on_its_way_to_the_top(shop: AsyncEngine) -> None:
    """The newcomer's path must not keep the place that the branch is leaving."""
    _, top, leaf = await add_branch(shop, 3)
    (newcomer,) = await add_branch(shop, 1)
    async with shop.connect() as one, shop.connect() as two:
        await one.execute(move(top, None))
        second = await started(two, move(newcomer, leaf), commit=True)
        await one.commit()
        await second
    assert await path_of(shop, leaf) == [top.id, leaf.id]
    assert await path_of(shop, newcomer) == [top.id, leaf.id, newcomer.id]


async def test_moving_a_branch_and_its_leaf_at_once_does_not_deadlock(shop: AsyncEngine) -> None:
    top, leaf = await add_branch(shop, 2)
    (left,), (right,) = await add_branch(shop, 1), await add_branch(shop, 1)
    async with shop.connect() as one, shop.connect() as two:
        await one.execute(insert(Category).values(slug="new", name="New", parent_id=left.id))
        second = await started(two, move(leaf, right), commit=True)
        await one.execute(move(top, left))
        await one.commit()
        await second
    assert await path_of(shop, top) == [left.id, top.id]
    assert await path_of(shop, leaf) == [right.id, leaf.id]


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
async def test_reading_minutes_count_words(shop: AsyncEngine, body: str, minutes: int) -> None:
    async with writing(shop) as session:
        post = await add_post(session, body=body)
        assert post.reading_minutes == minutes
        post.body = " ".join(["word"] * 1000)
        await session.flush()
        await session.refresh(post, ["reading_minutes"])
        assert post.reading_minutes == 5


@pytest.mark.parametrize("body", [" ".join(["word"] * 220) + "\n", "\n" + " ".join(["word"] * 220), "\n\t"])
async def test_reading_minutes_ignore_blank_edges(shop: AsyncEngine, body: str) -> None:
    async with writing(shop) as session:
        assert (await add_post(session, body=body)).reading_minutes == 1


async def test_posts_are_dated_by_publication_else_by_creation(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        post = await add_post(session)
        draft = await add_post(session, status=PublishingStatus.DRAFT, published_at=None)
    assert post.dated_at == PUBLISHED_AT
    assert draft.dated_at == draft.created_at
