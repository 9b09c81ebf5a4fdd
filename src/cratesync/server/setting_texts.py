"""How the text of a setting is read. Every function raises `ValueError` with the end of a sentence."""

import re
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from msgspec.inspect import BoolType, FloatType, IntType, LiteralType, Type

from cratesync.server.origins import origin_of
from cratesync.server.secret import Secret
from cratesync.server.store.address import is_schema_name

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_BELL_SCHEMES = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"}
_DATABASE_NUMBER = re.compile(r"(?:/\d{0,4})?")


def parse_plain(kind: Type, text: str) -> object:
    """A text, number, choice or yes and no, within the bounds of its type."""
    if isinstance(kind, BoolType):
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise ValueError(f"must be true or false, not {text!r}")
    if isinstance(kind, LiteralType):
        if text in kind.values:
            return text
        raise ValueError(f"must be one of {', '.join(map(str, kind.values))}, not {text!r}")
    if isinstance(kind, IntType):
        return _parse_number(int, kind, text, "a whole number")
    if isinstance(kind, FloatType):
        return _parse_number(float, kind, text, "a number")
    return text


_N = TypeVar("_N", int, float)


def _parse_number(read: Callable[[str], _N], kind: IntType | FloatType, text: str, noun: str) -> _N:
    lowest, above, highest = kind.ge, kind.gt, kind.le
    wanted = (
        f"must be {noun} from {lowest:,} to {highest:,}"
        if above is None
        else (f"must be {noun} above {above:,} and up to {highest:,}")
    )
    try:
        number = read(text)
    except ValueError:
        raise ValueError(f"{wanted}, not {text!r}") from None
    too_low = number < lowest if lowest is not None else above is not None and number <= above
    if number != number or too_low or (highest is not None and number > highest):
        raise ValueError(f"{wanted}, not {text!r}")
    return number


def parse_data_dir(text: str) -> Path:
    """A folder, which need not be there yet."""
    path = Path(text).expanduser()
    if path.exists() and not path.is_dir():
        raise ValueError(f"must name a folder; {text!r} is a file")
    return path.absolute()


def parse_schema(text: str) -> str:
    """The name of a PostgreSQL schema."""
    if not is_schema_name(text):
        raise ValueError(
            f"must have 1 to 63 lower-case letters, digits or _, and start with a letter, not {text!r}"
        )
    return text


def parse_bell_url(text: str) -> Secret:
    """Where a Valkey or Redis is. It may hold a password, and no sentence repeats it."""
    scheme, _, rest = text.partition("://")
    try:
        parts = urlsplit(f"{_BELL_SCHEMES.get(scheme.lower(), '')}://{rest}")
        sound = bool(parts.scheme) and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
        parts = urlsplit("")
    if (
        not sound
        or parts.query
        or parts.fragment
        or not _DATABASE_NUMBER.fullmatch(parts.path)
        or " " in text
    ):
        raise ValueError(
            "must be a redis://, rediss:// or valkey:// URL that names a host and perhaps a number, without query"
        )
    return Secret(parts.geturl())


OWN_PATHS = frozenset({"api", "assets", "health", "metrics", "ws"})
"""What the server's own addresses begin with: after these nobody could tell whether a proxy took the public path off."""

_HOST = re.compile(r"[a-zA-Z0-9._-]+|[0-9a-fA-F:.]+")
_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")


def parse_base_url(text: str) -> str:
    """An http or https URL, without a slash at its end."""
    try:
        parts = urlsplit(text)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
        parts = urlsplit("")
    if not sound or parts.username or parts.password or parts.query or parts.fragment or " " in text:
        raise ValueError("must be an http or https URL without user, password, query or fragment")
    return text.rstrip("/")


def parse_origins(text: str) -> tuple[str, ...]:
    """Origins as browsers write them."""
    origins = tuple(parse_public_url(part) for part in _parts(text))
    if any(urlsplit(origin).path for origin in origins):
        raise ValueError("must hold origins alone, such as https://crates.example")
    return tuple(origin_of(origin) or origin for origin in origins)


def parse_public_url(text: str) -> str:
    """Where people reach the server, perhaps under a path of its own."""
    url = parse_base_url(text)
    parts = urlsplit(url)
    if not _HOST.fullmatch(parts.hostname or ""):
        raise ValueError(f"must name one host, in ASCII, and {parts.hostname!r} is none")
    if not _PATH.fullmatch(parts.path):
        raise ValueError(f"must have a path of letters, digits and -._~ alone, not {parts.path!r}")
    if parts.path.partition("/")[2].partition("/")[0] in OWN_PATHS:
        raise ValueError(
            f"must not have a path that begins like one of the server's own, as {parts.path!r} does"
        )
    return url


def parse_proxies(text: str) -> tuple[str, ...]:
    """Addresses and networks of proxies."""
    return tuple(_parse_proxy(part) for part in _parts(text))


def _parse_proxy(text: str) -> str:
    try:
        network = ip_network(text)
    except ValueError as error:
        raise ValueError(
            f"must hold addresses and networks, such as 127.0.0.1 or 192.0.2.0/24: {error}"
        ) from None
    if network.prefixlen == 0:
        raise ValueError(f"must not trust every address there is, as {text} does")
    return text


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
