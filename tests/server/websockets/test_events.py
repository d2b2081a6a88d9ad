"""Subscriptions: who is told what, and until when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from auth.guests import guest_id_of, new_guest_token
from auth.permissions import Gate
from auth.roles import ROLE_PERMISSIONS
from domain.orders import lock_order, move_order
from domain.reservations import reserve
from domain.stock_moving import Cause
from models import (
    ModerationStatus,
    OrderStatus,
    Payment,
    Post,
    PublishingStatus,
    Review,
    Role,
    Shop,
    StockLevel,
    User,
    UserSession,
)
from resolvers.ids import encode_id
from resolvers.subscriptions import Subscription
from tests.access.cover import required_by
from tests.factories import (
    add_dead_letter,
    add_order,
    add_payment,
    add_post,
    add_product,
    add_review,
    add_variant,
    new_id,
    writing,
)
from tests.schema.walk import fields
from tests.server.websockets.talking import House, Talk, talking

QUERIES = Path(__file__).parents[3] / "queries"
EVENTS = {
    field.declared.declaration.kind.value: field
    for field in fields()
    if field.declared is not None and isinstance(field.declared.declaration, Subscription)
}
"""The fields of subscriptions by their events."""

PUBLISHED = "subscription { postPublished { slug status } }"


def document(name: str) -> dict[str, str]:
    """The payload of a document of `queries/`."""
    return {"query": (QUERIES / f"{name}.graphql").read_text(encoding="utf-8")}


async def follow(house: House, talk: Talk, event: str, query: str, **variables: str) -> None:
    """Subscribe as the first of these tests to follow such events, and be sure that it has begun."""
    await talk.send("subscribe", id="live", payload={"query": query, "variables": variables})
    await house.until(f"subscriptions {event}", 1)


async def test_post_is_told_of_when_it_comes_out_and_never_before(house: House) -> None:
    async with writing(house.engine) as session:
        draft = await add_post(session, status=PublishingStatus.DRAFT, published_at=None)
        scheduled = await add_post(session, published_at=datetime.now(UTC) + timedelta(hours=1))
    async with talking(house.address) as talk:
        await talk.introduce()
        await follow(house, talk, "post_published", document("PostPublished")["query"])
        async with writing(house.engine) as session:
            await add_post(session, status=PublishingStatus.DRAFT, published_at=None)
            await session.execute(update(Post).values(title="Changed, not published"))
            (await session.get_one(Post, scheduled.id)).published_at = datetime.now(UTC) - timedelta(seconds=1)
        async with writing(house.engine) as session:
            out = await session.get_one(Post, draft.id)
            out.status, out.published_at = PublishingStatus.PUBLISHED, datetime.now(UTC) - timedelta(seconds=1)
        told = [await talk.hear(), await talk.hear()]
        await talk.send("complete", id="live")
        await house.until("subscriptions post_published", 0)

    assert [message["type"] for message in told] == ["next", "next"]
    slugs = [message["payload"]["data"]["postPublished"]["slug"] for message in told]
    assert slugs == [scheduled.slug, draft.slug]
    assert told[0]["payload"]["data"]["postPublished"]["author"]["name"]


async def test_post_that_is_a_draft_again_before_it_is_read_is_not_told_of(house: House) -> None:
    async with talking(house.address) as talk:
        await talk.introduce()
        await follow(house, talk, "post_published", PUBLISHED)
        async with writing(house.engine) as session:
            gone = await add_post(session)
            await session.flush()
            gone.status = PublishingStatus.ARCHIVED
        async with writing(house.engine) as session:
            shown = await add_post(session)
        expected = {"data": {"postPublished": {"slug": shown.slug, "status": "PUBLISHED"}}}
        assert (await talk.hear())["payload"] == expected


async def test_moderators_are_told_of_reviews_that_wait(house: House) -> None:
    moderator = await house.somebody(Role.STAFF)
    async with talking(house.address) as talk:
        await talk.introduce(moderator)
        await follow(house, talk, "review_submitted", document("ReviewSubmitted")["query"])
        async with writing(house.engine) as session:
            product = await add_product(session)
            await add_review(session, product)
            review = await add_review(session, product, status=ModerationStatus.PENDING, comment="Late, but good.")
        first = (await talk.hear())["payload"]["data"]["reviewSubmitted"]
        async with writing(house.engine) as session:
            (await session.get_one(Review, review.id)).status = ModerationStatus.APPROVED
        async with writing(house.engine) as session:
            (await session.get_one(Review, review.id)).status = ModerationStatus.PENDING
        again = (await talk.hear())["payload"]["data"]["reviewSubmitted"]

    assert first == again
    assert (first["id"], first["status"], first["comment"]) == (
        encode_id("Review", review.id),
        "PENDING",
        "Late, but good.",
    )


async def test_moderators_are_told_of_what_customers_write(house: House) -> None:
    """Also where reviews are published at once; what waits already is not told of again."""
    moderator, author = await house.somebody(Role.STAFF), await house.somebody(Role.CUSTOMER)
    async with writing(house.engine) as session:
        await session.execute(update(User).values(is_email_verified=True))
        products = [encode_id("Product", (await add_product(session)).id) for _ in range(2)]

    async with talking(house.address) as talk, talking(house.address) as customer:
        await talk.introduce(moderator)
        await customer.introduce(author)
        await follow(house, talk, "review_submitted", document("ReviewSubmitted")["query"])
        for product, moderates_first in zip(products, (True, False), strict=True):
            async with writing(house.engine) as session:
                await session.execute(update(Shop).values(moderates_reviews_first=moderates_first))
            given = {"input": {"product": product, "rating": 4}}
            [written, _] = await customer.ask(**document("WriteReview"), variables=given)
            review = written["payload"]["data"]["writeReview"]
            changed = {"input": {"id": review["id"], "rating": 3}}
            await customer.ask(**document("UpdateReview"), variables=changed)
            told = (await talk.hear())["payload"]["data"]["reviewSubmitted"]
            assert (told["id"], told["status"]) == (review["id"], "PENDING" if moderates_first else "APPROVED")
        async with writing(house.engine) as session:
            last = await add_review(session, await add_product(session), status=ModerationStatus.PENDING)
        assert (await talk.hear())["payload"]["data"]["reviewSubmitted"]["id"] == encode_id("Review", last.id)


async def test_operators_are_told_of_failed_jobs(house: House) -> None:
    operator = await house.somebody(Role.ADMIN)
    async with talking(house.address) as talk:
        await talk.introduce(operator)
        await follow(house, talk, "job_failed", document("JobFailed")["query"])
        async with writing(house.engine) as session:
            letter = await add_dead_letter(session)
        told = (await talk.hear())["payload"]["data"]["jobFailed"]

    assert (told["id"], told["lastError"]) == (encode_id("DeadLetter", letter.id), "OSError: away")


async def test_staff_is_told_of_what_becomes_scarce(house: House) -> None:
    keeper = await house.somebody(Role.STAFF)
    async with writing(house.engine) as session:
        product = await add_product(session, stock=None)
        scarce, uncounted = [
            (await add_variant(session, product, stock=11, tracks_stock=counted)).id for counted in (True, False)
        ]
    async with talking(house.address) as talk:
        await talk.introduce(keeper)
        await follow(house, talk, "stock_low", document("StockLow")["query"])
        for quantity in (10, 9, 8, 12, 9, 12):
            async with writing(house.engine) as session:
                levels = update(StockLevel).where(StockLevel.variant_id.in_([scarce, uncounted]))
                await session.execute(levels.values(quantity=quantity))
        for units in (2, 1):
            async with writing(house.engine) as session:
                await reserve(session, {scarce: units, uncounted: units}, Cause("orders", new_id()))
        told = [(await talk.hear())["payload"]["data"]["stockLow"] for _ in range(3)]

    assert {each["id"] for each in told} == {encode_id("ProductVariant", scarce)}
    assert told[-1]["stock"] == {"available": 9, "minimumLevel": 10}


async def test_buyers_follow_their_own_orders_and_the_staff_new_ones(house: House) -> None:
    user, signed_in = await house.sign_in(Role.CUSTOMER)
    async with talking(house.address) as buyer, talking(house.address) as keeper:
        await buyer.introduce(house.headers(user, signed_in))
        await keeper.introduce(await house.somebody(Role.STAFF))
        await follow(house, buyer, "order_changed", document("OrderChanged")["query"])
        await follow(house, keeper, "order_placed", document("OrderPlaced")["query"])
        async with writing(house.engine) as session:
            others, own = await add_order(session), await add_order(session, user)
        for order in (others, own):
            async with writing(house.engine) as session:
                await move_order(session, await lock_order(session, order.id), OrderStatus.CONFIRMED)
        placed = [(await keeper.hear())["payload"]["data"]["orderPlaced"]["number"] for _ in range(2)]
        changed = (await buyer.hear())["payload"]["data"]["orderChanged"]

    assert placed == [others.number, own.number]
    assert changed == {**changed, "number": own.number, "status": "CONFIRMED"}


async def test_guests_follow_their_own_orders(house: House) -> None:
    token = new_guest_token()
    async with writing(house.engine) as session:
        others, own = await add_order(session, new_id()), await add_order(session, guest_id_of(token))
    async with talking(house.address) as talk:
        await talk.introduce({"guestToken": token})
        await follow(house, talk, "order_changed", document("OrderChanged")["query"])
        for order in (others, own):
            async with writing(house.engine) as session:
                await move_order(session, await lock_order(session, order.id), OrderStatus.CONFIRMED)
        changed = (await talk.hear())["payload"]["data"]["orderChanged"]

    assert changed == {**changed, "number": own.number, "status": "CONFIRMED"}


async def test_single_order_is_followed_by_its_id(house: House) -> None:
    user, signed_in = await house.sign_in(Role.CUSTOMER)
    async with writing(house.engine) as session:
        other, wanted = await add_order(session, user), await add_order(session, user)
    query = document("OrderChanged")["query"]
    async with talking(house.address) as talk:
        await talk.introduce(house.headers(user, signed_in))
        await follow(house, talk, "order_changed", query, id=encode_id("Order", wanted.id))
        for order in (other, wanted):
            async with writing(house.engine) as session:
                await move_order(session, await lock_order(session, order.id), OrderStatus.CONFIRMED)
        changed = (await talk.hear())["payload"]["data"]["orderChanged"]
        wrong = {"query": query, "variables": {"id": encode_id("Cart", wanted.id)}}
        await talk.send("subscribe", id="wrong", payload=wrong)
        refused = await talk.hear()

    assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "BAD_USER_INPUT")
    assert changed["number"] == wanted.number


async def test_staff_is_told_of_payments_to_look_at_once(house: House) -> None:
    keeper = await house.somebody(Role.STAFF)
    async with writing(house.engine) as session:
        order = await add_order(session)
        fine, odd = [await add_payment(session, order) for _ in range(2)]
    async with talking(house.address) as talk:
        await talk.introduce(keeper)
        await follow(house, talk, "payment_attention", document("PaymentNeedsAttention")["query"])
        for payment, why in ((fine, None), (odd, "It came twice."), (odd, "It came twice."), (odd, "It went back.")):
            async with writing(house.engine) as session:
                (await session.get_one(Payment, payment.id)).attention = why
        told = [(await talk.hear())["payload"]["data"]["paymentNeedsAttention"] for _ in range(2)]

    assert {each["id"] for each in told} == {encode_id("Payment", odd.id)}
    assert (told[-1]["attention"], told[-1]["order"]["number"]) == ("It went back.", order.number)


@pytest.mark.parametrize("role", [None, *Role])
async def test_subscriptions_begin_for_whoever_may(house: House, role: Role | None) -> None:
    grants = frozenset() if role is None else ROLE_PERMISSIONS[role]
    headers = {} if role is None else await house.somebody(role)
    async with talking(house.address) as talk:
        await talk.introduce(headers)
        for event, field in EVENTS.items():
            await talk.send("subscribe", id=event, payload={"query": f"subscription {{ {field.name} {{ id }} }}"})
        refused = [event for event, field in EVENTS.items() if required_by(field) not in {Gate.PUBLIC, *grants}]
        heard = [await talk.hear() for _ in refused]
        for event in EVENTS.keys() - set(refused):
            await house.until(f"subscriptions {event}", 1)
        assert (await talk.ask("{ shop { name } }"))[-1]["type"] == "complete"
    for event in EVENTS:
        await house.until(f"subscriptions {event}", 0)

    assert sorted(message["id"] for message in heard) == sorted(refused)
    codes = [(message["type"], message["payload"][0]["extensions"]["code"]) for message in heard]
    assert codes == [("error", "FORBIDDEN")] * len(refused)


async def test_session_that_was_revoked_is_told_nothing_more(house: House) -> None:
    user, signed_in = await house.sign_in(Role.STAFF)
    async with talking(house.address) as talk:
        await talk.introduce(house.headers(user, signed_in))
        await follow(house, talk, "review_submitted", document("ReviewSubmitted")["query"])
        async with writing(house.engine) as session:
            row = await session.get_one(UserSession, signed_in.id)
            row.ended_at, row.end_reason = datetime.now(UTC), "REVOKED"  # type: ignore[assignment]
        async with writing(house.engine) as session:
            await add_review(session, await add_product(session), status=ModerationStatus.PENDING)
        assert await talk.end() == (4403, "The session has ended. Sign in again.")


async def test_role_that_was_taken_away_is_told_nothing_more(house: House) -> None:
    user, signed_in = await house.sign_in(Role.STAFF)
    async with talking(house.address) as talk:
        await talk.introduce(house.headers(user, signed_in))
        await follow(house, talk, "review_submitted", document("ReviewSubmitted")["query"])
        async with writing(house.engine) as session:
            (await session.get_one(User, user.id)).role = Role.CUSTOMER
        async with writing(house.engine) as session:
            await add_review(session, await add_product(session), status=ModerationStatus.PENDING)
        refused = await talk.hear()
    assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "FORBIDDEN")


async def test_token_that_expires_ends_the_socket(house: House) -> None:
    user, signed_in = await house.sign_in(Role.STAFF)
    nearly_over = house.headers(user, signed_in, age=timedelta(minutes=10, seconds=4))
    async with talking(house.address) as talk:
        await talk.send("connection_init", payload=nearly_over)
        code, reason = await talk.end()
    assert (code, reason) == (4403, "The access token has expired. Refresh the session.")
