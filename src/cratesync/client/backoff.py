"""How long to wait before the next try."""

from collections.abc import Callable

FIRST_SECONDS = 1.0
CAP_SECONDS = 30.0


class Backoff:
    """Full jitter under a bound that doubles up to a cap, so that a thousand clients do not come back at once.

    Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("Full Jitter").
    """

    def __init__(
        self,
        uniform: Callable[[float, float], float],
        *,
        first_seconds: float = FIRST_SECONDS,
        cap_seconds: float = CAP_SECONDS,
    ) -> None:
        self._uniform = uniform
        self._first = first_seconds
        self._cap = cap_seconds
        self._bound = first_seconds

    def next_seconds(self) -> float:
        """The next wait; the one after it may be twice as long."""
        seconds = self._uniform(0.0, min(self._bound, self._cap))
        self._bound = min(self._bound * 2, self._cap)
        return seconds

    def reset(self) -> None:
        """It worked: the next wait is short again."""
        self._bound = self._first
