"""Which pages may call: our own, and those of listed origins."""

from urllib.parse import urlsplit

from msgspec import Struct


class Origins(Struct, frozen=True):
    """Browsers name the page that calls; other programs name none. Another site's page could use a user's own
    network position, or a cookie, so it is refused."""

    allowed: frozenset[str]
    public_url: str | None

    def allows(self, origin: str | None, host: str | None) -> bool:
        """Whether a page of that `Origin` may call a server that was addressed by that `Host`."""
        if origin is None or origin in self.allowed:
            return True
        try:
            parts = urlsplit(origin)
            public = urlsplit(self.public_url or "")
        except ValueError:
            return False
        if not parts.netloc:
            return False
        return parts.netloc == host or (parts.scheme, parts.netloc) == (public.scheme, public.netloc)
