"""Reading a backup that may be anybody's: in bounded memory, and believed when its last line says the same as what was read."""

import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO, TypeVar

import msgspec
from sqlalchemy import Table

from cratesync.server.backup.form import (
    EXPANSION_MAX,
    FORMAT,
    LINE_BYTES_MAX,
    VERSION,
    Began,
    Counted,
    Head,
    Sum,
)
from cratesync.server.backup.schema import Row, UnknownRevisionError, began, row_decoder, schema_of
from cratesync.server.faults import StartupError

PIECE_BYTES = 256 * 1024
BATCH_ROWS = 500
BATCH_BYTES = 4 * 1024 * 1024
_GZIP = 31  # zlib's word for it: https://docs.python.org/3/library/zlib.html#zlib.decompressobj
_ROW = b"["

Batch = list[Row]
T = TypeVar("T")


class Backup:
    """A backup that is open. Everything raises `StartupError` where the file is not what it should be."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.head = self._read_head()
        try:
            self.schema = schema_of(self.head.revision)
        except UnknownRevisionError:
            raise StartupError(
                f"This backup was made by a newer release of Cratesync ({self.head.made_by}). Restore it with that one."
            ) from None

    def check(self) -> Sum:
        """Read it to its end, and say what is in it."""
        reading = _Reading(self._lines())
        reading.head()
        for table in self.schema.tables:
            reading.begin(table)
            for _ in reading.row_lines(table):
                pass
        return reading.end()

    def batches(self) -> Iterator[tuple[Table, Batch]]:
        """All rows, some at a time; what was said of `check` is found at the end at the latest."""
        reading = _Reading(self._lines())
        reading.head()
        for table in self.schema.tables:
            reading.begin(table)
            decoder, batch, size = row_decoder(table), [], 0
            for line in reading.row_lines(table):
                batch.append(_decode(decoder, line))
                size += len(line)
                if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
                    yield table, batch
                    batch, size = [], 0
            if batch:
                yield table, batch
        reading.end()

    def _read_head(self) -> Head:
        return _Reading(self._lines()).head()

    def _lines(self) -> Iterator[bytes]:
        self._file.seek(0, 2)
        size = self._file.tell()
        self._file.seek(0)
        return _lines(self._file, bytes_max=size * EXPANSION_MAX)


class _Reading:
    """The lines in the order in which they have to come."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._next = b""
        self._digest = sha256()
        self._tables: list[Counted] = []

    def head(self) -> Head:
        try:
            head = msgspec.json.decode(self._take(), type=Head)
        except msgspec.DecodeError:
            raise _not_ours() from None
        if head.format != FORMAT:
            raise _not_ours()
        if head.version != VERSION:
            raise StartupError(
                f"This backup has a form that this release does not know ({head.version}). Restore it with a newer one."
            )
        return head

    def begin(self, table: Table) -> None:
        if _decode(msgspec.json.Decoder(Began), self._take()) != began(table):
            raise _damaged()

    def row_lines(self, table: Table) -> Iterator[bytes]:
        count, digest = 0, sha256()
        while self._look().startswith(_ROW):
            line = self._take()
            digest.update(line)
            count += 1
            yield line
        self._tables.append(Counted(table.name, count, digest.hexdigest()))

    def end(self) -> Sum:
        found = Sum(tuple(self._tables), self._digest.hexdigest())
        said = _decode(msgspec.json.Decoder(Sum), self._take())
        if said != found or self._look():
            raise _damaged()
        return said

    def _look(self) -> bytes:
        """The line that comes next; nothing at the end."""
        self._next = self._next or next(self._lines, b"")
        return self._next

    def _take(self) -> bytes:
        line, self._next = self._look(), b""
        self._digest.update(line)
        return line


def _decode(decoder: msgspec.json.Decoder[T], line: bytes) -> T:
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise _damaged() from None


def _lines(file: BinaryIO, *, bytes_max: int) -> Iterator[bytes]:
    """Each with its end."""
    pending, looked, total = bytearray(), 0, 0
    for piece in _inflated(file):
        total += len(piece)
        pending += piece
        while (end := pending.find(b"\n", looked)) >= 0:
            yield bytes(pending[: end + 1])
            del pending[: end + 1]
            looked = 0
        looked = len(pending)
        if looked > LINE_BYTES_MAX or total > max(bytes_max, PIECE_BYTES):
            raise StartupError("This file is not restored: it unpacks to more than any backup does.")
    if pending:
        raise _damaged()


def _inflated(file: BinaryIO) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits=_GZIP)
    while not inflater.eof:
        packed = file.read(PIECE_BYTES)
        if not packed:
            raise _damaged()
        while packed and not inflater.eof:
            try:
                yield inflater.decompress(packed, PIECE_BYTES)
            except zlib.error:
                raise _damaged() if file.tell() > PIECE_BYTES else _not_ours() from None
            packed = inflater.unconsumed_tail
    if inflater.unused_data or file.read(1):
        raise _damaged()


def _damaged() -> StartupError:
    return StartupError("This backup is damaged: it was cut off or changed. Nothing was restored.")


def _not_ours() -> StartupError:
    return StartupError("This file is no backup of Cratesync, or damaged. Nothing was restored.")
