"""The tables as they were at any revision, told by the migrations themselves.

A backup of an older revision is restored into that revision's tables, which stand nowhere in the code any more. So the
migrations are run on a database in memory, and what they made is looked at. A table that is added later is there by itself.
"""

from datetime import datetime
from functools import cache
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from alembic import command
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from msgspec import Meta
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    create_engine,
)
from sqlalchemy.types import TypeEngine

from cratesync.server.backup.form import Began
from cratesync.server.store.columns import Instant
from cratesync.server.store.migration import VERSION_TABLE, alembic_config
from cratesync.server.store.search import RELEASE_WORDS

Row: TypeAlias = tuple[object, ...]

_Small = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
_Big = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
_Moment = Annotated[datetime, Meta(tz=True)]

_Stored: TypeAlias = type[TypeEngine[Any]]  # each type holds something else

# By what SQLite calls the type that a migration named: how both databases take it, and how it is read from a backup.
_TYPES: dict[str, tuple[_Stored, object]] = {
    "CHAR": (Uuid, UUID),
    "TEXT": (Text, str),
    "DATETIME": (Instant, _Moment),
    "BLOB": (LargeBinary, bytes),
    "BOOLEAN": (Boolean, bool),
    "INTEGER": (Integer, _Small),
    "BIGINT": (BigInteger, _Big),
    "FLOAT": (Float, float),
}


class UnknownRevisionError(Exception):
    """No migration of this release is called so: a newer release made it."""


class Schema:
    """The tables of one revision, each after those that it refers to."""

    def __init__(self, revision: str) -> None:
        """Raises `UnknownRevisionError`."""
        self.revision = revision
        with create_engine("sqlite://").begin() as connection:
            config = alembic_config(connection)
            # One of its names, and not what Alembic would take for one, such as "head" or the beginning of another.
            if revision not in {
                script.revision for script in ScriptDirectory.from_config(config).walk_revisions()
            }:
                raise UnknownRevisionError(revision)
            command.upgrade(config, revision)
            made = MetaData()
            made.reflect(connection, only=_is_of_rows)
        ours = MetaData()
        self.tables = tuple(_portable(table, ours) for table in made.sorted_tables)


@cache
def schema_of(revision: str) -> Schema:
    """What the migrations make, looked at once. Raises `UnknownRevisionError`."""
    return Schema(revision)


def revision_of(connection: Connection) -> str | None:
    """Which revision a database is of; nothing where it has no tables of ours."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def began(table: Table) -> Began:
    """What stands before its rows. (SQLAlchemy's names are strings with more to them.)"""
    return Began("".join(table.name), tuple("".join(column.name) for column in table.columns))


def row_decoder(table: Table) -> msgspec.json.Decoder[Row]:
    """Reads a row of this table, each value checked against its column."""
    kinds = [_read_as(column) for column in table.columns]
    return msgspec.json.Decoder(tuple.__class_getitem__(tuple(kinds)))


def _is_of_rows(name: str, _metadata: MetaData) -> bool:
    """The index of words is made anew from the contents (see search.py), and which revision it is stands in the file's head."""
    return name != VERSION_TABLE and not name.startswith(RELEASE_WORDS)


def _portable(made: Table, ours: MetaData) -> Table:
    columns: list[Column[object]] = []
    for column in made.columns:
        stored, _ = _TYPES[type(column.type).__name__]
        columns.append(
            Column(column.name, stored(), primary_key=column.primary_key, nullable=bool(column.nullable))
        )
    return Table(made.name, ours, *columns)


def _read_as(column: Column[object]) -> object:
    kind = next(read for portable, read in _TYPES.values() if type(column.type) is portable)
    return kind | None if column.nullable else kind  # type: ignore[operator]  # types, and Annotated ones among them
