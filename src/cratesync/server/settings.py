"""Every setting: a `CRATESYNC_*` environment variable each, read once at the start and never changed.

`docs/reference/settings.md` is generated from the descriptions here (see settings_reference.py).
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
import platformdirs
from msgspec import Meta, Struct
from msgspec.inspect import (
    Metadata,
    NoneType,
    StructType,
    Type,
    UnionType,
)
from sqlalchemy.engine import URL

from cratesync.engine.schedule import HOURS_MAX
from cratesync.protocol.messages import FRAME_BYTES_MAX
from cratesync.server.faults import StartupError
from cratesync.server.loopback import is_loopback
from cratesync.server.secret import Secret
from cratesync.server.secret_keys import SecretKeys, parse_secret_keys
from cratesync.server.setting_texts import (
    parse_base_url,
    parse_bell_url,
    parse_data_dir,
    parse_origins,
    parse_plain,
    parse_proxies,
    parse_public_url,
    parse_schema,
)
from cratesync.server.store.address import default_database_url, parse_database_url

PREFIX = "CRATESYNC_"


def _default(words: str) -> dict[str, str]:
    """What the reference says of a default that is worked out at the start."""
    return {"default": words}


class Settings(Struct, frozen=True, kw_only=True):
    """All settings of a server process. Secrets and passwords do not show in its repr."""

    host: Annotated[str, Meta(description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="The port to listen on; 0 takes a free one.")] = (
        8000
    )
    data_dir: Annotated[
        Path,
        Meta(
            description="The folder for the SQLite file and the key file. Made at the first start.",
            extra=_default("the platform's folder for application data"),
        ),
    ]
    database_url: Annotated[
        URL,
        Meta(
            description="`sqlite:///path/to/file` or `postgresql://user:password@host/name`.",
            extra=_default("`cratesync.sqlite3` in the data folder"),
        ),
    ]
    database_schema: Annotated[
        str | None,
        Meta(
            description="The PostgreSQL schema for our tables, apart from a host application's. Made if missing."
        ),
    ] = None
    bell_url: Annotated[
        Secret | None,
        Meta(
            description="`redis://user:password@host/0`, `rediss://` or `valkey://`: a Valkey or Redis by which nodes tell each other what "
            "happened.",
            extra=_default("PostgreSQL's own notifications"),
        ),
    ] = None
    workers: Annotated[
        int,
        Meta(
            ge=1,
            le=64,
            description="Server processes on this machine, each a node of its own behind the same port. More than one needs PostgreSQL.",
        ),
    ] = 1
    secret_keys: Annotated[
        SecretKeys | None,
        Meta(
            description="`id:base64` keys of 32 bytes, separated by commas; the first is the current one.",
            extra=_default("the file `secret.keys` in the data folder, made at the first start"),
        ),
    ] = None
    discogs_url: Annotated[str, Meta(description="The base URL of the Discogs API.")] = (
        "https://api.discogs.com"
    )
    discogs_limit: Annotated[
        int,
        Meta(ge=1, le=10_000, description="How many calls Discogs allows a source address in one window."),
    ] = 60
    discogs_window_seconds: Annotated[
        float, Meta(gt=0, le=3600, description="The length of that window in seconds.")
    ] = 60.0
    discogs_reserve: Annotated[
        int,
        Meta(ge=0, le=10_000, description="Calls of a window that are left to the user's other programs."),
    ] = 2
    with_client: Annotated[
        bool,
        Meta(
            description="Run a headless client beside the server, which calls Discogs from this machine for one user."
        ),
    ] = False
    client_user: Annotated[
        str | None,
        Meta(
            description="The user name for whom that client works.",
            extra=_default("the first account of the server"),
        ),
    ] = None
    open_registration: Annotated[
        bool | None,
        Meta(
            description="Whether anybody who reaches the server may make an account.",
            extra=_default(
                "only when listening on loopback, `CRATESYNC_PUBLIC_URL` names no other host, and no proxy is trusted"
            ),
        ),
    ] = None
    allow_insecure_lan: Annotated[
        bool, Meta(description="Send Discogs tokens without TLS to addresses other than loopback.")
    ] = False
    webhooks_to_private_networks: Annotated[
        bool,
        Meta(description="Let webhooks lead to addresses that are not public, and by http too."),
    ] = False
    allowed_origins: Annotated[
        tuple[str, ...],
        Meta(description="Origins besides our own whose pages may call the API, separated by commas."),
    ] = ()
    public_url: Annotated[
        str | None,
        Meta(description="The address by which people reach the server, behind a proxy. May end in a path."),
    ] = None
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses and networks (`192.0.2.0/24`) of proxies in front of the server, separated by commas. "
            "What they say of a client's address and of TLS is believed."
        ),
    ] = ()
    session_days: Annotated[
        float, Meta(gt=0, le=3650, description="How long a sign-in lasts that is not used, in days.")
    ] = 30.0
    keep_response_bodies: Annotated[
        Literal["none", "failed", "all"], Meta(description="Which of Discogs' answers are kept as received.")
    ] = "failed"
    retention_days: Annotated[
        float, Meta(gt=0, le=3650, description="How long the requests of an ended sync are kept.")
    ] = 30.0
    changes_days: Annotated[
        float,
        Meta(
            gt=0,
            le=36_500,
            description="How long it is kept what happened to the records, and which syncs there were.",
        ),
    ] = 365.0
    stale_after_hours: Annotated[
        float,
        Meta(gt=0, le=8760, description="An active sync without an accepted answer for so long has failed."),
    ] = 24.0
    full_sync_every_days: Annotated[
        float, Meta(gt=0, le=3650, description="How old the last full comparison may become.")
    ] = 7.0
    sync_every_hours: Annotated[
        float,
        Meta(
            ge=0,
            le=HOURS_MAX,
            description="How often a mirror is synced by itself, unless its user chose otherwise; 0 for never.",
        ),
    ] = 6.0
    attempts_max: Annotated[
        int, Meta(ge=1, le=100, description="Attempts at one request before it has failed.")
    ] = 5
    lease_seconds: Annotated[
        float,
        Meta(gt=0, le=3600, description="How long a client may hold a request before it is taken back."),
    ] = 90.0
    grace_seconds: Annotated[
        float, Meta(ge=0, le=3600, description="How long a client that lost its socket keeps its requests.")
    ] = 5.0
    max_in_flight: Annotated[
        int, Meta(ge=1, le=1000, description="Requests that one client may have in hand at a time.")
    ] = 12
    frame_bytes_max: Annotated[
        int, Meta(ge=65_536, le=1 << 30, description="The largest WebSocket frame that is read, in bytes.")
    ] = FRAME_BYTES_MAX
    outbox_messages_max: Annotated[
        int, Meta(ge=1, le=100_000, description="Messages waiting for one connection before it is closed.")
    ] = 256
    connections_per_user_max: Annotated[
        int, Meta(ge=1, le=10_000, description="Open WebSocket connections of one user.")
    ] = 20
    unauthenticated_connections_max: Annotated[
        int, Meta(ge=1, le=100_000, description="Open WebSocket connections that have not signed in yet.")
    ] = 200
    sign_in_checked_seconds: Annotated[
        float,
        Meta(gt=0, le=3600, description="How often an open WebSocket's sign-in is checked for revocation."),
    ] = 20.0
    authenticate_seconds: Annotated[
        float, Meta(gt=0, le=600, description="How long a new WebSocket connection may take to sign in.")
    ] = 10.0
    messages_per_second_max: Annotated[
        float, Meta(gt=0, le=100_000, description="Messages a second that one client may keep sending.")
    ] = 50.0
    calls_per_second_max: Annotated[
        float,
        Meta(
            gt=0,
            le=100_000,
            description="Calls of the REST API a second that one user may keep making; five seconds' worth at once.",
        ),
    ] = 50.0
    log_format: Annotated[
        Literal["text", "json"], Meta(description="Log lines for people, or one JSON object a line.")
    ] = "text"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read all variables. Raises `StartupError` with a sentence for every fault. Touches no file."""
        faults: list[str] = []
        given: dict[str, object] = {}
        for field in fields():
            text = environ.get(field.variable, "").strip()
            if not text:
                continue
            try:
                given[field.name] = field.parse(text)
            except ValueError as error:
                faults.append(f"{field.variable} {error}.")
        data_dir = given.setdefault("data_dir", platformdirs.user_data_path("cratesync", appauthor=False))
        given.setdefault("database_url", default_database_url(Path(str(data_dir))))
        # Each value came out of its own field's parser.
        settings = cls(**given)  # type: ignore[arg-type]
        faults.extend(settings._contradictions())
        if faults:
            raise StartupError(*faults)
        return settings

    def _contradictions(self) -> list[str]:
        faults: list[str] = []
        if self.discogs_reserve >= self.discogs_limit:
            faults.append(f"{PREFIX}DISCOGS_RESERVE must be smaller than {PREFIX}DISCOGS_LIMIT.")
        if self.database_schema and self.database_url.get_backend_name() != "postgresql":
            faults.append(f"{PREFIX}DATABASE_SCHEMA needs PostgreSQL; SQLite has no schemas.")
        if self.database_url.get_backend_name() != "postgresql":
            if self.workers > 1:
                faults.append(f"{PREFIX}WORKERS above 1 needs PostgreSQL; SQLite is for one process.")
            if self.bell_url is not None:
                faults.append(
                    f"{PREFIX}BELL_URL needs PostgreSQL; on SQLite there is one node, which hears itself."
                )
        if self.workers > 1 and sys.platform == "win32":
            faults.append(f"{PREFIX}WORKERS must be 1 on Windows; processes cannot share a port there.")
        return faults

    @property
    def on_loopback(self) -> bool:
        """Whether this machine alone can reach the server: a public URL, or a proxy, says that others do."""
        public_host = urlsplit(self.public_url).hostname if self.public_url else None
        return (
            is_loopback(self.host)
            and (public_host is None or is_loopback(public_host))
            and not self.trusted_proxies
        )

    @property
    def public_path(self) -> str:
        """What all links begin with: the public URL's path, without a slash at its end."""
        return urlsplit(self.public_url or "").path

    @property
    def registration_is_open(self) -> bool:
        """Whether anybody may make an account."""
        return self.on_loopback if self.open_registration is None else self.open_registration


