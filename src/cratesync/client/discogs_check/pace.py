"""When the next call may leave."""

from collections.abc import Awaitable, Callable

PAUSE_SECONDS = 1.5  # 40 a minute, of 60
LOW_REMAINING = 10
LOW_PAUSE_SECONDS = 10.0  # so that the user's other programs are not starved


class Pace:
    """Calls leave one by one, the same time apart, and much slower once the quota is nearly used."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._usual = self._pause = pause_seconds
        self._left: float | None = None

    async def turn(self) -> None:
        """Wait for the next call's turn, and take it."""
        if self._left is not None:
            wait = self._left + self._pause - self._monotonic()
            if wait > 0:
                await self._sleep(wait)
        self._left = self._monotonic()

    def see(self, remaining: int | None) -> None:
        """What the last answer said is left of the quota."""
        low = remaining is not None and remaining <= LOW_REMAINING
        self._pause = max(self._usual, LOW_PAUSE_SECONDS) if low else self._usual
