"""Exports as they are asked for: so many at once, in bounded memory, and nothing left behind."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Literal, Protocol, TypeAlias, TypeVar, assert_never
from uuid import UUID

from cratesync.protocol.messages import SyncType
from cratesync.server.clock import Clock
from cratesync.server.edge import ApiError
from cratesync.server.exports.columns import Columns
from cratesync.server.exports.csv_lines import CsvLines
from cratesync.server.exports.json_lines import JsonLines
from cratesync.server.exports.source import Batch, Source
from cratesync.server.exports.sqlite_file import SqliteFile
from cratesync.server.exports.xlsx_file import XlsxFile
from cratesync.server.store.database import Database
from cratesync.server.uninterrupted import uninterrupted

T = TypeVar("T")
ExportFormat: TypeAlias = Literal["csv", "jsonl", "xlsx", "sqlite"]

EXPORTS_MAX = 8
EXPORTS_OF_A_USER_MAX = 2
RETRY_AFTER_SECONDS = 10
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


class Exporter:
    """Opens exports, and closes them whatever happens. Raises `ApiError` (429 `export_busy`) where there are too many."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._turn = asyncio.Lock()
        self._open: Counter[UUID] = Counter()

    @asynccontextmanager
    async def open(self, user_id: UUID, kind: SyncType, wanted: ExportFormat) -> AsyncIterator[Export]:
        """One list of a user. A file is made first, in a folder of its own that goes with the export."""
        with self._place(user_id):
            source = Source(self._database, user_id, kind, self._turn)
            around = await source.surroundings()
            match wanted:
                case "csv":
                    yield _Streamed(source, CsvLines(Columns(around)))
                case "jsonl":
                    yield _Streamed(source, JsonLines(around))
                case "xlsx":
                    async with _made(
                        source, lambda path: XlsxFile(path, kind.capitalize(), Columns(around))
                    ) as whole:
                        yield whole
                case "sqlite":
                    now = self._clock.now()
                    async with _made(source, lambda path: SqliteFile(path, around, now=now)) as whole:
                        yield whole
                case _:
                    assert_never(wanted)

    @contextmanager
    def _place(self, user_id: UUID) -> Iterator[None]:
        if self._open[user_id] >= EXPORTS_OF_A_USER_MAX or self._open.total() >= EXPORTS_MAX:
            raise ApiError(
                "export_busy",
                429,
                "Other exports are still being fetched; try again when they are done.",
                headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            )
        self._open[user_id] += 1
        try:
            yield
        finally:
            self._open[user_id] -= 1
            if not self._open[user_id]:
                del self._open[user_id]


class _Streamed:
    """Lines, one batch of them at a time."""

    def __init__(self, source: Source, lines: Lines) -> None:
        self.size: int | None = None
        self._source = source
        self._lines = lines
        self._begun = False

    async def read(self) -> bytes:
        if not self._begun:
            self._begun = True
            if head := self._lines.begin():
                return head
        batch = await self._source.next()
        return await asyncio.to_thread(self._lines.add, batch) if batch else b""


class _Whole:
    """A file that is there."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size: int | None = size
        self._file = file

    async def read(self) -> bytes:
        return await _in_thread(lambda: self._file.read(PART_BYTES))


@asynccontextmanager
async def _made(source: Source, begin: Callable[[Path], File]) -> AsyncIterator[Export]:
    with TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
        path = Path(folder) / "export"
        file = begin(path)
        try:
            while batch := await source.next():
                await _in_thread(partial(file.add, batch))
            await _in_thread(file.finish)
        finally:
            file.close()
        with _reading(path) as whole:
            yield whole


@contextmanager
def _reading(path: Path) -> Iterator[Export]:
    with path.open("rb") as file:
        yield _Whole(file, path.stat().st_size)


async def _in_thread(work: Callable[[], T]) -> T:
    """Off the loop. The thread is waited for whatever happens: what it works on is closed next."""
    return await uninterrupted(asyncio.to_thread(work))
