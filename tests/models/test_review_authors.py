"""How its author is shown is kept with each review, and follows the account, also under concurrency."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from models import Product, Review, User
from tests.factories import add_product, add_review, add_user, shared_engine, writing
from tests.statements import constraint, execute, started

PICTURE = "https://pictures.example/hana.webp"


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each looks at rows of its own."""
    async with shared_engine(postgres, migrated) as shop:
        yield shop


async def shown(engine: AsyncEngine, *users: User) -> set[tuple[str, str | None]]:
    """How the authors of all reviews by these are shown."""
    kept = select(Review.author_name, Review.author_avatar_url).where(Review.user_id.in_([user.id for user in users]))
    async with engine.connect() as connection:
        return {(name, picture) for name, picture in await connection.execute(kept)}


async def person(engine: AsyncEngine, reviews: int = 1) -> User:
    """Somebody who has reviewed so many products."""
    async with writing(engine) as session:
        user = await add_user(session)
        for _ in range(reviews):
            await add_review(session, await add_product(session), user)
        return user


def renamed(user: User, **values: Any) -> Any:
    """The statement that changes the account."""
    return update(User).where(User.id == user.id).values(values)


def review_of(product: Product, user: User) -> Any:
    """The statement that adds a review."""
    return insert(Review).values(id=uuid7(), product_id=product.id, user_id=user.id, rating=4)


async def test_new_review_shows_its_author(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        user = await add_user(session, first_name="Hana", last_name="Élan", avatar_url=PICTURE)
        await add_review(session, await add_product(session), user)
    assert await shown(shop, user) == {("Hana É.", PICTURE)}


async def test_all_reviews_of_an_account_follow_it_and_no_others(shop: AsyncEngine) -> None:
    user, other = await person(shop, 3), await person(shop)
    await execute(shop, renamed(user, first_name="Hana"))
    assert await shown(shop, user) == {("Hana T.", None)}
    await execute(shop, renamed(user, last_name="Bekele", avatar_url=PICTURE))
    assert await shown(shop, user) == {("Hana B.", PICTURE)}
    await execute(shop, renamed(user, avatar_url=None))
    assert await shown(shop, user) == {("Hana B.", None)}
    assert await shown(shop, other) == {("Selam T.", None)}


async def test_review_is_not_changed_by_the_name_of_its_author(shop: AsyncEngine) -> None:
    user = await person(shop)
    reviews = select(Review.version, Review.updated_at, Review.created_at).where(Review.user_id == user.id)
    async with shop.connect() as connection:
        before = (await connection.execute(reviews)).one()
    await execute(shop, renamed(user, first_name="Hana"))
    async with shop.connect() as connection:
        assert (await connection.execute(reviews)).one() == before


async def test_review_given_to_somebody_else_shows_them(shop: AsyncEngine) -> None:
    user = await person(shop)
    async with writing(shop) as session:
        heir = await add_user(session, first_name="Hana")
    await execute(shop, update(Review).where(Review.user_id == user.id).values(user_id=heir.id))
    assert await shown(shop, heir) == {("Hana T.", None)}


@pytest.mark.parametrize("copy", [{"author_name": "Somebody"}, {"author_avatar_url": PICTURE}], ids=str)
async def test_copy_cannot_be_written(shop: AsyncEngine, copy: dict[str, str]) -> None:
    user = await person(shop)
    await execute(shop, update(Review).where(Review.user_id == user.id).values(copy))
    assert await shown(shop, user) == {("Selam T.", None)}


async def test_review_by_nobody_is_refused_as_such(shop: AsyncEngine) -> None:
    async with writing(shop) as session:
        product, gone = await add_product(session), await add_user(session)
    await execute(shop, delete(User).where(User.id == gone.id))
    with pytest.raises(IntegrityError) as refused:
        await execute(shop, review_of(product, gone))
    assert constraint(refused) == "fk_reviews_user_id"


@pytest.mark.parametrize("is_written_first", [True, False], ids=["written first", "renamed first"])
async def test_review_written_while_its_author_is_renamed(shop: AsyncEngine, is_written_first: bool) -> None:
    """Neither transaction sees the other; the review must show the new name all the same."""
    async with writing(shop) as session:
        product, user = await add_product(session), await add_user(session)
    first, second = review_of(product, user), renamed(user, first_name="Hana")
    if not is_written_first:
        first, second = second, first
    async with shop.connect() as one, shop.connect() as other:
        await one.execute(first)
        waiting = await started(other, second, commit=True)
        assert not waiting.done()
        await one.commit()
        await waiting
    assert await shown(shop, user) == {("Hana T.", None)}
