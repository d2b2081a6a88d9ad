"""What the protocol says of messages in good order, and in bad."""

import asyncio
import logging
from datetime import timedelta
from itertools import product as combinations
from typing import Any

import httpx
import orjson
import pytest
from websockets.exceptions import InvalidStatus

from models import Role
from server.websocket_messages import LONGEST_REASON_BYTES
from tests.auth.accounts import PASSWORD, add_account
from tests.factories import add_product, writing
from tests.patience import PATIENCE_SECONDS
from tests.safeguards import SAFEGUARDS
from tests.server.bad_input.asking import recorded
from tests.server.websockets.talking import House, Json, talking

NAMES = "query Names($first: Int!) { products(first: $first) { nodes { name } } }"

GOOD: Json = {"query": "{ shop { name } }"}
MAPS = ("variables", "extensions")
NO_OBJECTS: tuple[object, ...] = (True, 0, 7.5, "", "x", [], [{}])
NO_IDS: tuple[object, ...] = (None, True, 0, 7.5, "", [], {}, "i" * 256)
NO_REQUESTS: tuple[object, ...] = (
    None,
    *NO_OBJECTS,
    {},
    {"query": 1},
    {"query": " "},
    {"query": []},
    {"documentId": 1},
)
WRONG: tuple[object, ...] = (None, True, 0, 7.5, "", "x", [], [{}], {}, {"a": 1}, "\0", "\u2028" * 300)
KINDS = ("subscribe", "complete", "connection_ack", "next", "error", "pong ", "SUBSCRIBE", "start", "\0", "é" * 300)


def message(kind: object, **fields: object) -> str:
    """A frame."""
    return orjson.dumps({"type": kind, **fields}).decode()


MALFORMED: list[str | bytes] = [
    *("", " ", "x", "{", "[", '{"type"', "NaN", "Infinity", "'ping'", '{"type":"ping",}', '"\\ud800"', "1" * 5000),
    *("[" * 20_000, '{"a":' * 20_000, '{"type":"ping"}{"type":"ping"}', "\0", b"", b"\x00\xff", b'{"type":"ping"}'),
    *(orjson.dumps(wrong).decode() for wrong in WRONG),
    *(message(kind) for kind in (*WRONG, *KINDS)),
    *(message(kind, payload=wrong) for kind, wrong in combinations(("ping", "pong", "connection_init"), NO_OBJECTS)),
    *(message("subscribe", id=wrong, payload=GOOD) for wrong in NO_IDS),
    *(message("complete", id=wrong) for wrong in NO_IDS),
    *(message("subscribe", id="1", payload=wrong) for wrong in NO_REQUESTS),
    *(message("subscribe", id="1", payload={**GOOD, "operationName": wrong}) for wrong in (*NO_IDS[1:4], [], {})),
    *(message("subscribe", id="1", payload={**GOOD, name: wrong}) for name in MAPS for wrong in NO_OBJECTS),
    *(message("subscribe", id="1", payload={"extensions": {"persistedQuery": wrong}}) for wrong in NO_OBJECTS),
    *(message("connection_init", payload={"authorization": wrong}) for wrong in (*NO_IDS[:4], [], {})),
    message("connection_init", payload={"authorization": "Bearer x", "Authorization": "Bearer y"}),
]
"""Frames that no client sends, whenever they come."""

