"""SQLite without a thread in between: SQLAlchemy's asyncio API over the plain driver.

A statement on a local file takes microseconds to a few milliseconds; handing it to a thread and back costs more than that,
several times a statement, while both threads fight for one interpreter. So statements run where they are asked for. They are
never awaited, so a cancellation cannot cut one in half. docs/decisions/0002-sqlite-inline.md has the figures and the price.

A commit alone, which waits for the disk, runs in a thread beside the event loop.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import ConnectArgsType
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool
from sqlalchemy.util.concurrency import await_, in_greenlet

from cratesync.server.uninterrupted import uninterrupted

Parameters = Any  # the driver's own type for them has no public name


class InlineCursor(sqlite3.Cursor):
    """The driver's cursor, with what SQLAlchemy asks of one that it takes for asynchronous."""

    def execute(self, sql: str, parameters: Parameters = ()) -> "InlineCursor":
        """Run a statement."""
        _seem_to_await()
        super().execute(sql, parameters)
        return self

    def executemany(self, sql: str, parameters: Parameters) -> "InlineCursor":
        """Run a statement once for each set of parameters."""
        _seem_to_await()
        super().executemany(sql, parameters)
        return self

    async def _async_soft_close(self) -> None:
        """Rows are read when they are asked for; there is nothing to fetch before."""


class InlineConnection(sqlite3.Connection):
    """The driver's connection, with our cursor."""

    def cursor(self, factory: Any = InlineCursor) -> Any:  # noqa: ANN401 - the driver's own signature
        """A new cursor."""
        return super().cursor(factory)


class InlineSQLite(SQLiteDialect_pysqlite):
    """`sqlite+inline://`, an entry point of this package."""

    driver = "inline"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:  # noqa: ARG003 - the base names it
        """A pool whose waits are awaited."""
        return AsyncAdaptedQueuePool

    def create_connect_args(self, url: URL) -> ConnectArgsType:
        """As for the plain driver, with our connection."""
        arguments, options = super().create_connect_args(url)
        return arguments, {**options, "factory": InlineConnection, "check_same_thread": False}


def run(connection: AsyncConnection, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """A statement by the driver alone; the rows that it gives. Raises `DBAPIError`."""
    try:
        return _driver_of(connection).execute(sql, values).fetchall()
    except sqlite3.Error as error:
        raise _as_told(error) from error


def _driver_of(connection: AsyncConnection) -> sqlite3.Connection:
    """The driver's connection behind a connection that is open."""
    raw = connection.sync_connection
    driver = None if raw is None else raw.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("This connection leads to no open SQLite file.")
    return driver


def _as_told(error: sqlite3.Error) -> DBAPIError:
    """An error as SQLAlchemy tells it: whoever asks need not know which way a statement went."""
    told = DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True)
    return told if isinstance(told, DBAPIError) else DBAPIError(None, None, error, hide_parameters=True)


_committing_thread = ThreadPoolExecutor(1, "sqlite-commit")


async def commit(connection: AsyncConnection) -> None:
    """Commit; nobody else touches the connection meanwhile, and a cancellation waits for the end of it. Raises `DBAPIError`, also where
    SQLite has taken back the transaction by itself: the driver would commit nothing in silence."""
    driver = _driver_of(connection)
    try:
        if not driver.in_transaction:
            raise sqlite3.OperationalError("The transaction is gone.")
        await uninterrupted(_in_thread(driver.commit))
    except sqlite3.Error as error:
        raise _as_told(error) from error


async def _in_thread(work: Callable[[], None]) -> None:
    await asyncio.get_running_loop().run_in_executor(_committing_thread, work)


def _seem_to_await() -> None:
    """SQLAlchemy takes an asyncio statement that awaited nothing for a driver that blocks by mistake; ours means to."""
    if in_greenlet():
        await_(_nothing())


async def _nothing() -> None:
    """Done before it began: the event loop does not even turn."""
