"""The driver's own connection behind SQLAlchemy's, on PostgreSQL."""

from collections.abc import Sequence
from typing import Any, Protocol, cast

from sqlalchemy.ext.asyncio import AsyncConnection


class AsyncpgConnection(Protocol):
    """asyncpg's connection, which comes without types; as much of it as is used
    (https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.connection.Connection)."""

    def is_in_transaction(self) -> bool:
        """Whether one has begun."""

    async def execute(self, query: str, *values: object) -> object:
        """Run a statement."""

    async def fetch(self, query: str, *values: object) -> Sequence[Sequence[Any]]:
        """Run a statement; the rows that it gives."""


async def driver_of(connection: AsyncConnection) -> AsyncpgConnection:
    """The driver's connection, within the transaction: SQLAlchemy begins one only before its own first statement."""
    driver = cast("AsyncpgConnection", (await connection.get_raw_connection()).driver_connection)
    if not driver.is_in_transaction():
        await connection.exec_driver_sql("SELECT 1")
    return driver
