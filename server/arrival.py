"""Who asks, when proxies stand in front, and how a request's id goes back with its answer."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from server.request_ids import GIVEN_ID, HEADER, accepted_request_id, id_header
from server.trusted_proxies import TrustedProxies

ANSWERING = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
"""The messages that carry headers."""


class BehindProxies:
    """The application behind proxies that are trusted: they say for whom they ask, and may give a request its id.

    That is asked before uvicorn's middleware puts whoever the proxy speaks for in the place of the peer.
    """

    def __init__(self, application: ASGIApp, proxies: Sequence[str]) -> None:
        self._proxies = TrustedProxies(proxies)
        self._application = ProxyHeadersMiddleware(application, list(proxies))  # type: ignore[arg-type] # the same interface, by uvicorn's own types

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, one socket, or the process's life."""
        if scope["type"] != "lifespan":
            scope[GIVEN_ID] = self._given_id(scope)
        await self._application(scope, receive, send)  # type: ignore[arg-type] # as above

    def _given_id(self, scope: Scope) -> str | None:
        client = scope.get("client")
        if not self._proxies.trusts(client[0] if client else None):
            return None
        return accepted_request_id(dict(scope["headers"]).get(HEADER))


def echoing(send: Send) -> Send:
    """What sends the request's id with the answer, unless it is there already."""
    header = id_header()

    async def send_with_id(message: Message) -> None:
        if message["type"] in ANSWERING:
            headers = list(message.get("headers", ()))
            message["headers"] = headers if header in headers else [*headers, header]
        await send(message)

    return send_with_id
