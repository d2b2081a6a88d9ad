"""How much of something runs for each address, and when it is too much for one."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from server.graphql_request import RequestRefusedError


class AddressCount:
    """Counts by address, and keeps none for which nothing runs."""

    def __init__(self, most: int, refused: Callable[[], RequestRefusedError]) -> None:
        """`refused` says what to tell an address for which so much runs."""
        self._most = most
        self._refused = refused
        self._running: Counter[str | None] = Counter()

    @contextmanager
    def taken(self, address: str | None) -> Iterator[None]:
        """Count one more while the block runs. Raises RequestRefusedError where one more is too many."""
        if self._running[address] >= self._most:
            raise self._refused()
        self._running[address] += 1
        try:
            yield
        finally:
            self._running[address] -= 1
            if not self._running[address]:
                del self._running[address]
