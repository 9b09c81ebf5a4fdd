"""The one connection that writes to a SQLite file: writers take turns, and those that wait for each other share a commit.

A commit writes every page of the file that has changed, however little of it; a page of a user's records touches the same
ones that the last user's did. So whoever comes while others work joins their transaction, by a savepoint of its own, and
hears that it is committed together with them. Alone, a writer commits at once.
"""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as DatabaseBusyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cratesync.server.store.inline_sqlite import commit, run
from cratesync.server.store.sqlite_checkpoints import Checkpoints
from cratesync.server.uninterrupted import uninterrupted

SHARED_MAX = 16
SHARED_SECONDS_MAX = 0.02
LOCK_LOOK_SECONDS = 0.02


class SqliteWriter:
    """Lets writers in one at a time, in the order in which they came."""

    def __init__(self, engine: AsyncEngine, checkpoints: Checkpoints, *, wait_seconds: float) -> None:
        self._engine = engine
        self._checkpoints = checkpoints
        self._wait_seconds = wait_seconds
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._taken = False
        self._connection: AsyncConnection | None = None
        self._sharing: list[asyncio.Future[None]] = []
        self._shared_since = 0.0

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One writer's part of a transaction: committed when this ends, or undone by any exception, cancellation included.

        Raises `sqlalchemy.exc.TimeoutError` where its turn does not come in time.
        """
        await self._take_turn()
        committed = asyncio.get_running_loop().create_future()
        try:
            connection = await self._begun()
            run(connection, "SAVEPOINT writer")
            try:
                yield connection
                run(connection, "RELEASE writer")
            except BaseException:
                await self._undo(connection)
                raise
            if not self._sharing:
                self._shared_since = time.monotonic()
            self._sharing.append(committed)
        finally:
            await self._pass_on()
        await committed

    async def close(self) -> None:
        """Nobody writes any more."""
        try:
            await self._checkpoints.close()
        finally:
            connection, self._connection = self._connection, None
            if connection is not None:
                await connection.close()

    async def _take_turn(self) -> None:
        if not self._taken:
            self._taken = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._wait_seconds):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                # It came at the very moment at which nobody waited for it any more.
                await self._pass_on()
            elif turn in self._waiting:
                self._waiting.remove(turn)
            if isinstance(error, TimeoutError):
                raise DatabaseBusyError("The database is busy; its turn did not come in time.") from None
            raise

    async def _pass_on(self) -> None:
        """The next one's turn. Whoever is the last, or one too many, or comes when the first has waited long enough, commits
        for all."""
        enough = (
            len(self._sharing) >= SHARED_MAX or time.monotonic() - self._shared_since > SHARED_SECONDS_MAX
        )
        if enough or not self._waits():
            await uninterrupted(self._commit_and_pass_on())
        else:
            self._give_turn()

    async def _commit_and_pass_on(self) -> None:
        await self._commit()
        self._give_turn()

    def _give_turn(self) -> None:
        if self._waits():
            self._waiting.popleft().set_result(None)
        else:
            self._taken = False

    def _waits(self) -> bool:
        """Whether anybody waits; whoever was cancelled does not."""
        while self._waiting and self._waiting[0].done():
            _ = self._waiting.popleft()
        return bool(self._waiting)

    async def _begun(self) -> AsyncConnection:
        """The transaction that is shared. Awaits the end of another process' write: the driver itself would hold up
        everything while it waits."""
        if self._connection is None:
            self._connection = await self._engine.connect()
        deadline = time.monotonic() + self._wait_seconds
        while not self._connection.in_transaction():
            try:
                _ = await self._connection.begin()
            except OperationalError as error:
                if not _is_locked(error) or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(LOCK_LOOK_SECONDS)
        return self._connection

    async def _undo(self, connection: AsyncConnection) -> None:
        """Take back what one writer did. After a full disk and its like SQLite has taken back everything by itself."""
        try:
            run(connection, "ROLLBACK TO writer")
            run(connection, "RELEASE writer")
        except SQLAlchemyError as error:
            await self._lose(error)

    async def _commit(self) -> None:
        connection = self._connection
        if connection is None or not connection.in_transaction():
            return
        try:
            await commit(connection)
            await connection.commit()
        except SQLAlchemyError as error:
            await self._lose(error)
        else:
            self._checkpoints.committed()
        for committed in self._shared():
            if not committed.done():
                committed.set_result(None)

    async def _lose(self, error: Exception) -> None:
        """The transaction is gone, and each of those who share it hears why. The connection goes with it."""
        for committed in self._shared():
            if not committed.done():
                committed.set_exception(error)
                committed.exception()  # whoever was cancelled meanwhile does not ask
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError, sqlite3.Error):
                await connection.invalidate()
                await connection.close()

    def _shared(self) -> list[asyncio.Future[None]]:
        sharing, self._sharing = self._sharing, []
        return sharing


def _is_locked(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
