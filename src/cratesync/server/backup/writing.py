"""Writing a backup: from one snapshot of a database into a file, a few rows at a time."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from gzip import GzipFile
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec
from sqlalchemy import Connection, Table, select

from cratesync.server.backup.form import LINE_BYTES_MAX, Began, Counted, Head, Sum
from cratesync.server.backup.schema import Row, Schema, began
from cratesync.server.faults import StartupError

ROWS_AT_ONCE = 100
COMPRESSION = 6


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that only its owner can read, and that has its name when it is whole. Raises `StartupError`."""
    if path.exists():
        raise StartupError(f"There is a file {path} already. Choose another name.")
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mkstemp makes it 0600
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise StartupError(f"The file {path} cannot be written: {error.strerror}.") from None


def write(file: BinaryIO, head: Head, schema: Schema, connection: Connection) -> Sum:
    """Everything that this transaction sees. Raises `StartupError`."""
    lines = _Lines(file)
    lines.add(head)
    counted = [_write_table(lines, table, connection) for table in schema.tables]
    total = Sum(tuple(counted), lines.digest())
    lines.add(total)
    lines.end()
    return total


class _Lines:
    def __init__(self, file: BinaryIO) -> None:
        self._gzip = GzipFile(filename="", mode="wb", compresslevel=COMPRESSION, fileobj=file, mtime=0)
        self._digest = sha256()
        self._encoder = msgspec.json.Encoder()

    def add(self, said: Head | Began | Sum) -> None:
        self._write(self._encoder.encode(said) + b"\n")

    def add_rows(self, rows: Iterable[Row]) -> bytes:
        lines = [self._encoder.encode(row) for row in rows]
        if max(map(len, lines)) >= LINE_BYTES_MAX:
            raise StartupError(f"A row of more than {LINE_BYTES_MAX >> 20} MiB cannot be backed up.")
        written = b"\n".join(lines) + b"\n"
        self._write(written)
        return written

    def digest(self) -> str:
        return self._digest.hexdigest()

    def end(self) -> None:
        self._gzip.close()

    def _write(self, lines: bytes) -> None:
        self._digest.update(lines)
        self._gzip.write(lines)


def _write_table(lines: _Lines, table: Table, connection: Connection) -> Counted:
    lines.add(began(table))
    count, digest = 0, sha256()
    # By key, so that a table's digest tells whether two databases hold the same.
    everything = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=ROWS_AT_ONCE)
    for rows in connection.execute(everything).partitions():
        digest.update(lines.add_rows(map(tuple, rows)))
        count += len(rows)
    return Counted(began(table).table, count, digest.hexdigest())
