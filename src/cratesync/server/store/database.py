"""The way to the database: one writer at a time on SQLite, a pool on PostgreSQL.

SQLite: every write is `BEGIN IMMEDIATE` on the one writing connection (sqlite_writer.py), so that writers of this process queue in
order and never meet "database is locked" by upgrading a read (https://www.sqlite.org/lang_transaction.html).
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Literal, Protocol

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from cratesync.server.store.address import server_settings
from cratesync.server.store.migration import migrate
from cratesync.server.store.postgresql_transactions import PostgresqlTransactions
from cratesync.server.store.sqlite_checkpoints import LOG_PAGES_MAX, Checkpoints
from cratesync.server.store.sqlite_writer import SqliteWriter

Dialect = Literal["sqlite", "postgresql"]
Transactions = Callable[[], AbstractAsyncContextManager[AsyncConnection]]

WAIT_SECONDS_MAX = 30
READERS_MAX = 4
POOL_SIZE = 10
BUSY_MILLISECONDS_MAX = 20
# What a shared commit writes shall fit, or some of it is written twice.
WRITER_CACHE_KIBIBYTES = 32_768
READER_CACHE_KIBIBYTES = 8_192
WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED"
READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Database:
    """Transactions on SQLite or PostgreSQL. Nothing is opened before the first use."""

    def __init__(self, url: URL, *, schema: str | None = None) -> None:
        self._url = url
        self._schema = schema
        self.dialect: Dialect = "sqlite" if url.get_backend_name() == "sqlite" else "postgresql"
        self._sqlite_writer: SqliteWriter | None = None
        self._write: Transactions
        self._read: Transactions
        if self.dialect == "sqlite":
            self._writer = _sqlite_engine(url, connections=1, begin="BEGIN IMMEDIATE")
            self._reader = _sqlite_engine(url, connections=READERS_MAX, begin="BEGIN", query_only=True)
            self._sqlite_writer = SqliteWriter(
                self._writer, Checkpoints(url.database or ""), wait_seconds=WAIT_SECONDS_MAX
            )
            self._write, self._read = self._sqlite_writer.write, self._reader.begin
        else:
            self._writer = self._reader = _postgresql_engine(url, schema)
            self._write = PostgresqlTransactions(self._writer, WRITING).open
            self._read = PostgresqlTransactions(self._reader, READING).open

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end, rolled back by any exception, cancellation included.

        Waits for its turn for at most `WAIT_SECONDS_MAX` (then `sqlalchemy.exc.TimeoutError`) and retries nothing.
        """
        async with self._write() as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that cannot write, and in which every statement sees the same snapshot."""
        async with self._read() as connection:
            yield connection

    async def migrate(self) -> None:
        """Create the database's tables, or bring them up to date. Raises `StartupError`."""
        await migrate(self._url, self._schema)

    async def close(self) -> None:
        """Give every connection back to the system."""
        if self._sqlite_writer is not None:
            await self._sqlite_writer.close()
        await self._reader.dispose()
        await self._writer.dispose()


class _Cursor(Protocol):
    def execute(self, statement: str) -> object: ...

    def close(self) -> object: ...


class _SqliteConnection(Protocol):
    isolation_level: str | None

    def cursor(self) -> _Cursor: ...


def _sqlite_engine(url: URL, *, connections: int, begin: str, query_only: bool = False) -> AsyncEngine:
    engine = create_async_engine(
        url, pool_size=connections, max_overflow=0, pool_timeout=WAIT_SECONDS_MAX, hide_parameters=True
    )
    cache_kibibytes = READER_CACHE_KIBIBYTES if query_only else WRITER_CACHE_KIBIBYTES
    pragmas = (
        f"PRAGMA busy_timeout = {BUSY_MILLISECONDS_MAX}",
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = NORMAL",
        f"PRAGMA wal_autocheckpoint = {LOG_PAGES_MAX}",
        "PRAGMA foreign_keys = ON",
        # What a writer may still take back: in a file it would be written twice.
        "PRAGMA temp_store = MEMORY",
        f"PRAGMA cache_size = -{cache_kibibytes}",
        f"PRAGMA query_only = {'ON' if query_only else 'OFF'}",
    )

    def open_connection(connection: _SqliteConnection, _entry: ConnectionPoolEntry) -> None:
        # The driver would begin by itself, deferred and only before some statements: we say when, below.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", open_connection)
    event.listen(engine.sync_engine, "begin", begin_transaction)
    return engine


def _postgresql_engine(url: URL, schema: str | None) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS_MAX,
        hide_parameters=True,
        connect_args={"server_settings": server_settings(schema)},
    )
