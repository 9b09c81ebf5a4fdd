"""Rows for every table of any revision, with values that are easily lost on the way."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import NAMESPACE_OID, UUID, uuid5

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Table, insert, inspect, select, text

from cratesync.server.backup.schema import Row, schema_of
from cratesync.server.store.columns import Encoded, Instant
from cratesync.server.store.migration import alembic_config
from cratesync.server.store.search import RELEASE_WORDS
from cratesync.server.store.tables import contents, metadata

REVISIONS = tuple(
    sorted(script.revision for script in ScriptDirectory.from_config(alembic_config(None)).walk_revisions())
)
NEWEST = REVISIONS[-1]
ROWS = 3
OWNERS = {"user_id": "users", "sync_session_id": "discogs_collection_syncs", "webhook_id": "webhooks"}
ENCODED = {"plan": "{}"}
COUNTED = {
    "changes": ("seq",),
    "discogs_sync": ("change_seq", "revision"),
    "discogs_collection_syncs": ("first_change_seq",),
}
NOBODY = {"fetcher_reads_headers": False, "fetcher_in_flight_max": 1, "fetcher_rank": 0}
AWKWARD = 'Björk’s "1/2"\\ \t\n\u2028\U0001f3b5 [x] {y}'


def fill(connection: Connection, revision: str = NEWEST) -> None:
    """Make the tables of this revision, and rows in all of them."""
    command.upgrade(alembic_config(connection), revision)
    for table in schema_of(revision).tables:
        rows = [{column.name: value(table, column, n) for column in table.columns} for n in range(ROWS)]
        connection.execute(insert(table), rows)
    if inspect(connection).has_table(RELEASE_WORDS):
        _find_by_words(connection)


def _find_by_words(connection: Connection) -> None:
    on_sqlite = connection.dialect.name == "sqlite"
    for number, digest in enumerate(connection.execute(select(contents.c.digest)).scalars().all()):
        insert_words = (
            "INSERT INTO release_words (rowid, digest, words) VALUES (:number, :digest, 'words')"
            if on_sqlite
            else "INSERT INTO release_words (digest, words) VALUES (:digest, 'words')"
        )
        connection.execute(text(insert_words), {"number": number, "digest": digest})


def one(table: str, number: int) -> UUID:
    """The id of a row."""
    return uuid5(NAMESPACE_OID, f"{table} {number}")


def value(table: Table, column: Column, n: int) -> object:
    """What a row has in a column: nothing, where the first may have nothing."""
    name, kind = column.name, type(column.type)
    if column.nullable and n == 0:
        return None
    if kind is Instant:
        return datetime(2030, 1, 1, 23, 59, 59, 999_999 - n, tzinfo=UTC) + timedelta(days=n)
    match kind.__name__:
        case "Uuid":
            return one(OWNERS.get(name, table.name), n)
        case "LargeBinary":
            return sha256(f"{name.removeprefix('content_')} {n}".encode()).digest()
        case "BigInteger":
            return 2**53 + n
        case "Integer":
            return 2**31 - 1 - n
        case "Float":
            return 1e9 / 3 + n
        case "Boolean":
            return n == 1
    if table.name == "discogs_api_requests" and name == "status":
        return "sent" if n else "completed"
    if isinstance(metadata.tables[table.name].columns[name].type, Encoded):
        return ENCODED.get(name, "[]")
    return f"{AWKWARD} {name} {n}" if n else ""


def as_restored(rows: dict[str, list[Row]], *, now: datetime, times: int = 1) -> dict[str, list[Row]]:
    """What the same rows are after so many restores."""
    names = {table.name: [column.name for column in table.columns] for table in schema_of(NEWEST).tables}
    kept = {
        table: [_restored(table, dict(zip(names[table], row, strict=True)), now, times) for row in found]
        for table, found in rows.items()
    }
    return kept | {"sign_in_codes": []}


def _restored(table: str, row: dict[str, object], now: datetime, times: int) -> Row:
    for name in COUNTED.get(table, ()):
        if row[name] is not None:
            row[name] += times * 1_000_000_000
    if table == "discogs_sync":
        row |= {name: NOBODY.get(name) for name in row if name.startswith("fetcher_")}
    if table == "discogs_api_requests" and row["status"] == "sent":
        row |= {"status": "pending", "lease_until_steady": None, "connection_id": None, "updated_at": now}
    if table == "scan_pages":
        row["read_steady"] = 0.0
    return tuple(row.values())
