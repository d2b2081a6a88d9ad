"""Listening ends when it is told to, whatever the connection is saying at that moment."""

import asyncio

import asyncpg

from server.database import open_connection
from server.listening import answers
from tests.databases import settings_for
from tests.patience import PATIENCE_SECONDS


async def test_cancellation_that_comes_with_a_reply_is_not_lost(postgres: str) -> None:
    """Or the server would wait forever for its listeners to end."""
    connection: asyncpg.Connection = await open_connection(postgres, settings_for(postgres))

    async def keep_alive() -> None:
        while True:
            await answers(connection)

    listening = asyncio.create_task(keep_alive())

    def stop(_record: object) -> None:
        listening.cancel()

    connection.add_query_logger(stop)
    await asyncio.wait((listening,), timeout=PATIENCE_SECONDS)

    assert listening.cancelled()
    await connection.close()
