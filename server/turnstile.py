"""A turnstile: those who come at once begin one by one, so that whoever needs less gets through between them."""

import asyncio


class Turnstile:
    """Lets one through in each turn of the event loop, in the order of coming.

    Hundreds of mutations that come at once would otherwise all begin in the same turn, each with a millisecond of work
    before it first waits for anything, and a query that comes with them would wait for them all.
    """

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def pass_through(self) -> None:
        """Wait for a turn."""
        async with self._one:
            await asyncio.sleep(0)
