"""Giving back to the system what lies free in the process' heap.

A page of records is a few hundred KiB for a moment. glibc keeps the room of those below its threshold for mapping (128 KiB and growing:
mallopt(3), M_MMAP_THRESHOLD) for good where anything small lies behind it, so a node would stay as large as it was in its
busiest second. `malloc_trim(3)` takes microseconds where there is nothing to give back, and some milliseconds for a hundred MiB.
Other C libraries have no such call, and do not need it.
"""

import contextlib
import ctypes
from collections.abc import Callable

TICK_SECONDS = 10.0


class Heap:
    """Looks every few seconds."""

    def __init__(self) -> None:
        self._trim: Callable[[int], int] | None = None
        with contextlib.suppress(AttributeError, OSError, TypeError):  # Windows has no library of that name
            self._trim = ctypes.CDLL(None).malloc_trim

    async def tick(self) -> None:
        """Give back what is free."""
        if self._trim is not None:
            self._trim(0)
