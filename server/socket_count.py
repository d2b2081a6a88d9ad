"""How many sockets are open, in the process and for each address, and when there are too many."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus

from server.address_count import AddressCount
from server.graphql_request import RequestRefusedError
from server.refusals import RefusalCode


class SocketCount:
    """Counts sockets from their handshake until the last of their operations has ended."""

    def __init__(self, most: int, most_per_address: int) -> None:
        fact = "Your address has as many sockets as it may have."
        self._most = most
        self._by_address = AddressCount(most_per_address, partial(_refused, HTTPStatus.TOO_MANY_REQUESTS, fact))
        self.open = 0

    @contextmanager
    def taken(self, address: str | None) -> Iterator[None]:
        """Count one more while the block runs. Raises RequestRefusedError where one more is too many."""
        if self.open >= self._most:
            raise _refused(HTTPStatus.SERVICE_UNAVAILABLE, "This server has as many sockets as it takes.")
        with self._by_address.taken(address):
            self.open += 1
            try:
                yield
            finally:
                self.open -= 1


def _refused(status: HTTPStatus, fact: str) -> RequestRefusedError:
    return RequestRefusedError(status, RefusalCode.TOO_MANY_SOCKETS, f"{fact} Connect again later.")
