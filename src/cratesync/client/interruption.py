"""Ctrl-C, and the polite request to end."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator


class Interruption:
    """Set once a signal came. `number` says which."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.number = 0

    def come(self, number: int) -> None:
        """A signal."""
        self.number = number
        self.event.set()


@contextlib.contextmanager
def interruptible() -> Iterator[Interruption]:
    """SIGINT and SIGTERM set the interruption instead of ending the process. Inside a running loop."""
    loop, interruption = asyncio.get_running_loop(), Interruption()
    handled = []
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows' loops and other threads than the first have no handlers: Ctrl-C then is a KeyboardInterrupt.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, interruption.come, number)
            handled.append(number)
    try:
        yield interruption
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
