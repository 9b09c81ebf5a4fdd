"""What browsers are told about every answer: whom to trust, and nobody else."""

import re

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from cratesync.server.loopback import is_loopback

API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Over plain http from another machine browsers ignore this one, and say so in red.
_OPENER_POLICY = {"Cross-Origin-Opener-Policy": "same-origin"}
_UNLESS_SET = {"Content-Security-Policy": API_POLICY, "Cache-Control": "no-store"}
_CROSS_ORIGIN = (
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Expose-Headers",
)
_HOST = re.compile(r"\[?(?P<name>[^\[\]]*?)\]?(?::\d+)?")
_YEAR_SECONDS = 31_536_000


class SecurityHeaders:
    """Litestar's `before_send` hook: sets the headers, errors and files included. A page may bring its own policy."""

    def __init__(self, *, only_tls: bool) -> None:
        self._always = dict(_ALWAYS)
        self._only_tls = only_tls
        if only_tls:
            self._always["Strict-Transport-Security"] = f"max-age={_YEAR_SECONDS}"

    async def __call__(self, message: Message, scope: Scope) -> None:
        """Complete the head of an answer."""
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders.from_message(message)
        trustworthy = self._only_tls or scope["scheme"] == "https" or is_loopback(_host_of(scope))
        for name, value in (self._always | (_OPENER_POLICY if trustworthy else {})).items():
            headers[name] = value
        for name, value in _UNLESS_SET.items():
            if name not in headers:
                headers[name] = value
        if "Access-Control-Allow-Origin" not in headers:  # Litestar tells the rest to pages of every origin
            for name in _CROSS_ORIGIN:
                headers.pop(name, None)


def _host_of(scope: Scope) -> str:
    """By what name the browser knows this server; nothing where that cannot be read."""
    named = _HOST.fullmatch(dict(scope["headers"]).get(b"host", b"").decode("latin-1"))
    return named["name"] if named else ""
