"""What sockets are held to, and how they end when something else does."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from sqlalchemy import text, update
from websockets.exceptions import InvalidStatus

from models import Order, Role
from resolvers.ids import encode_id
from server.app import create_app
from server.graphql_request import RequestRefusedError
from server.operation_answers import ANSWERS_AT_ONCE
from server.socket_count import SocketCount
from server.websocket_protocol import WebSocketProtocol
from tests.databases import opened, settings_for
from tests.factories import add_author, add_order, add_post, add_product, writing
from tests.live import serving
from tests.patience import PATIENCE_SECONDS
from tests.server.websockets.talking import House, Talk, talking
from tests.statements import locked

PUBLISHED = "subscription { postPublished { title } }"
SLOW = "{ __schema { __typename } products { nodes { tags { name } } } }"
CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'merkato events' AND datname = current_database()
"""


@asynccontextmanager
async def housed(url: str, **changes: object) -> AsyncIterator[House]:
    """A server with some settings changed."""
    settings = settings_for(url).model_copy(update={"response_cache_bytes": 0, **changes})
    async with opened(url) as engine:
        with serving(create_app(settings), ws=WebSocketProtocol) as address:
            yield House(address, engine, settings)


async def followed(house: House, talk: Talk) -> None:
    """Follow the posts that come out, and be sure that it has begun."""
    await talk.introduce()
    await talk.send("subscribe", id="live", payload={"query": PUBLISHED})
    await house.until("subscriptions post_published", 1)


def test_sockets_are_counted_in_all_and_by_address() -> None:
    count = SocketCount(most=3, most_per_address=2)
    with count.taken("a"), count.taken("a"):
        with pytest.raises(RequestRefusedError) as too_many_of_one, count.taken("a"):
            pass
        with count.taken("b"), pytest.raises(RequestRefusedError) as too_many, count.taken("c"):
            pass
        assert count.open == 2
    assert too_many_of_one.value.status is HTTPStatus.TOO_MANY_REQUESTS
    assert too_many.value.status is HTTPStatus.SERVICE_UNAVAILABLE
    assert count.open == 0


async def test_sockets_of_one_address_are_bounded(url: str) -> None:
    async with housed(url, websocket_max_sockets_per_address=2) as house:
        async with talking(house.address), talking(house.address):
            with pytest.raises(InvalidStatus) as refused:
                async with talking(house.address):
                    pass
        assert refused.value.response.status_code == 429
        assert b'"TOO_MANY_SOCKETS"' in (refused.value.response.body or b"")
        await house.until("websockets_open", 0)
        async with talking(house.address) as talk:
            await talk.introduce()


async def test_subscriptions_of_one_address_are_bounded_over_all_its_sockets(url: str) -> None:
    """What is refused is told, and the socket lives on; queries are not counted, and what has ended neither."""
    changes = {"websocket_max_subscriptions_per_address": 2}
    async with housed(url, **changes) as house, talking(house.address) as one, talking(house.address) as other:
        await one.introduce()
        await other.introduce()
        for number in range(2):
            await one.send("subscribe", id=str(number), payload={"query": PUBLISHED})
        await house.until("subscriptions post_published", 2)
        (refused,) = await other.ask(PUBLISHED)
        assert [each["type"] for each in await other.ask("{ products { nodes { name } } }")] == ["next", "complete"]
        await one.send("complete", id="0")
        await house.until("subscriptions post_published", 1)
        await other.send("subscribe", id="live", payload={"query": PUBLISHED})
        await house.until("subscriptions post_published", 2)

    assert refused["payload"] == [
        {
            "message": "2 subscriptions run for your address. Complete one of them first.",
            "extensions": {"code": "TOO_MANY_OPERATIONS"},
        }
    ]


async def test_sockets_that_say_nothing_are_ended(url: str) -> None:
    """The limits are long enough for a busy machine to say something before them."""
    quick = {"websocket_init_timeout_seconds": 2, "websocket_ping_seconds": 2, "websocket_idle_seconds": 0.1}
    async with housed(url, **quick) as house, AsyncExitStack() as clients:
        deaf = await clients.enter_async_context(talking(house.address))
        await deaf.send("connection_init")
        await deaf.send("subscribe", id="live", payload={"query": PUBLISHED})
        idle = await clients.enter_async_context(talking(house.address))
        await idle.send("connection_init")
        silent = await clients.enter_async_context(talking(house.address))
        assert [await deaf.hear(), await deaf.hear()] == [{"type": "connection_ack"}, {"type": "ping"}]
        assert await silent.end() == (4408, "Connection initialisation timeout")
        assert await idle.end() == (1001, "Nothing was asked for.")
        assert await deaf.end() == (1001, "A ping was not answered.")


async def test_subscriber_that_falls_behind_is_let_go(url: str) -> None:
    async with housed(url, subscription_max_waiting_events=2) as house, talking(house.address) as talk:
        await followed(house, talk)
        async with writing(house.engine) as session:
            author = await add_author(session)
            for _ in range(50):
                await add_post(session, author)
        assert await talk.end() == (1013, "Events came faster than they were read. Connect again.")


