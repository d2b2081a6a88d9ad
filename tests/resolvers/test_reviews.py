"""Reviews through the API: written, judged, changed and deleted, by one and by many at once."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer, viewer_with_role
from domain.review_rules import MOST_REVIEWS_A_DAY
from models import ModerationStatus, OrderLine, OrderStatus, Product, Review, Role, Shop, User
from resolvers.ids import decode_id_of, encode_id
from server.database import create_engine
from tests.api import data_of
from tests.databases import settings_for
from tests.executors import REFERENCE
from tests.factories import add_order, add_product, add_review, add_user, new_id, shared_engine, writing
from tests.mutations import answer_to, changed
from tests.server.stored_data import find_broken_promises
from tests.statements import execute, scalar

QUERIES = Path(__file__).parents[2] / "queries"
CROWD = 20

Json = dict[str, Any]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each looks at products of its own."""
    async with shared_engine(postgres, migrated) as shop:
        yield shop


@pytest.fixture
async def crowd(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine that opens as many connections as a crowd needs, in a shop that publishes reviews at once."""
    settings = settings_for(database_url).model_copy(update={"database_pool_size": CROWD})
    engine = create_engine(database_url, settings)
    await execute(engine, update(Shop).values(moderates_reviews_first=False))
    yield engine
    await engine.dispose()


async def customer(engine: AsyncEngine, **overrides: Any) -> Viewer:
    """Somebody who may write reviews."""
    async with writing(engine) as session:
        user = await add_user(session, **{"is_email_verified": True, **overrides})
    return viewer_with_role(user.role or Role.CUSTOMER, user.id)


async def product_on_sale(engine: AsyncEngine, **overrides: Any) -> str:
    """Its global id."""
    async with writing(engine) as session:
        return encode_id("Product", (await add_product(session, **overrides)).id)


def document(name: str) -> str:
    """A document of `queries/`."""
    return (QUERIES / f"{name}.graphql").read_text(encoding="utf-8")


async def done(engine: AsyncEngine, name: str, viewer: Viewer, **given: Any) -> Json:
    """What the mutation of that document gives."""
    data = await changed(engine, document(name), {"input": given}, viewer, REFERENCE)
    result: Json = data[name[0].lower() + name[1:]]
    return result


async def judged(engine: AsyncEngine, name: str, viewer: Viewer, *read: Json, **given: Any) -> list[Json]:
    """What became of each review, which is judged as it was read."""
    reviews = [{"id": each["id"], "expectedVersion": each["version"]} for each in read]
    results: list[Json] = (await done(engine, name, viewer, reviews=reviews, **given))["results"]
    return results


async def rating_of(engine: AsyncEngine, product: str) -> tuple[Decimal, int]:
    """What is stored of the product."""
    key = decode_id_of("Product", product)
    async with engine.connect() as connection:
        row = (await connection.execute(select(Product.rating, Product.review_count).where(Product.id == key))).one()
    return row.rating, row.review_count


async def shown(engine: AsyncEngine, viewer: Viewer, product: str) -> list[str]:
    """The comments that somebody is shown below the product."""
    query = "query($id: ID!) { product(id: $id) { reviews(first: 50) { nodes { comment } } } }"
    data = await data_of(engine, query, {"id": product}, viewer)
    return [node["comment"] for node in data["product"]["reviews"]["nodes"]]


async def test_way_of_a_review(shop: AsyncEngine) -> None:
    author, moderator = await customer(shop), await customer(shop, role=Role.STAFF)
    product = await product_on_sale(shop)

    review = await done(shop, "WriteReview", author, product=product, rating=5, title=" Good ", comment="It runs.\n")
    assert (review["title"], review["comment"], review["status"], review["version"]) == (
        "Good",
        "It runs.",
        "PENDING",
        1,
    )
    assert [await shown(shop, viewer, product) for viewer in (VISITOR, author, moderator)] == [
        [],
        ["It runs."],
        ["It runs."],
    ]
    queue = (await data_of(shop, document("ReviewQueue"), viewer=moderator))["reviews"]["nodes"]
    assert [each["id"] for each in queue if each["product"]["id"] == product] == [review["id"]]

    [approved] = await judged(shop, "ApproveReviews", moderator, review, note="Friendly.")
    assert (approved["outcome"], approved["review"]["status"], approved["review"]["awaitsModeration"]) == (
        "MODERATED",
        "APPROVED",
        False,
    )
    assert await shown(shop, VISITOR, product) == ["It runs."]
    assert await rating_of(shop, product) == (Decimal("5.0"), 1)

    edited = await done(shop, "UpdateReview", author, id=review["id"], expectedVersion=2, rating=2, comment="It ran.")
    assert (edited["status"], edited["version"], edited["title"]) == ("PENDING", 3, "Good")
    assert await rating_of(shop, product) == (Decimal("0.0"), 0)
    assert (await done(shop, "UpdateReview", author, id=review["id"], rating=2))["version"] == 3

    [stale] = await judged(shop, "ApproveReviews", moderator, approved["review"])
    assert (stale["outcome"], stale["review"]["status"]) == ("CHANGED_MEANWHILE", "PENDING")
    await judged(shop, "RejectReviews", moderator, edited, reason="It names a person.")
    mine = (await data_of(shop, document("MyReviews"), viewer=author))["viewer"]["reviews"]["nodes"]
    assert [(each["status"], each["rejectionReason"]) for each in mine] == [("REJECTED", "It names a person.")]
    assert await shown(shop, VISITOR, product) == []

    assert (await done(shop, "DeleteReview", author, id=review["id"]))["__typename"] == "Done"
    assert (await done(shop, "DeleteReview", author, id=review["id"]))["__typename"] == "ReviewNotFound"
    assert await shown(shop, moderator, product) == []


@pytest.mark.parametrize(
    ("status", "refunded", "is_marked"),
    [
        (None, 0, False),
        (OrderStatus.PENDING, 0, False),
        (OrderStatus.CONFIRMED, 0, True),
        (OrderStatus.DELIVERED, 1, True),
        (OrderStatus.DELIVERED, 2, False),
        (OrderStatus.CANCELLED, 0, False),
        (OrderStatus.FAILED, 0, False),
        (OrderStatus.REFUNDED, 0, False),
    ],
)
async def test_purchase_is_marked_while_something_of_it_is_kept(
    shop: AsyncEngine, status: OrderStatus | None, refunded: int, is_marked: bool
) -> None:
    """Of the two units that each order has; somebody else has bought the product besides."""
    author = await customer(shop)
    async with writing(shop) as session:
        product = await add_product(session)
        await add_order(session, product=product, status=OrderStatus.DELIVERED)
        if status is not None:
            buyer = await session.get_one(User, author.account_id)
            order = await add_order(session, buyer, product, status=status)
            lines = update(OrderLine).where(OrderLine.order_id == order.id)
            await session.execute(lines.values(refunded_quantity=refunded))

    review = await done(shop, "WriteReview", author, product=encode_id("Product", product.id), rating=5)

    assert review["isVerifiedPurchase"] is is_marked


async def test_purchase_is_looked_up_again_when_the_review_changes(shop: AsyncEngine) -> None:
    author = await customer(shop)
    async with writing(shop) as session:
        product = await add_product(session)
    review = await done(shop, "WriteReview", author, product=encode_id("Product", product.id), rating=5)
    async with writing(shop) as session:
        buyer = await session.get_one(User, author.account_id)
        await add_order(session, buyer, product, status=OrderStatus.DELIVERED)

    await done(shop, "UpdateReview", author, id=review["id"], rating=4)

    stored = select(Review.is_verified_purchase).where(Review.id == decode_id_of("Review", review["id"]))
    assert (review["isVerifiedPurchase"], await scalar(shop, stored)) == (False, True)


async def test_who_judged_is_on_record_for_the_staff(shop: AsyncEngine) -> None:
    moderator = await customer(shop, role=Role.STAFF, first_name="Hana", last_name="Bekele")
    product = await product_on_sale(shop)
    review = await done(shop, "WriteReview", await customer(shop), product=product, rating=4)
    await judged(shop, "ApproveReviews", moderator, review, note="Fine.")

    query = """query($id: ID!) { node(id: $id) { ... on Review {
        moderationNote moderatedAt moderator { name } rejectionReason awaitsModeration version } } }"""
    node = (await data_of(shop, query, {"id": review["id"]}, moderator))["node"]

    assert node.pop("moderatedAt") is not None
    assert node == {
        "moderationNote": "Fine.",
        "moderator": {"name": "Hana B."},
        "rejectionReason": None,
        "awaitsModeration": False,
        "version": 2,
    }


async def test_shop_that_moderates_afterwards_publishes_at_once(crowd: AsyncEngine) -> None:
    author, moderator = await customer(crowd), await customer(crowd, role=Role.ADMIN)
    product, other = await product_on_sale(crowd), await product_on_sale(crowd)

    review = await done(crowd, "WriteReview", author, product=product, rating=4)
    second = await done(crowd, "WriteReview", author, product=other, rating=1)
    assert (review["status"], await rating_of(crowd, product)) == ("APPROVED", (Decimal("4.0"), 1))
    [seen] = await judged(crowd, "ApproveReviews", moderator, review)
    assert seen["review"]["awaitsModeration"] is False
    edited = await done(crowd, "UpdateReview", author, id=review["id"], rating=3)
    assert (edited["status"], await rating_of(crowd, product)) == ("APPROVED", (Decimal("3.0"), 1))
    assert await scalar(crowd, select(func.count()).where(Review.is_published_unseen)) == 2

    [rejected] = await judged(crowd, "RejectReviews", moderator, second, reason="Not about the product.")
    again = await done(crowd, "UpdateReview", author, id=second["id"], rating=5)
    assert (rejected["review"]["status"], again["status"], again["rejectionReason"]) == ("REJECTED", "PENDING", None)
    assert await rating_of(crowd, other) == (Decimal("0.0"), 0)

    policy = await done(crowd, "UpdateReviewPolicy", moderator, moderatesFirst=True)
    assert policy["moderatesReviewsFirst"] is True
    late = await done(crowd, "WriteReview", moderator, product=product, rating=1)
    assert late["status"] == "PENDING"


async def test_of_fifty_reviews_of_one_customer_one_is_written(crowd: AsyncEngine) -> None:
    author, product = await customer(crowd), await product_on_sale(crowd)

    answers = await asyncio.gather(
        *(done(crowd, "WriteReview", author, product=product, rating=1 + place % 5) for place in range(50))
    )

    [written] = [answer for answer in answers if answer["__typename"] == "Review"]
    refused = [answer for answer in answers if answer["__typename"] == "AlreadyReviewed"]
    assert {answer["reviewId"] for answer in refused} == {written["id"]}
    assert len(refused) == 49
    assert await rating_of(crowd, product) == (Decimal(written["rating"]), 1)


async def test_what_keeps_somebody_from_writing_is_told_and_writes_nothing(shop: AsyncEngine) -> None:
    product, hidden = await product_on_sale(shop), await product_on_sale(shop, is_active=False)
    author, unverified = await customer(shop), await customer(shop, is_email_verified=False)
    gone = await customer(shop, is_active=False)
    before = await scalar(shop, select(func.count()).select_from(Review))

    async def kind(viewer: Viewer, key: str, **given: Any) -> str:
        answer = await done(shop, "WriteReview", viewer, **{"product": key, "rating": 5, **given})
        return str(answer["__typename"])

    assert await kind(unverified, product) == "EmailNotVerified"
    assert await kind(gone, product) == "AccountGone"
    assert await kind(author, hidden) == "ProductNotFound"
    assert await kind(author, encode_id("Product", new_id())) == "ProductNotFound"
    for wrong in ({"rating": 0}, {"rating": 6}, {"title": "x" * 121}, {"comment": "a\x00b"}, {"comment": "x" * 5_001}):
        assert await kind(author, product, **wrong) == "InvalidInput", wrong
    assert (await answer_to(shop, document("WriteReview"), {"input": {"product": product, "rating": 5}})).errors
    assert await scalar(shop, select(func.count()).select_from(Review)) == before


async def test_customer_writes_so_many_reviews_a_day_and_no_more(shop: AsyncEngine) -> None:
    author = await customer(shop)
    async with writing(shop) as session:
        user = await session.get_one(User, author.account_id)
        for _ in range(MOST_REVIEWS_A_DAY):
            await add_review(session, await add_product(session), user)
    product = await product_on_sale(shop)

    refused = await done(shop, "WriteReview", author, product=product, rating=5)
    assert refused["message"] == "You have written 20 reviews in a day, which is the most. Come back tomorrow."
    earlier = Review.created_at - func.make_interval(0, 0, 0, 1)
    await execute(shop, update(Review).where(Review.user_id == author.account_id).values(created_at=earlier))
    assert (await done(shop, "WriteReview", author, product=product, rating=5))["__typename"] == "Review"


async def test_reviews_of_others_are_not_there(shop: AsyncEngine) -> None:
    product = await product_on_sale(shop)
    review = await done(shop, "WriteReview", await customer(shop), product=product, rating=5)
    for stranger in (await customer(shop), await customer(shop, role=Role.ADMIN)):
        for name, given in (("UpdateReview", {"rating": 1}), ("DeleteReview", {})):
            answer = await done(shop, name, stranger, id=review["id"], **given)
            assert answer["message"] == "You have written no such review."
    stored = select(Review.rating).where(Review.id == decode_id_of("Review", review["id"]))
    assert await scalar(shop, stored) == 5


async def test_stale_change_is_a_conflict_with_both_versions(shop: AsyncEngine) -> None:
    author = await customer(shop)
    review = await done(shop, "WriteReview", author, product=await product_on_sale(shop), rating=5)
    await done(shop, "UpdateReview", author, id=review["id"], expectedVersion=1, comment="First.")

    stale = await done(shop, "UpdateReview", author, id=review["id"], expectedVersion=1, comment="Second.")

    assert (stale["__typename"], stale["expectedVersion"], stale["currentVersion"]) == ("Conflict", 1, 2)


async def test_each_of_many_is_judged_by_itself(shop: AsyncEngine) -> None:
    moderator, product = await customer(shop, role=Role.STAFF), await product_on_sale(shop)
    reviews = [await done(shop, "WriteReview", await customer(shop), product=product, rating=5) for _ in range(3)]
    missing = {"id": encode_id("Review", new_id()), "version": 1}
    stale = {**reviews[1], "version": 9}

    results = await judged(shop, "ApproveReviews", moderator, reviews[2], missing, stale, reviews[0])

    assert [result["outcome"] for result in results] == ["MODERATED", "NOT_FOUND", "CHANGED_MEANWHILE", "MODERATED"]
    assert [result["review"] and result["review"]["status"] for result in results] == [
        "APPROVED",
        None,
        "PENDING",
        "APPROVED",
    ]
    assert await rating_of(shop, product) == (Decimal("5.0"), 2)


async def test_moderators_authors_and_newcomers_at_once_leave_exact_ratings(crowd: AsyncEngine) -> None:
    """Moderators judge the same reviews in opposite orders while authors change and delete them."""
    moderators = [await customer(crowd, role=Role.STAFF) for _ in range(4)]
    authors = [await customer(crowd) for _ in range(CROWD)]
    products = [await product_on_sale(crowd) for _ in range(3)]
    written = [
        [await done(crowd, "WriteReview", author, product=product, rating=1 + place % 5) for product in products]
        for place, author in enumerate(authors[:12])
    ]
    everything = [review for reviews in written for review in reviews]

    await asyncio.gather(
        *(
            judged(crowd, name, moderator, *order, **given)
            for moderator, (name, given) in zip(
                moderators, [("ApproveReviews", {}), ("RejectReviews", {"reason": "No."})] * 2, strict=True
            )
            for order in (everything[::2], everything[::-3])
        ),
        *(
            done(crowd, "UpdateReview", author, id=review["id"], rating=6 - review["rating"])
            for author, reviews in list(zip(authors, written, strict=False))[:6]
            for review in reversed(reviews)
        ),
        *(done(crowd, "DeleteReview", authors[place], id=written[place][0]["id"]) for place in range(6, 9)),
        *(
            done(crowd, "WriteReview", author, product=product, rating=5)
            for author in authors[12:]
            for product in reversed(products)
        ),
    )

    assert await find_broken_promises(crowd) == []
    assert await scalar(crowd, select(func.count()).select_from(Review)) == 12 * 3 - 3 + 8 * 3
    unread = select(func.count()).where(Review.status == ModerationStatus.APPROVED)
    assert await scalar(crowd, unread) == await scalar(crowd, select(func.sum(Product.review_count)))
