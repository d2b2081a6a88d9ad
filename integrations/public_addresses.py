"""Which IP addresses are of the public internet, so that somebody else's URL may lead there.

Source: the special-purpose registries of IANA, by `ipaddress` where it knows them.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

SPECIAL_IPV4 = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments, which ipaddress calls global in part
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, which are no more
)
UNICAST_IPV6 = IPv6Network("2000::/3")
"""All that was ever given out; whatever else there is leads somewhere special."""

SPECIAL_IPV6 = (
    IPv6Network("2001::/23"),  # protocol assignments, among them Teredo, which carries an IPv4 address
    IPv6Network("2002::/16"),  # 6to4, which carries one too
    IPv6Network("3fff::/20"),  # documentation
)
NAT64 = IPv6Network("64:ff9b::/96")
"""How a network without IPv4 reaches it: the last 32 bits are the address (RFC 6052)."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address, and one that it carries, is anybody's on the public internet."""
    if isinstance(address, IPv6Address):
        carried = _carried(address)
        if carried is not None:
            return is_public(carried)
        if address not in UNICAST_IPV6 or any(address in network for network in SPECIAL_IPV6):
            return False
    elif any(address in network for network in SPECIAL_IPV4):
        return False
    return address.is_global and not address.is_multicast


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None
