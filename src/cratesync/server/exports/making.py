"""From batches to bytes: sent as they are made, or made into a file first."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Protocol, TypeVar

from cratesync.server.exports.source import Batch, Source
from cratesync.server.uninterrupted import uninterrupted

T = TypeVar("T")

THREADS_MAX = 2  # of their own, so that a sign-in's hash never waits for somebody's workbook
PART_BYTES = 256 * 1024
FOLDER_PREFIX = "cratesync-export-"


class Lines(Protocol):
    """What is sent as it is made."""

    def begin(self) -> bytes:
        """What stands before the records."""

    def add(self, batch: Batch) -> bytes:
        """The records."""


class File(Protocol):
    """What has to be whole before it can be sent."""

    def add(self, batch: Batch) -> None:
        """Write the records."""

    def finish(self) -> None:
        """Make it whole."""

    def close(self) -> None:
        """Give back what is open, wherever it was left."""


class Export(Protocol):
    """The bytes of an export, as they are taken."""

    size: int | None

    async def read(self) -> bytes:
        """The next of them; none at the end."""


class Threads:
    """Where files are written, beside the loop."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="export")

    async def do(self, work: Callable[[], T]) -> T:
        """This, to its end whatever happens: what it works on is closed next."""
        return await uninterrupted(self._do(work))

    async def _do(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


class Streamed:
    """Lines, one batch of them at a time."""

    def __init__(self, source: Source, lines: Lines, threads: Threads) -> None:
        self.size: int | None = None
        self._source = source
        self._lines = lines
        self._threads = threads
        self._begun = False

    async def read(self) -> bytes:
        """The next batch's; none at the end."""
        if not self._begun:
            self._begun = True
            if head := self._lines.begin():
                return head
        batch = await self._source.next()
        return await self._threads.do(partial(self._lines.add, batch)) if batch else b""


class _Whole:
    """A file that is there."""

    def __init__(self, file: BinaryIO, size: int, threads: Threads) -> None:
        self.size: int | None = size
        self._file = file
        self._threads = threads

    async def read(self) -> bytes:
        """The next part; none at the end."""
        return await self._threads.do(partial(self._file.read, PART_BYTES))


@asynccontextmanager
async def made(source: Source, begin: Callable[[Path], File], threads: Threads) -> AsyncIterator[Export]:
    """A file that is begun at a path of its own, filled, made whole, and gone afterwards."""
    async with _folder(threads) as folder:
        path = folder / "export"
        file = begin(path)
        try:
            while batch := await source.next():
                await threads.do(partial(file.add, batch))
            await threads.do(file.finish)
        finally:
            file.close()
        with _opened(path) as whole:
            yield _Whole(whole, path.stat().st_size, threads)


@asynccontextmanager
async def _folder(threads: Threads) -> AsyncIterator[Path]:
    """One that nobody else can look into, and that is gone afterwards with all that is in it."""
    folder = TemporaryDirectory(prefix=FOLDER_PREFIX)
    try:
        yield Path(folder.name)
    finally:
        await threads.do(folder.cleanup)


def _opened(path: Path) -> BinaryIO:
    return path.open("rb")
