"""Which peers are proxies of ours, so that what they say of a request is believed."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

MOST_REMEMBERED = 4096


class TrustedProxies:
    """The addresses and networks of TRUSTED_PROXIES."""

    def __init__(self, proxies: Sequence[str]) -> None:
        self._networks = [ip_network(proxy) for proxy in proxies]
        self._known: dict[str, bool] = {}

    def trusts(self, peer: str | None) -> bool:
        """Whether whoever connects from there is one of them."""
        if not self._networks or peer is None:
            return False
        if peer not in self._known:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[peer] = self._is_listed(peer)
        return self._known[peer]

    def _is_listed(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False  # a socket of UNIX, which has no address
        return any(address in network for network in self._networks)
