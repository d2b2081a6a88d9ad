"""uvicorn's side of a WebSocket, which gives up clients that take nothing in, and logs no mistake of theirs as ours."""

import socket
from asyncio.transports import BaseTransport
from typing import Any

from typing_extensions import override
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

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

    @override
    async def send(self, message: Any) -> None:  # its type is private to uvicorn
        """Send it. A refusal is an answer to the handshake; uvicorn 0.54 logs an error as if there had been none."""
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True

    @override
    def send_receive_event_to_app(self) -> None:
        """Hand on a message that is whole. Text that is no UTF-8 ends the connection (RFC 6455, section 8.1).

        uvicorn 0.54 does the same, and logs it with a traceback.
        """
        if self.curr_msg_data_type == "text" and not self.close_sent and not _is_utf8(b"".join(self.frames)):
            self.frames = []
            self.conn.send_close(CloseCode.INVALID_DATA)
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
