"""The bell by PostgreSQL's LISTEN and NOTIFY: one connection of its own a node, beside the pool.

Notifications are sent after the commit that they tell of, many in one statement: docs/decisions/0014-the-bell-rings-after-the-commit.md.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Protocol

import asyncpg  # type: ignore[import-untyped]  # it brings no types
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine

from cratesync.server.bell.bell import BellLostError, Hear, Line
from cratesync.server.store.address import server_settings

# The server refuses 8,000 (https://www.postgresql.org/docs/current/sql-notify.html).
PAYLOAD_BYTES_MAX = 7_900
CONNECT_SECONDS_MAX = 5.0
STATEMENT_SECONDS_MAX = 5.0
CLOSE_SECONDS_MAX = 1.0

_LOST = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)  # a timeout is an OSError
_OF_SQLALCHEMY = frozenset(
    {"async_creator_fn", "prepared_statement_cache_size", "prepared_statement_name_func"}
)


class _Connection(Protocol):
    """What is needed of asyncpg's."""

    def add_termination_listener(self, callback: Callable[[object], None]) -> None: ...

    async def add_listener(
        self, channel: str, callback: Callable[[object, int, str, object], None]
    ) -> None: ...

    async def fetchval(self, query: str) -> str | None: ...

    async def execute(self, query: str, *args: object) -> str: ...

    async def close(self, *, timeout: float) -> None: ...  # noqa: ASYNC109 - its own name for it


class PostgresBell:
    """Opens connections to the database that the node works on."""

    def __init__(self, url: URL, schema: str | None) -> None:
        self._arguments = _arguments(url)
        self._server_settings = server_settings(schema) | {"application_name": "cratesync bell"}

    @property
    def payload_bytes_max(self) -> int:
        """How much one notification carries."""
        return PAYLOAD_BYTES_MAX

    async def connect(self, hear: Hear) -> Line:
        """Listen on the channel of the schema that our tables are in. Raises `BellLostError`."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                connection = await asyncpg.connect(
                    **self._arguments,
                    server_settings=self._server_settings,
                    command_timeout=STATEMENT_SECONDS_MAX,
                )
        except _LOST as error:
            raise BellLostError(type(error).__name__) from None
        line = _PostgresLine(connection)
        try:
            await line.open(hear)
        except BaseException as error:
            await line.close()
            if isinstance(error, _LOST):
                raise BellLostError(type(error).__name__) from None
            raise
        return line


class _PostgresLine:
    """A connection that listens."""

    def __init__(self, connection: "_Connection") -> None:
        self._connection = connection
        self._channel = ""
        self._ended = asyncio.Event()

    async def open(self, hear: Hear) -> None:
        self._connection.add_termination_listener(lambda _connection: self._ended.set())
        schema = await self._connection.fetchval("SELECT current_schema()")
        self._channel = _channel(schema or "")

        def heard(_connection: object, _pid: int, _channel: str, payload: object) -> None:
            hear(str(payload).encode())

        await self._connection.add_listener(self._channel, heard)

    async def ring(self, payloads: Sequence[bytes]) -> None:
        try:
            await self._connection.execute(
                "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload",
                self._channel,
                [payload.decode() for payload in payloads],
            )
        except _LOST as error:
            raise BellLostError(type(error).__name__) from None

    async def listen(self) -> None:
        await self._ended.wait()
        raise BellLostError("the server ended the connection")

    async def close(self) -> None:
        with contextlib.suppress(*_LOST):
            await self._connection.close(timeout=CLOSE_SECONDS_MAX)


def _channel(schema: str) -> str:
    """Two installations in one database do not hear each other; and a name has 63 bytes at most, as a schema's has."""
    return f"cratesync_bell_{blake2b(schema.encode(), digest_size=8).hexdigest()}"


def _arguments(url: URL) -> Mapping[str, object]:
    """What SQLAlchemy would hand to the driver."""
    engine = create_async_engine(url)  # opens nothing
    _, arguments = engine.dialect.create_connect_args(url)
    return {name: value for name, value in arguments.items() if name not in _OF_SQLALCHEMY}
