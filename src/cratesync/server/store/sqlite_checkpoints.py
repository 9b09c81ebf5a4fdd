"""Moving what was committed from the write-ahead log into the SQLite file, beside the writers.

SQLite would do it within the commit that makes the log too long, and everybody would wait for the disk meanwhile. A passive
checkpoint on a connection of its own lets writers go on (https://www.sqlite.org/pragma.html#pragma_wal_checkpoint). Should it
not keep up, a commit by which the log gets longer than `LOG_PAGES_MAX` makes one itself, unless one is under way.
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

COMMITS_BETWEEN = 8
LOG_PAGES_MAX = 16_000  # of 4 KiB

_log = structlog.stdlib.get_logger(__name__)


class Checkpoints:
    """One at a time, in a thread of its own; nothing is opened before the first."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._commits = 0
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(1, "sqlite-checkpoint")
        self._under_way: asyncio.Task[None] | None = None

    def committed(self) -> None:
        """Something was committed; every few times that is reason enough."""
        self._commits += 1
        if self._commits >= COMMITS_BETWEEN and self._under_way is None:
            self._commits = 0
            self._under_way = asyncio.ensure_future(self._make())

    async def close(self) -> None:
        """No more."""
        if self._under_way is not None:
            await asyncio.wait((self._under_way,))
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._thread.shutdown()

    async def _make(self) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._checkpoint)
        except sqlite3.Error as error:
            # Nothing is lost: it stays in the log, and whatever is wrong with the disk is told by the next commit.
            _log.warning("checkpoint_failed", error=str(error))
        finally:
            self._under_way = None

    def _checkpoint(self) -> None:
        if self._connection is None:
            # Of a file that is gone no new one is made.
            address = f"{Path(self._path).absolute().as_uri()}?mode=rw"
            self._connection = sqlite3.connect(
                address, uri=True, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
