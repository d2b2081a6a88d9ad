"""A server of the test's own, on a free port."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
import uvicorn
from starlette.types import ASGIApp


@contextmanager
def running(app: ASGIApp, headers: Mapping[str, str] | None = None) -> Iterator[httpx.Client]:
    """A client of a server that runs the application."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            with httpx.Client(base_url=address, trust_env=False, headers=headers, timeout=30) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()
