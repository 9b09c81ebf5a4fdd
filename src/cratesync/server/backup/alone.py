"""A database with nobody else in it, for a restore: a server that ran on it would go on with what is no longer there."""

import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Connection, event, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from cratesync.server.backup.schema import revision_of
from cratesync.server.faults import StartupError
from cratesync.server.store.address import application_name, server_settings
from cratesync.server.store.migration import hold
from cratesync.server.store.tables import discogs_sync

BUSY_MILLISECONDS_MAX = 500
LOCK_MILLISECONDS_MAX = 10_000  # long enough for PostgreSQL to send its own cleaning away
_PRIMARY = 0xFF  # https://www.sqlite.org/rescode.html#primary_result_codes_versus_extended_result_codes


@asynccontextmanager
async def alone(url: URL, schema: str | None) -> AsyncIterator[AsyncConnection]:
    """One transaction, in which nobody else reads or writes. Raises `StartupError` where a server runs on this database."""
    engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url, schema)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(hold, schema)
            if connection.dialect.name == "postgresql":
                await connection.run_sync(_look_for_others, schema)
            yield connection
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & _PRIMARY != sqlite3.SQLITE_BUSY:
            raise
        raise _in_use() from None
    finally:
        await engine.dispose()


def _in_use() -> StartupError:
    return StartupError(
        "The database is in use. Stop the servers and other programs on it, and restore then."
    )


def _sqlite(url: URL) -> AsyncEngine:
    """A connection of WAL mode holds a lock on the file as long as it is open, even where it is idle, so the file leaves that
    mode only where there is no other (https://www.sqlite.org/wal.html). Outside of it, EXCLUSIVE keeps readers out too.

    Foreign keys are looked at when all is there; a table that is copied to be altered must not delete what refers to it.
    """
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)

    def open_connection(connection: object, _entry: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]  # the driver's own, which has no type here

    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS_MAX}")
        connection.exec_driver_sql("PRAGMA journal_mode = DELETE")
        connection.exec_driver_sql("BEGIN EXCLUSIVE")

    event.listen(engine.sync_engine, "connect", open_connection)
    event.listen(engine.sync_engine, "begin", begin_transaction)
    return engine


def _postgresql(url: URL, schema: str | None) -> AsyncEngine:
    settings = server_settings(schema) | {"lock_timeout": str(LOCK_MILLISECONDS_MAX)}
    return create_async_engine(
        url, poolclass=NullPool, hide_parameters=True, connect_args={"server_settings": settings}
    )


def _look_for_others(connection: Connection, schema: str | None) -> None:
    """A server's sessions bear our name; where another role's are hidden from us, its clients' seats still tell of it."""
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND application_name = :name"
    )
    if connection.execute(others, {"name": application_name(schema)}).scalar_one():
        raise _in_use()
    if revision_of(connection) is not None:
        alive = discogs_sync.c.fetcher_alive_until_steady > time.time()
        if connection.execute(select(discogs_sync.c.user_id).where(alive).limit(1)).first():
            raise _in_use()
