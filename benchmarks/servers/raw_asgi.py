"""The least that an ASGI application needs to answer a request with JSON."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]
"""With names in lower case."""
Answer = Callable[[bytes, Headers], Awaitable[bytes]]

HEAD: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json; charset=utf-8")],
}


def application(answer: Answer) -> Callable[[Message, Receive, Send], Awaitable[None]]:
    """An application that gives each request's body and headers to `answer` and sends what it returns."""

    async def run(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        message = await receive()
        body: bytes = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        answered = await answer(body, scope["headers"])
        await send(HEAD)
        await send({"type": "http.response.body", "body": answered})

    return run


async def _live(receive: Receive, send: Send) -> None:
    kind = ""
    while kind != "lifespan.shutdown":
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
