"""Ctrl-C, and the polite request to end."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator


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


@contextlib.contextmanager
def when_input_ends(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` in the running loop once standard input has ended."""
    loop, over = asyncio.get_running_loop(), threading.Event()

    def read() -> None:
        # Not by `sys.stdin`: a thread that waits in there holds a lock that the interpreter wants at its end.
        while os.read(0, 1024):
            pass
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            if not over.is_set():
                loop.call_soon_threadsafe(stop)

    # A thread, since a loop can watch a pipe on some systems only; it dies with the process.
    threading.Thread(target=read, name="standard-input", daemon=True).start()
    try:
        yield
    finally:
        over.set()
