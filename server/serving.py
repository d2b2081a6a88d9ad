"""Runs the ASGI application in uvicorn."""

import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.watchfilesreload import WatchFilesReload

from server.errors import ServerError
from server.http_protocol import BoundedHttpProtocol
from server.logs import log_configuration
from server.observation_settings import LogLevel
from server.settings import Settings
from server.websocket_protocol import WebSocketProtocol

APPLICATION = "server.app:create_served_app"
"""The factory that every serving process calls. It finds its settings in the environment."""

DEVELOPED_APPLICATION = "server.app:create_developed_app"
"""The same with a worker inside."""

ROOT = Path(__file__).parent.parent
WATCHED_FOLDERS = ("auth", "compiler", "domain", "integrations", "models", "queries", "resolvers", "schema", "server")
WATCHED_FILES = ["*.py", "*.graphql"]
GRACE_SECONDS = 20
"""How long a request that has begun may still take once the process is asked to end: twice the usual limit of an
operation, and well within the 30 seconds after which process managers kill."""

WORKER_START_SECONDS = 60
"""uvicorn kills a worker that has not answered for so long. On a busy machine the imports alone outlast its 5."""


class PortInUseError(ServerError):
    """Another program listens there."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is in use by another program. "
            "Stop that program, or choose another port with --port."
        )


class AddressUnusableError(ServerError):
    """The machine does not let us listen there."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        super().__init__(f"Nothing can listen on {host}, port {port}: {error.strerror}. Choose another with --host.")


class StartupFailedError(ServerError):
    """The application ended before it served."""

    def __init__(self) -> None:
        super().__init__("The application did not start. The log above says why.")


class AnnouncingServer(uvicorn.Server):
    """A server that tells when it listens."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell."""
        await super().startup(sockets)
        self._on_listening()


class Reloader(WatchFilesReload):
    """A supervisor whose servers tell only the first time that they listen."""

    def restart(self) -> None:
        """Start another server after a change."""
        self.target = uvicorn.Server(self.config).run
        super().restart()


@contextmanager
def reserved_address(host: str, port: int) -> Iterator[socket.socket]:
    """A socket bound to the address, so that a port in use shows before anything is started.

    Raises PortInUseError or AddressUnusableError.
    """
    with _explained(host, port):
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with _explained(host, port):
            listener.bind(address)
        yield listener


def serve_while_developing(
    settings: Settings, listener: socket.socket, on_listening: Callable[[], None], *, reload: bool
) -> None:
    """Serve from one process until it is asked to end; with `reload`, anew after each change of our files."""
    quiet = settings.log_level if settings.log_level == LogLevel.DEBUG else LogLevel.WARNING
    watched = [str(ROOT / name) for name in WATCHED_FOLDERS if (ROOT / name).is_dir()]
    watching = {"reload_dirs": watched, "reload_includes": WATCHED_FILES} if reload else {}
    config = _configure(settings, quiet, DEVELOPED_APPLICATION, reload=reload, timeout_graceful_shutdown=1, **watching)
    server = AnnouncingServer(config, on_listening)
    if reload:
        _supervise_reloads(Reloader(config, server.run, [listener]))
    else:
        _run(server, settings, listener)


def serve(settings: Settings, listener: socket.socket) -> None:
    """Serve from as many processes as the settings say until asked to end."""
    config = _configure(
        settings,
        settings.log_level,
        APPLICATION,
        workers=settings.workers,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=WORKER_START_SECONDS,
    )
    if settings.workers > 1:
        _supervise_workers(Multiprocess(config, [listener]))
    else:
        _run(uvicorn.Server(config), settings, listener)


def _configure(
    settings: Settings,
    level: LogLevel,
    application: str,
    **options: Any,  # passed on to uvicorn
) -> uvicorn.Config:
    _export(settings)
    return uvicorn.Config(
        application,
        factory=True,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=partial(BoundedHttpProtocol, arrival_seconds=settings.request_arrival_seconds),  # type: ignore[arg-type] # called as the class is
        ws=WebSocketProtocol,
        ws_max_size=settings.websocket_max_message_bytes,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=log_configuration(settings.log_level, settings.log_format, of_uvicorn=level),
        server_header=False,
        access_log=False,  # server/access_log.py has one that knows operations
        proxy_headers=False,  # server/arrival.py believes the proxies of the settings, and nobody else
        callback_notify=partial(_end_without_parent, os.getpid()),
        timeout_notify=1,
        **options,
    )


async def _end_without_parent(supervisor: int) -> None:
    """End a serving process whose supervisor was killed: it would hold the port for ever."""
    if supervisor not in {os.getpid(), os.getppid()}:
        signal.raise_signal(signal.SIGTERM)


def _export(settings: Settings) -> None:
    """Hand what was decided here to the processes that serve: arguments, the embedded database, generated keys."""
    os.environ |= {
        "HOST": settings.host,
        "PORT": str(settings.port),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "JWT_SECRET_KEY": settings.jwt_secret_key.get_secret_value(),
    }
    if settings.database_url is not None:
        os.environ["DATABASE_URL"] = settings.database_url.get_secret_value()


def _run(server: uvicorn.Server, settings: Settings, listener: socket.socket) -> None:
    with _explained(settings.host, settings.port), _ending_on_hangup(server):
        try:
            server.run([listener])
        except SystemExit as error:
            if error.code == STARTUP_FAILURE:
                raise StartupFailedError from error
            raise


@contextmanager
def _ending_on_hangup(server: uvicorn.Server) -> Iterator[None]:
    """Let a closed terminal end the server as uvicorn lets SIGTERM: an exception could be lost among its callbacks."""
    before = signal.getsignal(signal.SIGHUP)
    if before is signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGHUP, server.handle_exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def _supervise_reloads(supervisor: Reloader) -> None:
    signal.signal(signal.SIGHUP, supervisor.signal_handler)
    supervisor.run()


def _supervise_workers(supervisor: Multiprocess) -> None:
    supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise StartupFailedError


@contextmanager
def _explained(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(host, port) from error
        raise AddressUnusableError(host, port, error) from error
