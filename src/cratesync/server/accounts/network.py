"""Whom limits count as one: the network that one customer is given."""

from ipaddress import IPv6Address, IPv6Network, ip_address

_CUSTOMERS_PREFIX = (
    64  # nobody is given less of IPv6 (RFC 6177), so whoever calls may choose among 2^64 addresses
)


def network_of(address: str) -> str:
    """An IPv4 address as it is, also where IPv6 wraps it; of an IPv6 address its /64."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(IPv6Network((int(ip), _CUSTOMERS_PREFIX), strict=False))
