"""The seam between nodes: whatever carries a few kilobytes from one to all, at most once, and is allowed to be lost."""

from collections.abc import Callable, Sequence
from typing import Protocol

Hear = Callable[[bytes], None]
"""Is handed every payload that any node rang with, its own among them. Returns at once and never raises."""


class BellLostError(Exception):
    """The bell cannot be reached, or rings no more. The text says why, and shows no secret."""


class Line(Protocol):
    """An open way to the other nodes."""

    async def ring(self, payloads: Sequence[bytes]) -> None:
        """Send these to every node that listens. Raises `BellLostError`."""

    async def listen(self) -> None:
        """Hand on what is heard, until the line is lost: `BellLostError`."""

    async def close(self) -> None:
        """Give the line up; never raises, and waits for nobody."""


class Bell(Protocol):
    """A way to open lines."""

    @property
    def payload_bytes_max(self) -> int:
        """How much it carries at once."""

    async def connect(self, hear: Hear) -> Line:
        """Open a line. Raises `BellLostError`."""
