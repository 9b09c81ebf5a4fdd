"""Where webhooks may lead: to hosts of the public internet, and never to a provider's.

Against server-side request forgery and DNS rebinding a name is resolved once for each try, every address that it has
is looked at, and the connection is made to one of these.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx
from msgspec import Struct

from cratesync.server.edge import ApiError

URL_CHARACTERS_MAX = 2000
LOOK_UP_SECONDS_MAX = 5.0
UNUSUAL_PORTS_FROM = 1024
PORTS = frozenset({80, 443})

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a name and a port to addresses as text. Raises `OSError` where there are none."""

_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")

# https://www.iana.org/assignments/iana-ipv4-special-registry, with multicast and what is reserved.
# Python's own `is_global` is another list in each of its versions, and calls some multicast global.
_NOT_PUBLIC_4 = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
# https://www.iana.org/assignments/iana-ipv6-special-registry: all that is public lies in 2000::/3.
# Teredo (in 2001::/23) and 6to4 lead to IPv4 addresses, and nobody receives webhooks there.
_PUBLIC_6 = ip_network("2000::/3")
_NOT_PUBLIC_6 = tuple(map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
_NAT64 = ip_network(
    "64:ff9b::/96"
)  # how an IPv6-only network reaches an IPv4 address: the last 32 bits (RFC 6052)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public internet, reached by everybody alike."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)
    return not any(address in network for network in _NOT_PUBLIC_4)


async def resolve_by_system(name: str, port: int) -> Sequence[str]:
    """Ask as every program of this machine does."""
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Target(Struct, frozen=True):
    """An address that was found good: the URL, and where to connect to."""

    url: httpx.URL
    addresses: tuple[str, ...]


class Targets:
    """`forbidden_hosts` are the provider's: the server never calls it, not by a webhook either."""

    def __init__(
        self,
        *,
        forbidden_hosts: frozenset[str],
        private_allowed: bool,
        resolve: Resolve = resolve_by_system,
        seconds_max: float = LOOK_UP_SECONDS_MAX,
    ) -> None:
        self._forbidden_hosts = forbidden_hosts
        self._private_allowed = private_allowed
        self._resolve = resolve
        self._seconds_max = seconds_max

    async def find(self, text: str) -> Target:
        """Where this URL leads now. Raises `ApiError` (400 `bad_webhook_url`, `private_address`)."""
        url = self._read(text)
        addresses = await self._addresses(url)
        if not self._private_allowed and not all(map(is_public, addresses)):
            raise ApiError(
                "private_address",
                400,
                "This leads to an address that is not public; only this server's operator can allow that.",
                field="url",
            )
        return Target(url, tuple(map(str, addresses)))

    def _read(self, text: str) -> httpx.URL:
        if len(text) > URL_CHARACTERS_MAX:
            raise _bad(f"A webhook's URL has {URL_CHARACTERS_MAX:,} characters at most.")
        try:
            url = httpx.URL(text)
        except httpx.InvalidURL:
            raise _bad("That is not a URL.") from None
        if url.scheme != "https" and not (url.scheme == "http" and self._private_allowed):
            raise _bad("A webhook's URL begins with https://.")
        if url.userinfo or url.fragment:
            raise _bad("A webhook's URL has neither user, password nor fragment.")
        host = url.raw_host.decode()
        if literal(host) is None and not _NAME.fullmatch(host):
            raise _bad("A webhook's URL names a host.")
        if url.port is not None and not (UNUSUAL_PORTS_FROM <= url.port <= 65535 or url.port in PORTS):
            raise _bad(f"A webhook's port is 80, 443, or from {UNUSUAL_PORTS_FROM} on.")
        if any(host == theirs or host.endswith(f".{theirs}") for theirs in self._forbidden_hosts):
            raise _bad("No webhook leads to the very service that is mirrored here.")
        return url

    async def _addresses(self, url: httpx.URL) -> list[IPv4Address | IPv6Address]:
        host = url.raw_host.decode()
        if (address := literal(host)) is not None:
            return [address]
        try:
            async with asyncio.timeout(self._seconds_max):
                found = await self._resolve(host, url.port or (443 if url.scheme == "https" else 80))
        except (OSError, UnicodeError):  # a timeout is an OSError
            found = ()
        if not found:
            raise _bad(f"The name {host} is not known.")
        # A scope (`%eth0`) is only found at addresses that are not public; they are read with it.
        return [ip_address(each) for each in found]


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a URL's host is, where it is no name. One with a scope (`%eth0`) is none that others have."""
    try:
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None


def _bad(sentence: str) -> ApiError:
    return ApiError("bad_webhook_url", 400, sentence, field="url")