# --- reading one variable -------------------------------------------------------------------------------------------


class SettingField:
    """One setting: its variable, its description and how its text is read."""

    def __init__(self, name: str, kind: Type, default: object) -> None:
        self.name = name
        self.variable = PREFIX + name.upper()
        schema, extra = _described(kind)
        self.description = str(schema.get("description", ""))
        self.default = default
        self.default_words = extra.get("default")
        self._kind = _bare(kind)

    def parse(self, text: str) -> object:
        """The value of the text. Raises `ValueError` with the end of a sentence."""
        own = _PARSERS.get(self.name)
        return own(text) if own else parse_plain(self._kind, text)


def fields() -> tuple[SettingField, ...]:
    """All settings, in the order of the class."""
    described = msgspec.inspect.type_info(Settings)
    if not isinstance(described, StructType):
        raise TypeError("Settings is a Struct.")
    return tuple(
        SettingField(field.name, field.type, None if field.required else field.default)
        for field in described.fields
    )


def _described(kind: Type) -> tuple[dict[str, object], dict[str, str]]:
    if not isinstance(kind, Metadata):
        return {}, {}
    return kind.extra_json_schema or {}, kind.extra or {}


def _bare(kind: Type) -> Type:
    if isinstance(kind, Metadata):
        return _bare(kind.type)
    if isinstance(kind, UnionType):
        return _bare(next(member for member in kind.types if not isinstance(member, NoneType)))
    return kind


_PARSERS: Mapping[str, Callable[[str], object]] = {
    "data_dir": parse_data_dir,
    "database_url": parse_database_url,
    "database_schema": parse_schema,
    "bell_url": parse_bell_url,
    "secret_keys": parse_secret_keys,
    "discogs_url": parse_base_url,
    "allowed_origins": parse_origins,
    "public_url": parse_public_url,
    "trusted_proxies": parse_proxies,
}
