"""One WebSocket from its acceptance to its end: who may say what when, and when it is over."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from server.graphql_errors import disguised, is_database_away
from server.operation_answers import OperationAnswers
from server.socket_identity import Credentials, SocketIdentity, credentials_in
from server.websocket_messages import (
    CloseCode,
    Complete,
    ConnectionInit,
    Incoming,
    Ping,
    SocketClosedError,
    Subscribe,
    acknowledgement,
    ping,
    pong,
    read_message,
)
from server.websocket_operations import Operations

SEND_SECONDS = 30
"""A client that has not taken a message in for so long is gone."""
CLOSE_SECONDS = 5
LONGEST_SLEEP_SECONDS = 86_400

UNSENT = (WebSocketDisconnect, RuntimeError)
"""What Starlette and uvicorn raise when the client is gone, or the socket was closed, a moment before."""


@dataclass(frozen=True, slots=True)
class SocketRules:
    """What one socket may take."""

    max_operations: int
    max_message_bytes: int
    init_timeout_seconds: float
    ping_seconds: float
    idle_seconds: float


Identify = Callable[[Credentials], SocketIdentity]
"""Who it is whose credentials these are."""
Answering = Callable[[SocketIdentity], OperationAnswers]


class WebSocketSession:
    """The state of one socket that was accepted."""

    def __init__(self, websocket: WebSocket, rules: SocketRules, identify: Identify, answering: Answering) -> None:
        self._websocket = websocket
        self._rules = rules
        self._identify = identify
        self._answering = answering
        self._identity: SocketIdentity | None = None
        """Who is there; None until they have said it."""
        self._operations: Operations | None = None
        """None until the acknowledgement."""
        self._acknowledged = asyncio.Event()
        self._end: asyncio.Future[SocketClosedError] = asyncio.get_running_loop().create_future()
        self._messages = 0
        self._used_at = monotonic()

    async def serve(self) -> None:
        """Talk until either side is done. Returns when everything that was begun has ended."""
        end = await self._converse()
        if end is not None:
            await self._close(end)
        if self._operations is not None:
            await self._operations.finish()

    async def _converse(self) -> SocketClosedError | None:
        """Why the socket is to be closed; None when the client is gone."""
        ends: list[SocketClosedError] = []
        try:
            async with asyncio.TaskGroup() as talking:
                for each in (self._listen(), self._watch_the_clock(), self._keep_alive(), self._await_end()):
                    talking.create_task(each)
        except* SocketClosedError as closed:
            ends += [each for each in closed.exceptions if isinstance(each, SocketClosedError)]
        except* WebSocketDisconnect:
            pass
        except* Exception as unexpected:  # noqa: BLE001 - the edge, where every error becomes an answer
            ends += [_internal(each) for each in unexpected.exceptions if isinstance(each, Exception)]
        return ends[0] if ends else None

    async def _listen(self) -> None:
        while True:
            await self._heed(await self._next())

    async def _next(self) -> Incoming:
        frame = await self._websocket.receive()
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", 1005))
        self._messages += 1
        text = frame.get("text")
        if text is None:
            raise SocketClosedError(CloseCode.BAD_REQUEST, "Messages must be text, not binary.")
        message = text.encode()
        if len(message) > self._rules.max_message_bytes:
            raise SocketClosedError(CloseCode.TOO_BIG, f"The limit is {self._rules.max_message_bytes} bytes.")
        return read_message(message)

    async def _heed(self, message: Incoming) -> None:
        match message:
            case ConnectionInit():
                await self._initialise(message)
            case Ping():
                await self._send(pong())
            case Subscribe():
                self._used_at = monotonic()
                if self._operations is None:
                    raise SocketClosedError(CloseCode.UNAUTHORIZED, "Unauthorized")
                await self._operations.start(message)
            case Complete() if self._operations is not None:
                self._used_at = monotonic()
                self._operations.stop(message.id)

    async def _initialise(self, init: ConnectionInit) -> None:
        if self._identity is not None:
            raise SocketClosedError(CloseCode.TOO_MANY_INITIALISATIONS, "Too many initialisation requests")
        self._identity = self._identify(credentials_in(init.payload, self._websocket.headers))
        await self._identity.present_viewer()
        self._operations = Operations(
            self._answering(self._identity), self._send, self._close_soon, self._rules.max_operations
        )
        await self._send(acknowledgement())
        self._acknowledged.set()

    async def _watch_the_clock(self) -> None:
        try:
            async with asyncio.timeout(self._rules.init_timeout_seconds):
                await self._acknowledged.wait()
        except TimeoutError as error:
            reason = "Connection initialisation timeout"
            raise SocketClosedError(CloseCode.INITIALISATION_TIMEOUT, reason) from error
        while self._identity is not None:
            left = (self._identity.good_until - datetime.now(UTC)).total_seconds()
            if left <= 0:
                raise SocketClosedError(CloseCode.FORBIDDEN, "The access token has expired. Refresh the session.")
            await asyncio.sleep(min(left, LONGEST_SLEEP_SECONDS))

    async def _keep_alive(self) -> None:
        """Ask a client that is silent whether it is there; end a socket that nobody uses."""
        while True:
            before = self._messages
            await asyncio.sleep(self._rules.ping_seconds)
            if self._is_idle():
                raise SocketClosedError(CloseCode.GOING_AWAY, "Nothing was asked for.")
            if self._messages == before:
                await self._send(ping())
                await asyncio.sleep(self._rules.ping_seconds)
            if self._messages == before:
                raise SocketClosedError(CloseCode.GOING_AWAY, "A ping was not answered.")

    def _is_idle(self) -> bool:
        runs = self._operations is not None and not self._operations.is_idle
        return not runs and monotonic() - self._used_at > self._rules.idle_seconds

    async def _await_end(self) -> None:
        raise await self._end

    def _close_soon(self, end: SocketClosedError) -> None:
        if not self._end.done():
            self._end.set_result(end)

    async def _send(self, message: str) -> None:
        """Send a message, unless nobody is there any more."""
        if self._websocket.application_state is not WebSocketState.CONNECTED:
            return
        with suppress(*UNSENT):
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._websocket.send_text(message)
            except TimeoutError:
                self._close_soon(SocketClosedError(CloseCode.TRY_AGAIN_LATER, "Messages were not taken in."))

    async def _close(self, end: SocketClosedError) -> None:
        with suppress(TimeoutError, *UNSENT):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._websocket.close(end.code, end.reason)


def _internal(unexpected: Exception) -> SocketClosedError:
    """The end of a socket that could not even be spoken to."""
    code = CloseCode.TRY_AGAIN_LATER if is_database_away(unexpected) else CloseCode.INTERNAL_ERROR
    return SocketClosedError(code, disguised(unexpected).message)
