"""From every version that there ever was, with a row in each of its tables, to this one: no row is lost, and each can be read."""

import json
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import (
    CHAR,
    Boolean,
    Connection,
    DateTime,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Uuid,
    create_engine,
    func,
    insert,
    select,
    text,
)

from cratesync.engine.schedule import Off
from cratesync.engine.tasks import Identity
from cratesync.server.store import search
from cratesync.server.store.database import Database
from cratesync.server.store.migration import VERSION_TABLE, alembic_config
from cratesync.server.store.tables import metadata
from integration.server.test_migrations import FIRST_PLAN, make_version

AT = datetime(2030, 1, 1, 12, tzinfo=UTC)
ID = UUID(int=7)
# Columns of text that hold JSON, as it was first written; what has a default there was left out.
TEXTS = {
    "pace": "{}",
    "learned": "{}",
    "plan": json.dumps(FIRST_PLAN),
    "summary": None,
    "task": msgspec.json.encode(Identity()).decode(),
    "schedule": msgspec.json.encode(Off()).decode(),
    "headers": "{}",
    "response_headers": "{}",
    "before": None,
    "after": None,
    "record_keys": "[1, 2]",
    "notes": "[]",
    "kind": "collection",
    "sync_type": "collection",
    "status": "completed",
    "date_added": "2017-06-01T17:00:00-07:00",
}
SAID_SINCE_0002 = {"provider": "Discogs", "page_size": 100, "looks_up": True, "by_cursor": False}
LISTS = frozenset(
    {"scopes", "events", "fields", "artists", "labels", "formats", "genres", "styles", "options"}
)


def versions() -> list[str]:
    with create_engine("sqlite://").connect() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
        return sorted(revision.revision for revision in script.walk_revisions())


def tables_of(connection: Connection) -> list[Table]:
    """As they are, without what a database or a migration keeps for itself."""
    found = MetaData()
    found.reflect(connection)
    return [
        table
        for table in found.sorted_tables
        if table.name != VERSION_TABLE and not table.name.startswith(search.RELEASE_WORDS)
    ]


def fill(connection: Connection, version: str) -> dict[str, int]:
    """One row in every table: how many rows each has."""
    texts = TEXTS | ({} if version == "0001" else {"plan": json.dumps(FIRST_PLAN | SAID_SINCE_0002)})
    sqlite = connection.dialect.name == "sqlite"
    tables = tables_of(connection)
    for table in tables:
        connection.execute(
            insert(table).values({column: value_of(column, texts, sqlite=sqlite) for column in table.columns})
        )
    return dict.fromkeys((table.name for table in tables), 1)


def value_of(column, texts, *, sqlite):
    if column.name in LISTS:
        return "[]"
    if column.name in texts:
        return texts[column.name]
    if isinstance(column.type, Uuid):
        return ID
    if sqlite and isinstance(column.type, CHAR):  # a UUID, there
        return ID.hex
    if isinstance(column.type, DateTime):
        return AT.replace(tzinfo=None) if sqlite else AT
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, LargeBinary):
        return b"digest"
    if isinstance(column.type, Numeric) or column.type.python_type in (int, float):
        return 1
    return f"{column.name} of {column.table.name}"


@pytest.mark.parametrize("version", versions())
async def test_a_full_database_of_any_version_is_brought_up_to_date(empty_database_url, version):
    engine = await make_version(version, empty_database_url)
    async with engine.begin() as connection:
        before = await connection.run_sync(fill, version)
    await engine.dispose()
    database = Database(empty_database_url)
    await database.migrate()

    async with database.read() as connection:
        for name in before:
            table = metadata.tables[name]
            assert (await connection.execute(select(func.count()).select_from(table))).scalar_one() == before[
                name
            ]
        for table in metadata.sorted_tables:
            _ = (await connection.execute(select(table))).all()  # every value is of its type
    await database.close()

    assert len(before) >= 15


@pytest.mark.parametrize("version", ["0003", "head"])
async def test_words_are_found_after_the_index_was_made_anew(empty_database_url, version):
    """In a script that the tokenizer of earlier versions does not know, too."""
    words = ("bjork", "\U0001e900\U0001e901")  # Adlam, since Unicode 9
    engine = await make_version(version, empty_database_url)
    async with engine.begin() as connection:
        await connection.run_sync(fill, "0003")
        statement = (
            "INSERT INTO release_words (rowid, digest, words) VALUES (7, :digest, :words)"
            if connection.dialect.name == "sqlite"
            else "INSERT INTO release_words (digest, words) "
            "VALUES (:digest, array_to_tsvector(string_to_array(:words, ' ')))"
        )
        await connection.execute(text(statement), {"digest": b"digest", "words": " ".join(words)})
    await engine.dispose()
    database = Database(empty_database_url)
    await database.migrate()

    async with database.read() as connection:
        for begun in (*words, "b", "bj", "bjo", "\U0001e900"):
            found = await connection.execute(search.matching(connection, [begun]))
            assert found.scalars().all() == [b"digest"], begun
    await database.close()
