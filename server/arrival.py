"""What happens to every request before anything else sees it: who asks is made out, and it gets its id."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from server.request_ids import HEADER, accepted_request_id, new_request_id, take_request_id
from server.trusted_proxies import TrustedProxies

ANSWERING = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
"""The messages that carry headers."""


class Arrival:
    """The outermost application.

    The id of a request is the one that a trusted proxy gave it in X-Request-Id, else a new one, and goes back with the
    answer. It is asked who connects before uvicorn's middleware puts whoever the proxy speaks for in its place.
    """

    def __init__(self, application: ASGIApp, proxies: Sequence[str]) -> None:
        self._proxies = TrustedProxies(proxies)
        self._application = _believing(application, proxies) if proxies else application
        self._has_proxies = bool(proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, one socket, or the process's life."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        request_id = (self._given_id(scope) if self._has_proxies else None) or new_request_id()
        take_request_id(request_id)
        echoed = (HEADER, request_id.encode("ascii"))

        async def send_with_id(message: Message) -> None:
            if message["type"] in ANSWERING:
                message["headers"] = [*message.get("headers", ()), echoed]
            await send(message)

        await self._application(scope, receive, send_with_id)

    def _given_id(self, scope: Scope) -> str | None:
        client = scope.get("client")
        if not self._proxies.trusts(client[0] if client else None):
            return None
        return accepted_request_id(dict(scope["headers"]).get(HEADER))


def _believing(application: ASGIApp, proxies: Sequence[str]) -> ASGIApp:
    """The application, told the address and the scheme that trusted proxies forward."""
    believing: ASGIApp = ProxyHeadersMiddleware(application, list(proxies))  # type: ignore[arg-type,assignment] # the same interface, with types of its own
    return believing
