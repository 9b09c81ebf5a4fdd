"""Where the server is."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

from cratesync.client.errors import SettingError

_PORTS = {"http": 80, "https": 443}


class ServerUrl(Struct, frozen=True):
    """A server's address in one normal form, so that it can name a server in the client's files.

    `base` may end in a path prefix and never in a slash: `https://nas.example/cratesync`.
    """

    base: str

    @property
    def socket(self) -> str:
        """The WebSocket endpoint."""
        return f"ws{self.base.removeprefix('http')}/ws"

    @property
    def keeps_secrets(self) -> bool:
        """Whether nobody between here and there can read along: TLS, or this very machine."""
        parts = urlsplit(self.base)
        return parts.scheme == "https" or _is_loopback(parts.hostname or "")

    def rest(self, path: str) -> str:
        """The URL of a REST resource; `path` begins with a slash."""
        return self.base + path


def parse_server_url(text: str) -> ServerUrl:
    """Read what a user typed. Raises `SettingError`."""
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise SettingError(f"{text!r} is no URL of a server.") from None
    if parts.scheme not in _PORTS or not host:
        raise SettingError(f"{text!r} is no URL of a server: it begins with http:// or https://.")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise SettingError("The server's URL holds no user name, password, query or fragment.")
    host = f"[{host}]" if ":" in host else host
    netloc = host if port in {None, _PORTS[parts.scheme]} else f"{host}:{port}"
    return ServerUrl(f"{parts.scheme}://{netloc}{parts.path.rstrip('/')}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
