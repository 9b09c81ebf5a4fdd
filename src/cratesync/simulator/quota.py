"""The moving window: how many calls an address made in the last `window` seconds, counted by their arrival.

One counter per source address is shared by all its tokens, and by calls without one; only the limit differs.
"""

from collections import deque
from dataclasses import dataclass

_ADDRESSES_MAX = 4096


@dataclass(frozen=True, slots=True)
class Rate:
    """What the rate headers say. They lag: a call does not count itself."""

    limit: int
    used: int

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class Admission:
    accepted: bool
    slots: int
    rate: Rate


class Quota:
    def __init__(self, window_seconds: float, *, rejected_counts: bool = False) -> None:
        self._window_seconds = window_seconds
        self._rejected_counts = rejected_counts
        self._arrivals: dict[str, deque[float]] = {}

    def admit(self, address: str, limit: int, now: float) -> Admission:
        """Count a call that arrives now, if it fits into the window."""
        arrivals = self._window(address, now)
        used = len(arrivals)
        accepted = used < limit
        counted = accepted or self._rejected_counts
        if counted:
            arrivals.append(now)
        return Admission(accepted, int(counted), Rate(limit, used))

    def used(self, address: str, now: float) -> int:
        """Slots in use, without counting anything."""
        return len(self._window(address, now))

    def addresses(self, now: float) -> dict[str, int]:
        """Every address with slots in use, and how many."""
        used = {address: self.used(address, now) for address in list(self._arrivals)}
        return {address: slots for address, slots in used.items() if slots}

    def clear(self, address: str | None = None) -> None:
        """Forget one address, or all."""
        if address is None:
            self._arrivals.clear()
        else:
            self._arrivals.pop(address, None)

    def _window(self, address: str, now: float) -> deque[float]:
        arrivals = self._arrivals.get(address)
        if arrivals is None:
            if len(self._arrivals) >= _ADDRESSES_MAX:
                self._arrivals = {
                    known: kept for known, kept in self._arrivals.items() if self._live(kept, now)
                }
            arrivals = self._arrivals[address] = deque()
        while arrivals and now - arrivals[0] >= self._window_seconds:
            arrivals.popleft()
        return arrivals

    def _live(self, arrivals: deque[float], now: float) -> bool:
        return bool(arrivals) and now - arrivals[-1] < self._window_seconds
