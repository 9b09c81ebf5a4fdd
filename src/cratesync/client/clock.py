"""The two clocks, handed in so that tests need not wait."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from msgspec import Struct


class Clock(Struct, frozen=True):
    """`monotonic` measures waits, in seconds; `now` names instants, in UTC. Never subtract one from the other."""

    monotonic: Callable[[], float]
    now: Callable[[], datetime]


SYSTEM_CLOCK = Clock(time.monotonic, lambda: datetime.now(UTC))


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 time of the wire. Raises `ValueError`, also where the time zone is missing."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("A time without its zone.")
    return instant.astimezone(UTC)


def format_instant(instant: datetime) -> str:
    """Write a time for the wire: ISO 8601 in UTC with a `Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
