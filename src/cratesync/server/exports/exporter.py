"""Exports as they are asked for: so many at once, in bounded memory, and nothing left behind."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from cratesync.protocol.messages import SyncType
from cratesync.server.clock import Clock
from cratesync.server.edge import ApiError
from cratesync.server.exports.columns import Columns
from cratesync.server.exports.csv_lines import CsvLines
from cratesync.server.exports.json_lines import JsonLines
from cratesync.server.exports.making import Export, Streamed, Threads, made
from cratesync.server.exports.source import Source
from cratesync.server.exports.sqlite_file import SqliteFile
from cratesync.server.exports.xlsx_file import XlsxFile
from cratesync.server.store.database import Database

ExportFormat: TypeAlias = Literal["csv", "jsonl", "xlsx", "sqlite"]

EXPORTS_MAX = 8
EXPORTS_OF_A_USER_MAX = 2
RETRY_AFTER_SECONDS = 10


class Exporter:
    """Opens exports, and closes them whatever happens. Raises `ApiError` (429 `export_busy`) where there are too many."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._turn = asyncio.Lock()
        self._threads = Threads()
        self._open: Counter[UUID] = Counter()

    @asynccontextmanager
    async def open(self, user_id: UUID, kind: SyncType, wanted: ExportFormat) -> AsyncIterator[Export]:
        """One list of a user. A file is made first, in a folder of its own that goes with the export."""
        with self._place(user_id):
            source = Source(self._database, user_id, kind, self._turn)
            around = await source.surroundings()
            match wanted:
                case "csv":
                    yield Streamed(source, CsvLines(Columns(around)), self._threads)
                case "jsonl":
                    yield Streamed(source, JsonLines(around), self._threads)
                case "xlsx":
                    columns = Columns(around)
                    async with made(
                        source, lambda path: XlsxFile(path, kind.capitalize(), columns), self._threads
                    ) as whole:
                        yield whole
                case "sqlite":
                    now = self._clock.now()
                    async with made(
                        source, lambda path: SqliteFile(path, around, now=now), self._threads
                    ) as whole:
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
