"""Where the pinned keys are kept, by server."""

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from cratesync.client.events import Observer, PinsChanged
from cratesync.client.folder import Folder
from cratesync.client.pins import trusted_keys
from cratesync.client.server_url import ServerUrl
from cratesync.protocol.messages import SigningKey

_FILE = "pins.json"


class _Pins(Struct, frozen=True):
    servers: dict[str, dict[str, str]] = field(default_factory=dict)


class PinBook:
    """Remembers which keys each server had, across restarts and whoever signs in."""

    def __init__(self, folder: Folder, observe: Observer) -> None:
        self._folder = folder
        self._observe = observe

    def trust(self, server: ServerUrl, offered: Sequence[SigningKey]) -> Mapping[str, str]:
        """The keys to trust at this server, id → base64 public key. Raises `UntrustedKeyError`, `FolderError`."""
        with self._folder.locked():
            servers = self._read()
            pinned = servers.get(server.base, {})
            keys = trusted_keys(pinned, offered)
            if keys != pinned:
                self._folder.write(_FILE, _Pins(servers | {server.base: keys}))
                self._observe(PinsChanged(tuple(keys), first=not pinned))
        return keys

    def forget(self, server: ServerUrl) -> None:
        """Believe the next offer of this server."""
        with self._folder.locked():
            servers = self._read()
            self._folder.write(
                _FILE, _Pins({base: keys for base, keys in servers.items() if base != server.base})
            )

    def _read(self) -> dict[str, dict[str, str]]:
        return (self._folder.read(_FILE, _Pins) or _Pins()).servers
