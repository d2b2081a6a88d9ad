"""The GraphQL endpoint over WebSocket: who may connect, and how many."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from auth.viewer import Viewer
from auth.visits import Visit, visit_from
from resolvers.context import Context
from resolvers.refresh_cookies import RefreshCookie
from server.address_count import AddressCount
from server.events import Events
from server.graphql_execution import Executor
from server.graphql_request import RequestRefusedError
from server.observation import Observation
from server.operation_answers import OperationAnswers
from server.refusals import RefusalCode
from server.settings import Settings
from server.socket_count import SocketCount
from server.socket_identity import FindRole, SocketIdentity
from server.viewers import Viewers
from server.websocket_messages import SUBPROTOCOL, CloseCode
from server.websocket_session import SocketRules, WebSocketSession

OpenContext = Callable[[Viewer, Callable[[], Visit], RefreshCookie], Context]


@dataclass(frozen=True, slots=True)
class WebSocketEndpoint:
    """Serves GraphQL over graphql-transport-ws, and nothing else."""

    executor: Executor
    events: Events
    open_context: OpenContext
    viewers: Viewers
    find_role: FindRole
    sockets: SocketCount
    subscriptions: AddressCount
    rules: SocketRules
    observation: Observation
    origins: frozenset[str]
    """The origins whose pages may connect, besides our own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        websocket = WebSocket(scope, receive, send)
        try:
            self._require_known_origin(websocket)
            with self.sockets.taken(_address(websocket)):
                await self._serve(websocket)
        except RequestRefusedError as refused:
            error = {"message": refused.message, "extensions": {"code": refused.code}}
            await websocket.send_denial_response(JSONResponse({"errors": [error]}, refused.status))
        except WebSocketDisconnect:
            pass  # it was gone before it was accepted

    async def _serve(self, websocket: WebSocket) -> None:
        if SUBPROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
            return
        await websocket.accept(SUBPROTOCOL)
        identify = partial(SocketIdentity, viewers=self.viewers, find_role=self.find_role)
        await WebSocketSession(websocket, self.rules, identify, partial(self._answering, websocket)).serve()

    def _answering(self, websocket: WebSocket, identity: SocketIdentity) -> OperationAnswers:
        address, user_agent = _address(websocket), websocket.headers.get("user-agent")

        def open_context(viewer: Viewer) -> Context:
            arrived = partial(visit_from, datetime.now(UTC), address, user_agent)
            return self.open_context(viewer, arrived, RefreshCookie(is_settable=False))

        following = partial(self.subscriptions.taken, address)
        return OperationAnswers(self.executor, self.events, following, open_context, identity, self.observation)

    def _require_known_origin(self, websocket: WebSocket) -> None:
        """Refuse the pages of others: browsers let them connect to anywhere. Programs name no origin."""
        origin, host = websocket.headers.get("origin"), websocket.headers.get("host")
        if origin is None or origin in self.origins or origin.partition("://")[2] == host:
            return
        message = "Pages of this origin may not connect. Name it in CORS_ORIGINS if they should."
        raise RequestRefusedError(HTTPStatus.FORBIDDEN, RefusalCode.FORBIDDEN_ORIGIN, message)


def rules_of(settings: Settings) -> SocketRules:
    """What the settings say of each socket."""
    return SocketRules(
        max_operations=settings.websocket_max_operations,
        max_message_bytes=settings.websocket_max_message_bytes,
        init_timeout_seconds=settings.websocket_init_timeout_seconds,
        ping_seconds=settings.websocket_ping_seconds,
        idle_seconds=settings.websocket_idle_seconds,
    )


def _address(websocket: WebSocket) -> str | None:
    return websocket.client.host if websocket.client else None
