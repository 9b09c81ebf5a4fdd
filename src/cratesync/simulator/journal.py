"""What was asked and answered: one JSON line a call, in a file and the newest ones in memory."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import IO

from msgspec import Struct, json

ENTRIES_MAX = 200_000


class Served(Struct, frozen=True):
    """One call. `time` and `monotonic` are those of its arrival; `fault` names what was done to it on cue."""

    time: str
    ip: str
    token: str | None
    method: str
    path: str
    status: int
    slots: int
    monotonic: float
    fault: str | None = None


class Journal:
    def __init__(self, path: Path | None = None) -> None:
        self._entries: deque[Served] = deque(maxlen=ENTRIES_MAX)
        self._file: IO[bytes] | None = None if path is None else path.open("ab", buffering=0)

    def __iter__(self) -> Iterator[Served]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def write(self, served: Served) -> None:
        self._entries.append(served)
        if self._file is not None:
            self._file.write(json.encode(served) + b"\n")

    def clear(self) -> None:
        """Forget what is in memory; the file keeps everything."""
        self._entries.clear()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def digest_of(token: str) -> str:
    """What the journal says instead of a token: the same for the same token, and no way back."""
    return blake2b(token.encode(), digest_size=6).hexdigest()


def iso(moment: datetime) -> str:
    """UTC with microseconds: `2026-08-23T17:02:26.000000Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
