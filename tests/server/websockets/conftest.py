"""A server with sockets on a database of these tests' own."""

import logging
from collections.abc import AsyncIterator

import pytest

from server.app import create_app
from server.websocket_protocol import WebSocketProtocol
from tests.databases import copy_database, drop_database, opened, settings_for
from tests.live import serving
from tests.server.websockets.talking import House


@pytest.fixture(scope="module")
async def url(postgres: str, migrated: str) -> AsyncIterator[str]:
    """The address of a migrated database."""
    url = await copy_database(postgres, migrated)
    yield url
    await drop_database(url)


@pytest.fixture(scope="module")
async def house(url: str) -> AsyncIterator[House]:
    """The server, which takes eight operations for each socket."""
    settings = settings_for(url).model_copy(
        update={"websocket_max_operations": 8, "cors_origins": ("https://shop.example",)}
    )
    async with opened(url) as engine:
        with serving(create_app(settings), ws=WebSocketProtocol) as address:
            yield House(address, engine, settings)


@pytest.fixture
def complaints(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What the server logs as an error, uvicorn's own among it."""
    caplog.set_level(logging.ERROR)
    return caplog.records
