"""How many subscriptions run for each address, and when there are too many."""

from http import HTTPStatus

from server.address_count import AddressCount
from server.graphql_request import RequestRefusedError
from server.refusals import RefusalCode


def subscription_count(most_per_address: int) -> AddressCount:
    """Counts subscriptions over all sockets of an address.

    Each event is read for each subscription, which no rate limit sees: what bounds sockets, and operations over one of
    them, would together let one address have an event read ten thousand times.
    """

    def refused() -> RequestRefusedError:
        message = f"{most_per_address} subscriptions run for your address. Complete one of them first."
        return RequestRefusedError(HTTPStatus.TOO_MANY_REQUESTS, RefusalCode.TOO_MANY_OPERATIONS, message)

    return AddressCount(most_per_address, refused)
