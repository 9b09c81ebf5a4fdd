"""What a session needs of a framework's WebSocket, and of whoever is at its other end."""

from typing import Protocol

from msgspec import Struct


class SocketClosedError(Exception):
    """The other side is gone."""


class Socket(Protocol):
    """A framework's WebSocket, as much of it as is needed."""

    async def receive(self) -> str | bytes:
        """The next frame. Raises `SocketClosedError`."""

    async def send(self, frame: bytes) -> None:
        """Send a text frame. Raises `SocketClosedError`."""

    async def close(self, code: int, reason: str) -> None:
        """Close it; closing twice is fine."""


class Caller(Struct, frozen=True):
    """Where a socket comes from. `private` says that a token may travel on it: loopback, or TLS."""

    address: str
    private: bool
