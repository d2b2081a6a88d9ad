"""Reads of visitors outside GraphQL, for pages over HTTP: by the same rules, and cut short when they take too long."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR
from resolvers.context import Context
from server.deadlines import deadline

Visiting = Callable[[], AbstractAsyncContextManager[Context]]
"""Opens the context of a visitor."""


def visits_to(engine: AsyncEngine, limit_seconds: float) -> Visiting:
    """Opens contexts of visitors whose block may run for so long."""

    @asynccontextmanager
    async def visiting() -> AsyncIterator[Context]:
        async with deadline(limit_seconds), Context(engine, VISITOR) as context:
            yield context

    return visiting
