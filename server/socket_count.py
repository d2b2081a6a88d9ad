"""How many sockets are open, in the process and for each address, and when there are too many."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from server.graphql_request import RequestRefusedError
from server.refusals import RefusalCode


class SocketCount:
    """Counts sockets from their handshake until the last of their operations has ended."""

    def __init__(self, most: int, most_per_address: int) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._by_address: Counter[str | None] = Counter()
        self.open = 0

    @contextmanager
    def taken(self, address: str | None) -> Iterator[None]:
        """Count one more while the block runs. Raises RequestRefusedError where one more is too many."""
        if self.open >= self._most:
            raise _refused(HTTPStatus.SERVICE_UNAVAILABLE, "This server has as many sockets as it takes.")
        if self._by_address[address] >= self._most_per_address:
            raise _refused(HTTPStatus.TOO_MANY_REQUESTS, "Your address has as many sockets as it may have.")
        self.open += 1
        self._by_address[address] += 1
        try:
            yield
        finally:
            self.open -= 1
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]


def _refused(status: HTTPStatus, fact: str) -> RequestRefusedError:
    return RequestRefusedError(status, RefusalCode.TOO_MANY_SOCKETS, f"{fact} Connect again later.")
