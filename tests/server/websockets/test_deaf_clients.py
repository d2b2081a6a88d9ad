"""A client that takes in nothing of what it has asked for: it is let go, and little was sent for it until then."""

import socket

import pytest
from websockets.exceptions import ConnectionClosed

from server import websocket_protocol, websocket_session
from tests.factories import add_author, add_post, writing
from tests.server.websockets.talking import talking
from tests.server.websockets.test_bounds import housed

LONG = "word " * 200_000
"""A megabyte: the buffers of the operating system hold some of them."""
POSTS = 20


async def test_client_that_takes_nothing_in_is_let_go(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket_session, "SEND_SECONDS", 1)
    monkeypatch.setattr(websocket_session, "CLOSE_SECONDS", 1)
    monkeypatch.setattr(websocket_protocol, "UNTAKEN_MILLISECONDS", 3000)
    async with housed(url) as house:
        host, port = house.address.removeprefix("http://").split(":")
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect((host, int(port)))
        async with talking(house.address, sock=deaf, ping_interval=None, close_timeout=0, max_size=None) as talk:
            await talk.introduce()
            live = {"query": "subscription { postPublished { body } }"}
            await talk.send("subscribe", id="live", payload=live)
            await house.until("subscriptions post_published", 1)
            talk.connection.transport.pause_reading()
            async with writing(house.engine) as session:
                author = await add_author(session)
                for _ in range(POSTS):
                    await add_post(session, author, body=LONG)
            await house.until("websockets_open", 0)
            await house.until("subscriptions post_published", 0)
            talk.connection.transport.resume_reading()
            sent = 0
            with pytest.raises(ConnectionClosed):  # noqa: PT012 - whatever was sent comes before it
                while await talk.hear():
                    sent += 1
    assert 0 < sent < POSTS / 2
