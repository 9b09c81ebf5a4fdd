"""What stands before the app: reads what trusted proxies say of a request, and takes the public URL's path off."""

import structlog
from litestar.types import ASGIApp, Receive, Scope, Send, WebSocketScope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from cratesync.server.loopback import is_loopback

PROXY_HEADERS = frozenset(
    {b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip"}
)
"""Whoever sends one of these is no client itself, or wants to be taken for a proxy."""

WARNED_OF_MAX = 16  # addresses

_NAMED_FROM_HERE = "client_named_by_a_proxy_on_this_machine"

_log = structlog.stdlib.get_logger(__name__)


class Front:
    """An ASGI application around the app. `trusted` are addresses and networks; `public_path` begins with a slash or is empty."""

    def __init__(self, app: ASGIApp, *, trusted: tuple[str, ...], public_path: str) -> None:
        self._app = app
        # It sets the scope's client to the right-most address of X-Forwarded-For that is not trusted itself, and its scheme.
        self._believe = ProxyHeadersMiddleware(_nothing, list(trusted))
        self._public_path = public_path
        self._warned: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or WebSocket."""
        await self._believe_proxy(scope)
        _take_off(self._public_path, scope)
        await self._app(scope, receive, send)

    async def _believe_proxy(self, scope: Scope) -> None:
        peer, address = scope["client"], _address_of(scope)
        await self._believe(scope, _nothing, _nothing)  # type: ignore[arg-type]  # uvicorn has its own names for ASGI
        scope["state"][_NAMED_FROM_HERE] = scope["client"] is not peer and is_loopback(address)
        if self._is_news(address) and _carries_proxy_headers(scope):
            self._warned.add(address)
            _log.warning(
                "proxy_not_trusted",
                address=address,
                hint="A proxy's headers came from this address and were not believed; no Discogs token leaves by this way. "
                "If this is your own proxy, name it in CRATESYNC_TRUSTED_PROXIES; otherwise ignore this.",
            )

    def _is_news(self, address: str) -> bool:
        """Anybody can send such headers, so a stranger's must neither fill the log nor take the place of the operator's own proxy."""
        known = address in self._warned or address in self._believe.trusted_hosts
        return not known and len(self._warned) < WARNED_OF_MAX


def is_private(scope: WebSocketScope) -> bool:
    """Whether nobody on the way can read along: TLS up to a trusted proxy, or both ends on this machine."""
    if scope["scheme"] == "wss":
        return True
    address = _address_of(scope)
    if _carries_proxy_headers(scope):
        return bool(scope["state"].get(_NAMED_FROM_HERE)) and is_loopback(address)
    return is_loopback(address) or (scope["server"] is not None and address == scope["server"][0])


def _address_of(scope: Scope) -> str:
    return scope["client"][0] if scope["client"] else ""


def _carries_proxy_headers(scope: Scope) -> bool:
    return any(name in PROXY_HEADERS for name, _ in scope["headers"])


def _take_off(public_path: str, scope: Scope) -> None:
    """Some proxies pass the path on as it came, others without the part that led to them."""
    if public_path and (scope["path"] + "/").startswith(public_path + "/"):
        scope["path"] = scope["path"].removeprefix(public_path) or "/"
        scope["raw_path"] = scope["raw_path"].removeprefix(public_path.encode()) or b"/"


async def _nothing(*_: object) -> None:
    """The headers are read by changing the scope; there is nothing to call behind it."""
