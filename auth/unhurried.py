"""Answers that take the same time whatever was found, so that the time does not tell it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

USUAL_SECONDS = 0.25
"""Longer than a usual answer takes by itself."""


@asynccontextmanager
async def taking_at_least(seconds: float = USUAL_SECONDS) -> AsyncIterator[None]:
    """Let the block take that long, also when it raises. It must not hold a connection at its end."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    try:
        yield
    finally:
        await asyncio.sleep(until - loop.time())


@asynccontextmanager
async def refusing_no_sooner(seconds: float = USUAL_SECONDS) -> AsyncIterator[None]:
    """Let the block take that long when it raises, like `taking_at_least`. What succeeds need not hide anything."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    try:
        yield
    except Exception:
        await asyncio.sleep(until - loop.time())
        raise
