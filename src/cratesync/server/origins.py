"""Which pages may talk to the server. Browsers name a page's origin; other programs name none."""

from urllib.parse import urlsplit

from cratesync.server.loopback import is_loopback

_PORTS = {"http": 80, "https": 443}


class Origins:
    """The server's own origins, that of its public URL, and those that a setting lists. `on_loopback` says that this machine
    alone reaches the server."""

    def __init__(self, allowed: frozenset[str], public_url: str | None, *, on_loopback: bool) -> None:
        self._on_loopback = on_loopback
        self._allowed = frozenset(map(origin_of, allowed)) - {None}
        self._public = origin_of(public_url) if public_url else None

    def allows(self, origin: str | None, host: str | None) -> bool:
        """Whether a request with these two headers may come in. Another site's page could use a user's own place in the
        network, so what is not known is refused."""
        if origin is None or origin in self._allowed:
            return True
        if origin_of(origin) != origin:
            return False
        scheme, _, netloc = origin.partition("://")
        if self._public is not None and netloc == self._public.partition("://")[2]:
            # Behind TLS a page of the same host without it is not ours: anybody on the way could have written it.
            return origin == self._public
        if self._on_loopback and not is_loopback(urlsplit(origin).hostname or ""):
            # A stranger's name that was made to point here: its page sends the same name as host and origin.
            return False
        return host is not None and origin == origin_of(f"{scheme}://{host}")


def origin_of(url: str) -> str | None:
    """The origin of an http or https URL as browsers write it: lower case, no port that goes without saying. Nothing where
    there is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc:
        return None
    netloc = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{netloc}" + ("" if port in {None, _PORTS[parts.scheme]} else f":{port}")
