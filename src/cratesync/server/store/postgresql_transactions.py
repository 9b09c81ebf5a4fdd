"""Transactions on PostgreSQL, begun and ended on the driver's own connection.

SQLAlchemy's way of beginning and ending one costs more than a statement of the hot path does. Its own statements run within
the transaction all the same: to SQLAlchemy the connection is in autocommit, so it begins and ends nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cratesync.server.store.asyncpg_driver import Driver, driver_of
from cratesync.server.uninterrupted import uninterrupted

ROLLBACK_SECONDS_MAX = 5.0


class PostgresqlTransactions:
    """Transactions of one kind, as many at a time as the pool has connections. `begin` is the statement that begins one."""

    def __init__(self, engine: AsyncEngine, begin: str) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._begin = begin

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed when this ends, or rolled back by any exception, cancellation included."""
        connection = await self._living()
        try:
            driver = driver_of(connection)
            try:
                await driver.execute(self._begin)
                yield connection
                await driver.commit()
            except BaseException:
                await uninterrupted(_undo(connection, driver))
                raise
        finally:
            await uninterrupted(connection.close())

    async def _living(self) -> AsyncConnection:
        """A connection; those that the pool kept while the database was away are thrown away."""
        while True:
            connection = await self._engine.connect()
            if not driver_of(connection).is_closed:
                return connection
            await connection.invalidate()
            await connection.close()


async def _undo(connection: AsyncConnection, driver: Driver) -> None:
    """Roll back, in any case: whoever was cancelled while the transaction began cannot tell whether it did. A connection that cannot
    even do that, or not soon, is given up; the database rolls back what was begun on it."""
    if connection.invalidated:
        return
    try:
        async with asyncio.timeout(ROLLBACK_SECONDS_MAX):
            await driver.execute("ROLLBACK")
    except (DBAPIError, TimeoutError):
        await connection.invalidate()
