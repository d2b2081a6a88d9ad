"""Connections to PostgreSQL, as bare as they come."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import asyncpg

Opened = TypeVar("Opened")
Given = TypeVar("Given")


class Connections(Generic[Opened]):
    """As many as `POOL_SIZE` says, the one used last handed out first, without a reset."""

    def __init__(self, open_one: Callable[[], Awaitable[Opened]]) -> None:
        self._open_one = open_one
        self._free = asyncio.Semaphore(int(os.environ.get("POOL_SIZE", "10")))
        self._idle: list[Opened] = []

    async def run(self, operation: Callable[[Opened, Given], Awaitable[Any]], given: Given) -> Any:
        """What the operation gives on a connection of its own, which nobody gets again after a failure."""
        async with self._free:
            connection = self._idle.pop() if self._idle else await self._open_one()
            result = await operation(connection, given)
            self._idle.append(connection)
            return result


async def connect() -> asyncpg.Connection:
    """A connection to the database of the benchmark."""
    return await asyncpg.connect(os.environ["DATABASE_URL"], server_settings={"timezone": "UTC"})
