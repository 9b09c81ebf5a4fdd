"""The driver's own connection behind SQLAlchemy's, on PostgreSQL."""

from collections.abc import Sequence
from typing import Any, NoReturn, Protocol, cast

import asyncpg  # type: ignore[import-untyped]  # it brings no types
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncConnection

_FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
# As SQLAlchemy tells them apart; of the others it says no more either.
_KINDS = (
    (asyncpg.IntegrityConstraintViolationError, IntegrityError),
    (asyncpg.InterfaceError, InterfaceError),
    (OSError, OperationalError),
)


class AsyncpgConnection(Protocol):
    """asyncpg's connection, which comes without types; as much of it as is used
    (https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.connection.Connection)."""

    def is_closed(self) -> bool:
        """Whether it leads nowhere any more."""

    async def execute(self, query: str, *values: object) -> str:
        """Run a statement; what PostgreSQL says was done."""

    async def fetch(self, query: str, *values: object) -> Sequence[Sequence[Any]]:
        """Run a statement; the rows that it gives."""


class Driver:
    """The same, with SQLAlchemy's errors: whoever asks need not know which way a statement went."""

    __slots__ = ("_connection",)

    def __init__(self, connection: AsyncpgConnection) -> None:
        self._connection = connection

    @property
    def is_closed(self) -> bool:
        """Whether it leads nowhere any more."""
        return self._connection.is_closed()

    async def execute(self, query: str, *values: object) -> str:
        """Run a statement; what PostgreSQL says was done. Raises `DBAPIError`."""
        try:
            return await self._connection.execute(query, *values)
        except _FAULTS as error:
            self._fail(error)

    async def commit(self) -> None:
        """Commit. Raises `DBAPIError`; and `PendingRollbackError` where a statement had failed, and whoever ran it went on all the same:
        PostgreSQL then rolls back, and calls that no error."""
        if await self.execute("COMMIT") != "COMMIT":
            raise PendingRollbackError("The transaction had failed, and was rolled back.")

    async def fetch(self, query: str, *values: object) -> Sequence[Sequence[Any]]:
        """Run a statement; the rows that it gives. Raises `DBAPIError`."""
        try:
            return await self._connection.fetch(query, *values)
        except _FAULTS as error:
            self._fail(error)

    def _fail(self, error: Exception) -> NoReturn:
        lost = isinstance(error, OSError) or self.is_closed
        kind = next((kind for of, kind in _KINDS if isinstance(error, of)), DBAPIError)
        raise kind(None, None, error, hide_parameters=True, connection_invalidated=lost) from error


def driver_of(connection: AsyncConnection) -> Driver:
    """The driver's connection behind a connection that is open."""
    raw = connection.sync_connection
    if raw is None:
        raise TypeError("The connection is not open.")
    return Driver(cast("AsyncpgConnection", raw.connection.driver_connection))
