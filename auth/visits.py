"""A visit: when somebody asks for something, and from where."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from models.clients import USER_AGENT_LENGTH

IPV4_PREFIX = 32
IPV6_PREFIX = 64
"""A household or a server has at least so much of IPv6 to itself, and may use any address in it."""

LONGEST_ADDRESS = len("0000:0000:0000:0000:0000:ffff:255.255.255.255")
MOST_ADDRESSES = 1024
"""Of so many the canonical form is remembered: few visitors ask only once."""

LOOPBACK = IPv6Address("::1")
IPV4_COMPATIBLE = IPv6Network("::/96")
"""Nobody comes from there (RFC 4291, 2.5.5.1), and PostgreSQL writes these addresses in another way than Python."""


@dataclass(frozen=True, slots=True)
class Visit:
    """The time that counts as now, the IP address in its canonical form, and the user agent; None where unknown."""

    at: datetime
    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    """By which logs and traces know the request."""

    @property
    def network(self) -> str | None:
        """All addresses that the visitor can choose from freely, such as `10.0.0.1/32` and `2001:db8::/64`."""
        if self.address is None:
            return None
        address = ip_address(self.address)
        prefix = IPV4_PREFIX if address.version == 4 else IPV6_PREFIX  # noqa: PLR2004 - IPv4
        return str(ip_network((address, prefix), strict=False))


def visit_from(at: datetime, address: str | None, user_agent: str | None, request_id: str | None = None) -> Visit:
    """A visit from what a server knows: any text may come as address and as user agent."""
    return Visit(at, _canonical(address), _storable(user_agent), request_id)


def _canonical(address: str | None) -> str | None:
    text = (address or "").partition("%")[0]
    return _parsed(text) if len(text) <= LONGEST_ADDRESS else None


@lru_cache(maxsize=MOST_ADDRESSES)
def _parsed(text: str) -> str | None:
    try:
        parsed: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or parsed) if parsed == LOOPBACK or parsed not in IPV4_COMPATIBLE else None


def _storable(text: str | None) -> str | None:
    if text is None:
        return None
    if text.isprintable():
        return text[:USER_AGENT_LENGTH] or None
    return "".join(letter for letter in text if letter.isprintable())[:USER_AGENT_LENGTH] or None
