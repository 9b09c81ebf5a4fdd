"""What happens on the way, for whoever watches: the log of `run`, the bar of `sync`."""

from collections.abc import Callable

from msgspec import Struct

from cratesync.protocol.messages import SyncComplete, SyncError, SyncProgress


class Connected(Struct, frozen=True):
    """The server knows us; requests may come."""

    connection_id: str
    user_id: str


class Lost(Struct, frozen=True):
    """No connection. The next try is made after `retry_seconds`."""

    why: str
    close_code: int | None
    retry_seconds: float


class Refused(Struct, frozen=True):
    """The guard did not let a request through. `code` is `refused_*`."""

    request_id: str
    code: str


class Unanswered(Struct, frozen=True):
    """A call was made and no usable HTTP answer seen. `code` is `network`, `timeout` or `oversize`."""

    request_id: str
    code: str


class NotTaken(Struct, frozen=True):
    """A request was left alone since too many answers wait for the server; it will ask again."""

    request_id: str


class Misunderstood(Struct, frozen=True):
    """One side could not read what the other said."""

    code: str
    sentence: str


class PinsChanged(Struct, frozen=True):
    """Other signing keys of the server are trusted from now on."""

    key_ids: tuple[str, ...]
    first: bool


Event = (
    Connected
    | Lost
    | Refused
    | Unanswered
    | NotTaken
    | Misunderstood
    | PinsChanged
    | SyncProgress
    | SyncComplete
    | SyncError
)
Observer = Callable[[Event], None]
