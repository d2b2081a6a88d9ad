"""Which PostgreSQL server runs on a data directory, if one does."""

import contextlib
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PORT = 5432
"""No port of the network: with Unix sockets it is only a part of the socket's name."""

CONNECT_TIMEOUT_SECONDS = 5

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""A client's first question, which every server answers with a letter (SSLRequest in "Message Formats")."""

_MACOS_LOCAL_LEVEL = 0
_MACOS_LOCAL_PEERPID = 2
_PID_FILE_LINES = 8


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What a server writes about itself into postmaster.pid."""

    pid: int
    data: Path
    socket_folder: Path
    status: str

    @property
    def socket(self) -> Path:
        """The socket it listens on."""
        return socket_path(self.socket_folder)

    @property
    def is_ready(self) -> bool:
        """Whether it takes connections, rather than starting, recovering or stopping."""
        return self.status == "ready"

    def is_alive(self) -> bool:
        """Whether the process of that number is the one that listens. A reused number does not."""
        return listening_process(self.socket) == self.pid

    def answers(self) -> bool:
        """Whether it does its work. One that is being killed keeps its socket for a moment, and says no more."""
        with contextlib.suppress(OSError), _connected(self.socket) as client:
            client.sendall(SSL_REQUEST)
            return client.recv(1) in {b"S", b"N"}
        return False


def socket_path(folder: Path) -> Path:
    """Where a server with that socket folder listens."""
    return folder / f".s.PGSQL.{PORT}"


def read_postmaster(data: Path) -> Postmaster | None:
    """What postmaster.pid of that data directory says; None when it is absent or not written to its end."""
    try:
        lines = (data / "postmaster.pid").read_text(errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < _PID_FILE_LINES or not lines[0].isdecimal():
        return None
    return Postmaster(pid=int(lines[0]), data=Path(lines[1]), socket_folder=Path(lines[4]), status=lines[7].strip())


def listening_process(path: Path) -> int | None:
    """The process that listens on a Unix socket; None when there is none."""
    with contextlib.suppress(OSError), _connected(path) as client:
        return _peer_process(client)
    return None


@contextlib.contextmanager
def _connected(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(CONNECT_TIMEOUT_SECONDS)
        client.connect(str(path))
        yield client


def _peer_process(client: socket.socket) -> int:
    if sys.platform == "darwin":
        raw = client.getsockopt(_MACOS_LOCAL_LEVEL, _MACOS_LOCAL_PEERPID, 4)
        return int(struct.unpack("i", raw)[0])
    raw = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", raw)[0])
