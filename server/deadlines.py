"""The time that an operation may take: when it is over, whatever runs for it is cancelled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from resolvers.errors import OperationTimeoutError


@asynccontextmanager
async def deadline(limit_seconds: float, since: float | None = None) -> AsyncIterator[None]:
    """Run the block for so long at most, since that moment of `monotonic` or from now on, and then cancel it.

    Raises OperationTimeoutError. Whatever else raises a TimeoutError in the block is not taken for it.
    """
    limit = asyncio.timeout(limit_seconds if since is None else since + limit_seconds - monotonic())
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if limit.expired():
            raise OperationTimeoutError(limit_seconds) from error
        raise
