"""The client's own settings: environment variables, each with its default."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs
from msgspec import Struct

from cratesync.client.errors import SettingError
from cratesync.client.proxy import MAX_IN_FLIGHT
from cratesync.client.secret import Secret
from cratesync.providers.discogs.allow_list import BASE_URL

SERVER_URL = "http://127.0.0.1:8000"
MAX_IN_FLIGHT_LIMIT = 100


class PasswordAccount(Struct, frozen=True):
    """A user name and a password, from the environment."""

    username: str
    password: Secret


class ClientSettings(Struct, frozen=True):
    """What the environment says. `token` is a personal access token for a supervised child, `discogs_token` is for a check."""

    discogs_url: str
    local_address: str | None
    max_in_flight: int
    folder: Path
    allow_insecure_lan: bool
    account: PasswordAccount | None
    token: Secret | None
    discogs_token: Secret | None


def read_settings(environment: Mapping[str, str]) -> ClientSettings:
    """Read the settings. Raises `SettingError` with the name of the variable that is at fault."""
    username, password = environment.get("CRATESYNC_USERNAME"), environment.get("CRATESYNC_PASSWORD")
    token = environment.get("CRATESYNC_CLIENT_TOKEN")
    discogs_token = environment.get("CRATESYNC_DISCOGS_TOKEN")
    folder = environment.get("CRATESYNC_CLIENT_DIR")
    return ClientSettings(
        discogs_url=_base_url(environment.get("CRATESYNC_DISCOGS_URL") or BASE_URL),
        local_address=_local_address(environment.get("CRATESYNC_CLIENT_LOCAL_ADDRESS")),
        max_in_flight=_max_in_flight(environment.get("CRATESYNC_CLIENT_MAX_IN_FLIGHT")),
        folder=Path(folder) if folder else platformdirs.user_config_path("cratesync") / "client",
        allow_insecure_lan=environment.get("CRATESYNC_ALLOW_INSECURE_LAN", "").lower()
        in {"1", "true", "yes", "on"},
        account=PasswordAccount(username, Secret(password)) if username and password else None,
        token=Secret(token) if token else None,
        discogs_token=Secret(discogs_token) if discogs_token else None,
    )


def _base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and parts.hostname and not parts.query and not parts.fragment
    except ValueError:
        good = False
    if not good:
        raise SettingError("CRATESYNC_DISCOGS_URL is not a URL that begins with http:// or https://.")
    return text.rstrip("/")


def _local_address(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return str(ip_address(text))
    except ValueError:
        raise SettingError("CRATESYNC_CLIENT_LOCAL_ADDRESS is no IP address.") from None


def _max_in_flight(text: str | None) -> int:
    if not text:
        return MAX_IN_FLIGHT
    if not text.isdecimal() or not 1 <= int(text) <= MAX_IN_FLIGHT_LIMIT:
        raise SettingError(f"CRATESYNC_CLIENT_MAX_IN_FLIGHT is no number from 1 to {MAX_IN_FLIGHT_LIMIT}.")
    return int(text)