async def test_subscriber_to_one_order_does_not_fall_behind_because_of_others(url: str) -> None:
    async with housed(url, subscription_max_waiting_events=2) as house, talking(house.address) as talk:
        user, signed_in = await house.sign_in(Role.CUSTOMER)
        async with writing(house.engine) as session:
            orders = [await add_order(session, user) for _ in range(50)]
        own = encode_id("Order", orders[0].id)
        await talk.introduce(house.headers(user, signed_in))
        query = f'subscription {{ orderChanged(id: "{own}") {{ id }} }}'
        await talk.send("subscribe", id="live", payload={"query": query})
        await house.until("subscriptions order_changed", 1)
        async with writing(house.engine) as session:
            await session.execute(update(Order).values(version=Order.version + 1))

        assert await talk.hear() == {"type": "next", "id": "live", "payload": {"data": {"orderChanged": {"id": own}}}}


async def test_lost_listener_ends_subscriptions_and_comes_back(url: str) -> None:
    async with housed(url) as house:
        async with talking(house.address) as talk:
            await followed(house, talk)
            async with writing(house.engine) as session:
                await session.execute(text(CUT))
            assert await talk.end() == (1013, "Events may have been missed. Connect again.")
        async with talking(house.address) as talk:
            await followed(house, talk)
            async with writing(house.engine) as session:
                await add_post(session, title="After the cut")
            assert (await talk.hear())["payload"] == {"data": {"postPublished": {"title": "After the cut"}}}


async def test_disconnects_in_the_middle_leave_nothing_behind(url: str, complaints: list[logging.LogRecord]) -> None:
    async with housed(url) as house:

        async def begin_and_leave(number: int) -> None:
            async with talking(house.address) as talk:
                await talk.introduce()
                await talk.send("subscribe", id="live", payload={"query": PUBLISHED})
                await talk.send("subscribe", id="once", payload={"query": "{ products { nodes { name } } }"})
                if number % 2:
                    talk.connection.transport.abort()

        await asyncio.gather(*(begin_and_leave(number) for number in range(30)))
        await house.until("websockets_open", 0)
        await house.until("subscriptions post_published", 0)
    assert complaints == []


async def test_stopping_server_says_that_it_restarts(url: str) -> None:
    async with AsyncExitStack() as client:
        async with housed(url) as house:
            talk = await client.enter_async_context(talking(house.address))
            await followed(house, talk)
        assert await talk.end() == (1012, "")


async def test_operations_and_events_that_take_too_long_are_told_as_that(url: str) -> None:
    """An operation has ended with it; a subscription goes on with the next event."""
    async with housed(url, operation_timeout_seconds=1) as house, talking(house.address) as talk:
        async with writing(house.engine) as session:
            await add_product(session)
        await talk.introduce()
        tagged = "subscription { postPublished { title tags { name } } }"
        await talk.send("subscribe", id="live", payload={"query": tagged})
        await house.until("subscriptions post_published", 1)
        async with locked(url, "tags"):
            await talk.send("subscribe", id="slow", payload={"query": SLOW})
            refused = await talk.hear()
            async with writing(house.engine) as session:
                await add_post(session, title="Late")
            late = await talk.hear()
        in_time = await told_in_time(house, talk)
    assert (refused["type"], refused["id"]) == ("error", "slow")
    assert [error["extensions"]["code"] for error in refused["payload"]] == ["OPERATION_TIMEOUT"]
    assert (late["type"], late["id"], late["payload"]["data"]) == ("next", "live", None)
    assert [error["extensions"]["code"] for error in late["payload"]["errors"]] == ["OPERATION_TIMEOUT"]
    assert in_time["data"] == {"postPublished": {"title": "In time", "tags": []}}


async def test_operations_of_one_socket_take_turns(url: str) -> None:
    """Whoever asks for much and takes nothing in fills the memory of the server with a few answers, not a hundred."""
    asked = 2 * ANSWERS_AT_ONCE
    async with housed(url, database_pool_size=asked) as house, talking(house.address) as talk:
        async with writing(house.engine) as session:
            await add_product(session)
        await talk.introduce()
        async with locked(url, "tags"):
            for number in range(asked):
                await talk.send("subscribe", id=str(number), payload={"query": SLOW})
            await house.until("connections_in_use reference", ANSWERS_AT_ONCE)
            for _ in range(20):
                await house.until("connections_in_use reference", ANSWERS_AT_ONCE)
        heard = [await talk.hear() for _ in range(2 * asked)]

    assert sorted(int(each["id"]) for each in heard if each["type"] == "complete") == list(range(asked))


async def told_in_time(house: House, talk: Talk) -> Any:
    """What is told of a post as soon as one is not late, as any may be on a busy machine."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            async with writing(house.engine) as session:
                await add_post(session, title="In time")
            payload = (await talk.hear())["payload"]
            if payload["data"] is not None:
                return payload


async def test_operation_that_comes_too_often_is_refused_and_its_socket_lives_on(url: str) -> None:
    query = "{ products { nodes { name } } }"
    async with housed(url, rate_limits=True, rate_limit_reads=2) as house, talking(house.address) as talk:
        await talk.introduce()
        heard = [await talk.ask(query) for _ in range(3)]
        await talk.send("ping")
        alive = await talk.hear()

    assert [[each["type"] for each in answer] for answer in heard] == [["next", "complete"]] * 2 + [["error"]]
    (refused,) = heard[-1][0]["payload"]
    wait = refused["extensions"].pop("retryAfterSeconds")
    assert refused == {
        "message": f"Query.products was asked for more than 2 times in 900 seconds. Try again in {wait} seconds.",
        "extensions": {"code": "RATE_LIMITED"},
    }
    assert 1 <= wait <= 1800
    assert alive == {"type": "pong"}
