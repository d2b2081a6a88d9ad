"""The way in: GraphQL requests go straight to their endpoints, everything else through Starlette."""

from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from server.arrival import echoing
from server.front_door import FrontDoor, turn_away
from server.http_messages import HttpRequest
from server.request_ids import GIVEN_ID, new_request_id, take_request_id
from server.security_headers import protecting

GRAPHQL_PATH = "/graphql"

Serve = Callable[[HttpRequest, Send], Awaitable[None]]
"""Answers one request."""


class Entrance:
    """The whole application.

    Starlette's middleware and its router would take longer than many an answer does. What they do for GraphQL concerns
    the pages of other origins alone, whose requests say where they come from.

    Every request gets its id here, if no trusted proxy gave it one (server/arrival.py).
    """

    def __init__(self, application: ASGIApp, graphql: Serve, sockets: ASGIApp, door: FrontDoor | None = None) -> None:
        self._application = application
        self._graphql = graphql
        self._sockets = sockets
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
            send = self._door.closing(scope, send)
        if scope["path"] == GRAPHQL_PATH:
            if scope["type"] == "websocket":
                await self._sockets(scope, receive, echoing(send))
                return
            request = HttpRequest(scope, receive)
            if b"origin" not in request.headers:
                await self._graphql(request, send)
                return
        await self._application(scope, receive, echoing(protecting(send)))
