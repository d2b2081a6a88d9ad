"""uvicorn's side of a WebSocket, which gives up clients that take nothing in."""

import socket
from asyncio.transports import BaseTransport

from typing_extensions import override
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

UNTAKEN_MILLISECONDS = 30_000
IP_FAMILIES = frozenset({socket.AF_INET, socket.AF_INET6})


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """A closing transport waits for its last bytes to be taken in, for ever if need be: the kernel ends that wait."""

    @override
    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if hasattr(socket, "TCP_USER_TIMEOUT") and connection.family in IP_FAMILIES:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN_MILLISECONDS)