FAILING: list[Json] = [
    {"query": "{"},
    {"query": "{ nothing }"},
    {"query": "query A { shop { name } }", "operationName": "B" * 5000},
    {"query": "query A { shop { name } } query B { shop { name } }"},
    {"query": NAMES},
    {"query": NAMES, "variables": {"first": "many"}},
    {"query": NAMES, "variables": {"first": 2**40}},
    {"query": "query N($slug: String) { product(slug: $slug) { name } }", "variables": {"slug": "\0"}},
    {"documentId": "none"},
    {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x"}}},
    {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
    {"query": "{ " + " ".join(f"a{n}: __typename" for n in range(31)) + " }"},
    {"query": "{ products(first: 100) { nodes { reviews(first: 100) { nodes { title } } } } }"},
    {"query": "subscription { " + "__typename " * 2_000 + "}"},
    {"query": "subscription { postPublished { id } jobFailed { id } }"},
    {"query": "subscription { __typename }"},
    {"query": "subscription S($first: Int!) { postPublished { id } }", "variables": {"first": "many"}},
    {"query": "fragment F on Subscription { ...F } subscription { ...F }"},
    {"query": "subscription { ...F } fragment F on Subscription { jobFailed { id } }"},
]
"""Operations that come to nothing, of which the protocol makes an `error` for their id."""


async def test_operations_are_answered_as_over_http(house: House) -> None:
    async with writing(house.engine) as session:
        await add_product(session)
    asked: list[Json] = [
        {"query": NAMES, "variables": {"first": 2}},
        {"query": "{ shop { name } deadLetters { nodes { id } } }"},
        {"query": "mutation { refreshSession(input: {}) { __typename ... on Problem { message } } }"},
        {"query": "{ __schema { subscriptionType { name } } }"},
    ]
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as http, talking(house.address) as talk:
        await talk.introduce()
        for payload in asked:
            over_http = (await http.post(f"{house.address}/graphql", json=payload)).json()
            (result, end) = await talk.ask(**payload)
            assert result == {"id": "asked", "type": "next", "payload": over_http}
            assert end == {"id": "asked", "type": "complete"}
        for payload in FAILING[:14]:
            over_http = (await http.post(f"{house.address}/graphql", json=payload)).json()
            assert await talk.ask(**payload) == [{"id": "asked", "type": "error", "payload": over_http["errors"]}]


async def test_failing_operations_leave_the_socket_open(house: House, complaints: list[logging.LogRecord]) -> None:
    async with talking(house.address) as talk:
        await talk.introduce()
        for number, payload in enumerate(FAILING):
            await talk.send("subscribe", id=str(number), payload=payload)
            refused = await talk.hear()
            assert (refused["type"], refused["id"]) == ("error", str(number)), payload
            assert all(error["extensions"]["code"] and error["message"] for error in refused["payload"])
        assert (await talk.ask("{ shop { name } }"))[-1]["type"] == "complete"
    assert complaints == []


async def test_malformed_frames_close_the_socket_with_their_reason(
    house: House, complaints: list[logging.LogRecord]
) -> None:
    turns = asyncio.Semaphore(20)

    async def end_after(frame: str | bytes, *, introduced: bool) -> tuple[int, str]:
        async with turns, talking(house.address) as talk:
            if introduced:
                await talk.introduce()
            await talk.say(frame)
            return await talk.end()

    tried = [(frame, introduced) for frame in MALFORMED for introduced in (False, True)]
    ends = await asyncio.gather(*(end_after(frame, introduced=introduced) for frame, introduced in tried))
    for (frame, introduced), (code, reason) in zip(tried, ends, strict=True):
        again = introduced and isinstance(frame, str) and '"connection_init"' in frame
        assert code in ({4400, 4429} if again else {4400}), frame
        assert 0 < len(reason.encode()) <= LONGEST_REASON_BYTES, frame
    assert len(tried) > 250
    assert complaints == []
    async with talking(house.address) as talk:
        assert (await (await talk.introduce()).ask("{ shop { name } }"))[-1]["type"] == "complete"


async def closed_after(house: House, *frames: str) -> tuple[int, str]:
    """How a socket ends over which these frames are sent."""
    async with talking(house.address) as talk:
        for frame in frames:
            await talk.say(frame)
        return await talk.end()


INIT = message("connection_init")
LIVE = message("subscribe", id="1", payload={"query": "subscription { postPublished { id } }"})


async def test_order_of_messages_is_kept(house: House) -> None:
    stranger = message("connection_init", payload={"authorization": "Bearer nobody"})
    expired = house.headers(*await house.sign_in(Role.ADMIN), age=timedelta(hours=1))
    assert await closed_after(house, LIVE) == (4401, "Unauthorized")
    assert await closed_after(house, INIT, INIT) == (4429, "Too many initialisation requests")
    assert await closed_after(house, INIT, LIVE, LIVE) == (4409, "Subscriber for 1 already exists")
    assert await closed_after(house, stranger) == (4403, "The access token is not valid. Sign in again.")
    late = await closed_after(house, message("connection_init", payload=expired))
    assert late == (4403, "The access token has expired. Refresh the session.")


async def test_pings_are_answered_and_ids_may_be_used_again(house: House) -> None:
    async with talking(house.address) as talk:
        await talk.send("ping", payload={"any": "thing"})
        assert await talk.hear() == {"type": "pong"}
        await talk.introduce()
        await talk.send("pong")
        await talk.send("complete", id="never begun")
        for _ in range(3):
            await talk.say(LIVE)
            await talk.send("complete", id="1")
        assert (await talk.ask("{ shop { name } }"))[-1]["type"] == "complete"
        await talk.say(LIVE)
        await house.until("subscriptions post_published", 1)
    await house.until("subscriptions post_published", 0)


async def test_operations_over_one_socket_are_bounded(house: House) -> None:
    async with talking(house.address) as talk:
        await talk.introduce()
        for number in range(9):
            await talk.send("subscribe", id=str(number), payload={"query": "subscription { postPublished { id } }"})
        refused = await talk.hear()
    assert (refused["id"], refused["payload"][0]["extensions"]["code"]) == ("8", "TOO_MANY_OPERATIONS")


async def test_long_messages_are_not_read(house: House) -> None:
    async with talking(house.address) as talk:
        await talk.introduce()
        assert (await talk.ask("{ shop { name } }", extensions={"pad": "x" * 150_000}))[-1]["type"] == "complete"
        await talk.send(
            "subscribe", id="1", payload={"query": "{ shop { name } }", "extensions": {"pad": "x" * 200_000}}
        )
        assert await talk.end() == (1009, "The limit is 200000 bytes.")


async def refused_with(house: House, **options: Any) -> int:  # of websockets
    """The HTTP status of a handshake that is refused."""
    with pytest.raises(InvalidStatus) as refused:
        async with talking(house.address, **options):
            pass
    return refused.value.response.status_code


async def test_only_known_origins_and_the_one_protocol_may_connect(house: House) -> None:
    assert await refused_with(house, origin="https://evil.example") == 403
    assert await refused_with(house, origin="null") == 403
    async with talking(house.address, subprotocols=["graphql-ws"]) as talk:
        assert await talk.end() == (4406, "Subprotocol not acceptable")
    async with talking(house.address, subprotocols=None) as talk:
        assert await talk.end() == (4406, "Subprotocol not acceptable")
    for origin in ("https://shop.example", house.address):
        async with talking(house.address, origin=origin) as talk:
            await talk.introduce()


async def test_what_clients_do_wrong_is_not_logged_as_an_error_of_ours(house: House) -> None:
    with recorded() as records:
        assert await refused_with(house, origin="https://evil.example") == 403
        async with talking(house.address) as talk:
            await talk.introduce()
            await talk.connection.send([b"\xc3", b"\x28"], text=True)
            assert await talk.end() == (1007, "")
    assert [record.getMessage() for record in records] == []


async def test_text_may_come_in_pieces_that_end_within_a_character(house: House) -> None:
    init = '{"type": "connection_init", "payload": {"said": "ሰላም"}}'.encode()
    async with talking(house.address) as talk:
        await talk.connection.send([init[:-5], init[-5:]], text=True)
        assert (await talk.hear())["type"] == "connection_ack"


async def test_handshake_may_carry_the_token_of_a_program(house: House) -> None:
    admin = await house.somebody(Role.ADMIN)
    async with talking(house.address, additional_headers=admin) as talk:
        await talk.introduce()
        (result, _) = await talk.ask("{ deadLetters { totalCount } }")
        assert "errors" not in result["payload"]
        assert result["payload"]["data"]["deadLetters"] is not None


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_subscriptions_over_http_are_told_where_to_go(house: House, method: str) -> None:
    query = "subscription { postPublished { id } }"
    given: Json = {"params": {"query": query}} if method == "GET" else {"json": {"query": query}}
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as http:
        response = await http.request(method, f"{house.address}/graphql", **given)
    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (400, "WEBSOCKET_REQUIRED")


async def test_cookies_are_not_promised_where_none_can_be_set(house: House) -> None:
    user = await add_account(house.engine, SAFEGUARDS)
    given = {"email": user.email, "password": PASSWORD, "keepRefreshToken": "COOKIE"}
    query = "mutation SignIn($input: SignInInput!) { signIn(input: $input) { __typename } }"
    async with talking(house.address) as talk:
        await talk.introduce()
        (result, _) = await talk.ask(query, variables={"input": given})
    (error,) = result["payload"]["errors"]
    assert (result["payload"]["data"], error["extensions"]["code"]) == ({"signIn": None}, "BAD_USER_INPUT")
