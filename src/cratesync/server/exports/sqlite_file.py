"""One SQLite file with everything, for Datasette and for SQL."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import RowMapping

from cratesync.server.exports import sqlite_rows, sqlite_tables
from cratesync.server.exports.columns import FIELDS_MAX, field_headings
from cratesync.server.exports.source import Batch, Surroundings
from cratesync.server.exports.sqlite_rows import PARTS, Values, instant

CACHE_KIBIBYTES = 8_192


class SqliteFile:
    """Releases once each, and records that refer to them.

    A folder or a field that is not known (any more) has a row without a name, so that every reference leads somewhere.
    """

    def __init__(self, path: Path, around: Surroundings, *, now: datetime) -> None:
        self._around = around
        self._is_collection = around.kind == "collection"
        self._known_folders = {folder.id for folder in around.folders}
        self._known_fields = {field.id for field in around.fields}
        # One thread at a time writes, not always the same one. What a crash leaves is thrown away, so there is no journal.
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.executescript(
            f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{CACHE_KIBIBYTES}; BEGIN;"
            + sqlite_tables.tables(around.kind)
        )
        self._insert("about", sqlite_rows.about(around, now))
        if self._is_collection:
            self._insert("folders", sqlite_rows.folders(around))
            self._insert("fields", sqlite_rows.fields(around))
            self._insert("value_history", sqlite_rows.value_history(around))

    def add(self, batch: Batch) -> None:
        """The records, and what their releases are."""
        self._insert_releases(batch)
        if not self._is_collection:
            self._insert("wants", map(sqlite_rows.want, batch))
            return
        used = {row["folder_id"] for row in batch} - {None}
        self._insert("folders", ((each, None, None, None) for each in used - self._known_folders))
        self._known_folders |= used
        noted = {note.field_id for row in batch for note in row["notes"]}
        self._insert("fields", ((each, *[None] * 7) for each in noted - self._known_fields))
        self._known_fields |= noted
        self._insert("items", map(sqlite_rows.item, batch))
        self._insert("notes", (values for row in batch for values in sqlite_rows.notes(row)))

    def finish(self) -> None:
        """Indexes, the search, and the view in which a record is one row."""
        if self._is_collection:
            shown = self._around.fields[:FIELDS_MAX]
            headings = dict(zip((field.id for field in shown), field_headings(shown), strict=True))
            self._connection.execute(sqlite_tables.collection_view(headings))
        else:
            self._connection.execute(sqlite_tables.wantlist_view())
        self._connection.execute("COMMIT")
        self._connection.executescript(sqlite_tables.indexes(self._around.kind))

    def close(self) -> None:
        """Give back what is open, wherever it was left."""
        self._connection.close()

    def _insert_releases(self, batch: Batch) -> None:
        """Each as it was seen last: copies of one release may have been read at different times."""
        newest: dict[int, RowMapping] = {}
        for row in batch:
            before = newest.get(row["release_id"])
            if before is None or row["updated_at"] > before["updated_at"]:
                newest[row["release_id"]] = row
        for release_id, seen_at in self._stored(newest):
            if seen_at >= str(instant(newest[release_id]["updated_at"])):
                del newest[release_id]
            else:
                self._forget(release_id)
        self._insert("releases", map(sqlite_rows.release, newest.values()))
        for table, parts in PARTS.items():
            self._insert(
                table,
                (
                    (release_id, place, *part)
                    for release_id, row in newest.items()
                    for place, part in enumerate(parts(row))
                ),
            )

    def _stored(self, release_ids: Iterable[int]) -> list[tuple[int, str]]:
        asked = tuple(release_ids)
        marks = ", ".join("?" * len(asked))
        query = f"SELECT release_id, updated_at FROM releases WHERE release_id IN ({marks})"  # noqa: S608 - marks alone
        return self._connection.execute(query, asked).fetchall()

    def _forget(self, release_id: int) -> None:
        for table in ("releases", *PARTS):
            self._connection.execute(f"DELETE FROM {table} WHERE release_id = ?", (release_id,))  # noqa: S608 - our own names

    def _insert(self, table: str, rows: Iterable[Values]) -> None:
        listed = list(rows)
        if listed:
            marks = ", ".join("?" * len(listed[0]))
            self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", listed)  # noqa: S608 - our own names
