"""One call as it came in, and who made it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypedDict
from urllib.parse import parse_qsl

Receive = Callable[[], Awaitable[Mapping[str, object]]]
Send = Callable[[Mapping[str, object]], Awaitable[None]]

BODY_BYTES_MAX = 1 << 20

_TOKEN_IN_QUERY = re.compile(r"(?<=[?&])(token|key|secret)=[^&]*")


class Scope(TypedDict):
    """What ASGI says of an HTTP call: https://asgi.readthedocs.io/en/latest/specs/www.html"""

    type: str
    method: str
    scheme: str
    path: str
    raw_path: bytes
    query_string: bytes
    headers: list[tuple[bytes, bytes]]
    client: tuple[str, int] | None


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    raw_path: str
    query: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    address: str
    base: str
    arrived: float
    """Monotonic seconds."""

    @cached_property
    def parameters(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)

    def parameter(self, name: str) -> str | None:
        """The last value given for a name."""
        return next((value for known, value in reversed(self.parameters) if known == name), None)

    @property
    def page(self) -> int | None:
        """The page asked for, where one is."""
        text = self.parameter("page")
        return int(text) if text is not None and text.isascii() and text.isdigit() else None

    @property
    def recorded_path(self) -> str:
        """Path and query as the journal writes them, without credentials."""
        target = f"{self.raw_path}?{self.query}" if self.query else self.raw_path
        return _TOKEN_IN_QUERY.sub(r"\1=-", target)

    @property
    def credentials(self) -> "Credentials | None":
        """A token or an app's key and secret, from the header or the query; nothing where there are none."""
        scheme, _, rest = self.headers.get("authorization", "").partition(" ")
        if scheme.casefold() == "discogs":
            given = {
                name.strip(): value.strip()
                for name, _, value in (part.partition("=") for part in rest.split(","))
            }
        elif scheme.casefold() == "oauth":
            # Signed calls are taken by their token alone.
            given = {"token": _oauth_token(rest)}
        else:
            given = dict(self.parameters)
        if "token" in given:
            return Credentials(given["token"], personal=True)
        if "key" in given and "secret" in given:
            return Credentials(given["key"], personal=False)
        return None


@dataclass(frozen=True)
class Credentials:
    """Whose call it is: `personal` for a user's token, else an app that is nobody."""

    text: str = field(repr=False)
    personal: bool


def call_of(scope: Scope, arrived: float, public_url: str | None) -> Call:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    client = scope["client"]
    return Call(
        method=scope["method"],
        path=scope["path"],
        raw_path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        address=client[0] if client else "",
        base=public_url or f"{scope['scheme']}://{headers.get('host', 'localhost')}",
        arrived=arrived,
    )


async def read_body(receive: Receive) -> bytes:
    """The whole body; what is longer than a write can be is cut, and will not parse."""
    body = b""
    while len(body) <= BODY_BYTES_MAX:
        message = await receive()
        part = message.get("body", b"")
        body += part if isinstance(part, bytes) else b""
        if not message.get("more_body", False):
            break
    return body


def _oauth_token(parameters: str) -> str:
    found = re.search(r'oauth_token="([^"]*)"', parameters)
    return found[1] if found else ""
