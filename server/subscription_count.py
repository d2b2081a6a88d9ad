"""How many subscriptions run for each address, and when there are too many."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from server.graphql_request import RequestRefusedError
from server.refusals import RefusalCode


class SubscriptionCount:
    """Counts subscriptions over all sockets of an address.

    Each event is read for each subscription, which no rate limit sees: what bounds sockets, and operations over one of
    them, would together let one address have an event read ten thousand times.
    """

    def __init__(self, most_per_address: int) -> None:
        self._most_per_address = most_per_address
        self._by_address: Counter[str | None] = Counter()

    @contextmanager
    def taken(self, address: str | None) -> Iterator[None]:
        """Count one more while the block runs. Raises RequestRefusedError where one more is too many."""
        if self._by_address[address] >= self._most_per_address:
            message = f"{self._most_per_address} subscriptions run for your address. Complete one of them first."
            raise RequestRefusedError(HTTPStatus.TOO_MANY_REQUESTS, RefusalCode.TOO_MANY_OPERATIONS, message)
        self._by_address[address] += 1
        try:
            yield
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
