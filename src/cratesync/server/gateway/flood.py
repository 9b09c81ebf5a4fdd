"""How fast a client may talk."""


class TokenBucket:
    """So many messages a second, with a burst of as many seconds' worth."""

    def __init__(self, *, per_second: float, burst_seconds: float, now: float) -> None:
        self._per_second = per_second
        self._most = max(1.0, per_second * burst_seconds)
        self._left = self._most
        self._then = now

    def take(self, now: float) -> bool:
        """Whether one more may come now."""
        self._left = min(self._most, self._left + (now - self._then) * self._per_second)
        self._then = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def wait_seconds(self) -> float:
        """How long it takes until one more may come, as of the last take."""
        return max(0.0, (1 - self._left) / self._per_second)
