"""Restoring: everything that a backup holds, into either database, whole or not at all."""

from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from alembic import command
from msgspec import Struct
from sqlalchemy import Connection, Table, insert, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from cratesync.server.backup.afresh import COUNTED, COUNTED_ON, Sealed, begin_afresh, sealed_by_others
from cratesync.server.backup.alone import alone
from cratesync.server.backup.form import Head, Sum
from cratesync.server.backup.key_plan import KeyPlan, plan_keys
from cratesync.server.backup.reading import Backup
from cratesync.server.backup.schema import Row, Schema, UnknownRevisionError, revision_of, schema_of
from cratesync.server.faults import StartupError
from cratesync.server.settings import Settings
from cratesync.server.store.migration import (
    VERSION_TABLE,
    alembic_config,
    cannot_be_used,
    made_by_a_newer_release,
    make_file,
)
from cratesync.server.store.search import RELEASE_WORDS


class Restored(Struct, frozen=True):
    """What was restored, and what our keys do not open of it."""

    head: Head
    sum: Sum
    keys: KeyPlan
    sealed: Sealed


async def restore(settings: Settings, file: BinaryIO, *, replace: bool, now: datetime) -> Restored:
    """Put everything into the settings' database, in one transaction, and bring it up to date.

    Raises `StartupError`, and nothing has happened then.
    """
    backup = Backup(file)
    total = backup.check()
    keys = plan_keys(settings, backup.head)
    sealed = await _restore(settings, backup, keys, replace=replace, now=now)
    return Restored(backup.head, total, keys, sealed)


async def _restore(
    settings: Settings, backup: Backup, keys: KeyPlan, *, replace: bool, now: datetime
) -> Sealed:
    url = settings.database_url
    if url.get_backend_name() == "sqlite" and url.database:
        make_file(Path(url.database))
    try:
        async with alone(url, settings.database_schema) as connection:
            await connection.run_sync(_make_room, url, backup.schema, replace=replace)
            for table, rows in backup.batches():
                await connection.execute(insert(table), _counted_on(table, rows))
            await connection.run_sync(_bring_up_to_date)
            await begin_afresh(connection, now=now)
            sealed = await connection.run_sync(sealed_by_others, keys.known)
            keys.carry_out()
    except (OSError, SQLAlchemyError) as error:
        raise cannot_be_used(url, error) from error
    except OverflowError:
        raise StartupError(
            "This backup holds numbers that no database takes. Nothing was restored."
        ) from None
    return sealed


def _make_room(connection: Connection, url: URL, schema: Schema, *, replace: bool) -> None:
    """The tables of the backup's revision, empty. Raises `StartupError` where there are accounts that are not to be replaced."""
    revision = revision_of(connection)
    if revision is not None:
        try:
            before = schema_of(revision)
        except UnknownRevisionError:
            raise made_by_a_newer_release(url) from None
        if not replace and _has_users(connection, before):
            raise StartupError(
                "There are accounts in this database. With --replace they are deleted, with everything of theirs."
            )
        connection.execute(text(f"DROP TABLE IF EXISTS {RELEASE_WORDS}"))
        for table in reversed(before.tables):
            table.drop(connection)
        connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    command.upgrade(alembic_config(connection), schema.revision)


def _has_users(connection: Connection, schema: Schema) -> bool:
    users = next(table for table in schema.tables if table.name == "users")
    return connection.execute(select(users.c.id).limit(1)).first() is not None


def _counted_on(table: Table, rows: list[Row]) -> list[dict[str, object]]:
    names = table.columns.keys()
    counted = [name for name in names if (table.name, name) in COUNTED]
    values = [dict(zip(names, row, strict=True)) for row in rows]
    for value in values:
        for name in counted:
            number = value[name]
            if isinstance(number, int):
                value[name] = number + COUNTED_ON
    return values


def _bring_up_to_date(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "head")
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise StartupError("This backup refers to rows that are not in it. Nothing was restored.")
