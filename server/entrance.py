"""The way in: GraphQL requests go straight to their endpoints, everything else through Starlette."""

from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from server.arrival import echoing
from server.cors import AllowedOrigins
from server.front_door import FrontDoor, turn_away
from server.http_messages import HttpRequest
from server.request_ids import GIVEN_ID, new_request_id, take_request_id
from server.security_headers import protecting

GRAPHQL_PATH = "/graphql"

Serve = Callable[[HttpRequest, Send], Awaitable[None]]
"""Answers one request."""


class Entrance:
    """The whole application.

    Starlette's middleware and its router would take longer than many an answer does. What they do for a GraphQL request
    by POST is to tell browsers whose pages may read the answer, and that is known here as well.

    Every request gets its id here, if no trusted proxy gave it one (server/arrival.py).
    """

    def __init__(
        self,
        application: ASGIApp,
        graphql: Serve,
        sockets: ASGIApp,
        origins: AllowedOrigins,
        door: FrontDoor | None = None,
    ) -> None:
        self._application = application
        self._graphql = graphql
        self._sockets = sockets
        self._origins = origins
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the process's life."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        take_request_id(scope.get(GIVEN_ID) or new_request_id())
        if self._door is not None:
            answer = self._door.answer_to(scope)
            if answer is not None:
                await turn_away(scope, receive, send, answer)
                return
        if scope["path"] == GRAPHQL_PATH and scope["type"] == "http":
            request = HttpRequest(scope, receive)
            origin = request.headers.get(b"origin")
            if origin is None or request.method == "POST":
                if origin is not None:
                    request.addition = self._origins.addition_for(origin)
                if self._door is not None:
                    request.addition += self._door.addition_for(scope)
                await self._graphql(request, send)
                return
        await self._serve_others(scope, receive, send)

    async def _serve_others(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve sockets, and everything that is asked for less often."""
        send = echoing(send if self._door is None else self._door.closing(scope, send))
        if scope["path"] == GRAPHQL_PATH and scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
        else:
            await self._application(scope, receive, protecting(send))
