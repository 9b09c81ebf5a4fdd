"""What the server said at sign-in, and what every request on that socket is judged by."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct


class ServerClock(Struct, frozen=True):
    """The server's time, carried on by our own monotonic clock: a wrong wall clock here changes nothing."""

    server_time: datetime
    heard_at: float

    def at(self, monotonic: float) -> datetime:
        """What the server's clock shows when ours shows `monotonic`."""
        return self.server_time + timedelta(seconds=monotonic - self.heard_at)


class Session(Struct, frozen=True):
    """One authenticated socket. `keys` are the trusted ones, id → base64 public key."""

    connection_id: str
    user_id: str
    keys: Mapping[str, str]
    clock: ServerClock
    frame_bytes_max: int
