"""What time it is, handed in: wall time for people and rows, steady time for waits."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable


@runtime_checkable  # Litestar checks what it hands to handlers
class Clock(Protocol):
    """The two questions the server asks of time."""

    def now(self) -> datetime:
        """The wall time in UTC: for rows, tokens and people. It may step."""
        ...

    def steady(self) -> float:
        """UTC seconds as of the process' start, moved by the monotonic clock alone: for leases, waits and the pace.

        It never steps while a process runs, and what one process wrote another can read.
        """
        ...


class SystemClock:
    """The machine's own clocks."""

    def __init__(self) -> None:
        self._anchor_seconds = time.time() - time.monotonic()

    def now(self) -> datetime:
        """The wall time in UTC."""
        return datetime.now(UTC)

    def steady(self) -> float:
        """Seconds that no clock step disturbs."""
        return self._anchor_seconds + time.monotonic()


class HandClock:
    """A clock that stands still until it is moved by hand."""

    def __init__(self, start: datetime = datetime(2030, 1, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._steady = start.timestamp()

    def now(self) -> datetime:
        """The wall time in UTC."""
        return self._now

    def steady(self) -> float:
        """Seconds that `step` does not disturb."""
        return self._steady

    def advance(self, seconds: float) -> None:
        """Let time pass, on both faces."""
        self._now += timedelta(seconds=seconds)
        self._steady += seconds

    def step(self, seconds: float) -> None:
        """Set the wall clock, as an administrator or NTP would: the steady time does not move."""
        self._now += timedelta(seconds=seconds)
