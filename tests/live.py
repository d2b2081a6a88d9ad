"""Servers to visit over HTTP, and clients that ask two of them and must be told the same."""

import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp

from server.http_protocol import BoundedHttpProtocol
from tests.executors import normalised
from tests.loopback import NO_AUTHORITIES
from tests.patience import PATIENCE_SECONDS

COMPARED = ("content-type", "allow")

QUIETLY = {"log_config": None, "log_level": "warning"}
"""Uvicorn's own configuration of its log would keep a test's standard error beyond the test."""


@contextmanager
def serving(app: ASGIApp, **options: Any) -> Iterator[str]:  # of uvicorn
    """The address of a server that runs the application."""
    server = uvicorn.Server(
        uvicorn.Config(app, **{"lifespan": "on", "http": BoundedHttpProtocol, **QUIETLY, **options})
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def visiting(address: str, twin: str) -> Iterator[httpx.Client]:
    """A client of the server at `address`; the one at `twin` gets every request too and must answer the same.

    So must the first one when it gets the request again, because it remembers bodies.
    """
    with httpx.Client(trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS) as other:

        def compare(response: httpx.Response) -> None:
            response.read()
            for server in (twin, address):
                assert_same(response, other.send(_redirected(response.request, server)))

        hooks = {"request": [lambda request: request.read()], "response": [compare]}
        with httpx.Client(
            base_url=address, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS, event_hooks=hooks
        ) as client:
            yield client


@asynccontextmanager
async def visiting_asynchronously(address: str, twin: str) -> AsyncIterator[httpx.AsyncClient]:
    """The same for tests that are coroutines."""
    async with httpx.AsyncClient(
        base_url=twin, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS
    ) as other:

        async def compare(response: httpx.Response) -> None:
            await response.aread()
            assert_same(response, await other.send(_redirected(response.request, twin)))

        hooks = {"response": [compare]}
        async with httpx.AsyncClient(
            base_url=address, trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS, event_hooks=hooks
        ) as client:
            yield client


def assert_same(response: httpx.Response, twin: httpx.Response) -> None:
    """Both servers answered alike."""
    assert (twin.status_code, _body(twin)) == (response.status_code, _body(response))
    assert {name: twin.headers.get(name) for name in COMPARED} == {
        name: response.headers.get(name) for name in COMPARED
    }


def _body(response: httpx.Response) -> bytes:
    is_json = "json" in response.headers.get("content-type", "") and response.content
    return normalised(response.content) if is_json else response.content


def _redirected(request: httpx.Request, address: str) -> httpx.Request:
    url = request.url.copy_with(host=httpx.URL(address).host, port=httpx.URL(address).port)
    headers = {name: value for name, value in request.headers.items() if name != "transfer-encoding"}
    return httpx.Request(request.method, url, headers=headers, content=request.content)
