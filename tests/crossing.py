"""Two who write at the same moment: one holds a transaction open until the other has to wait for it."""

import asyncio

from sqlalchemy import text

from cratesync.server.store.database import Database

SECONDS_MAX = 20
LOOK_SECONDS = 0.01


async def until_waiting(database: Database, task: "asyncio.Future[object]") -> None:
    """Until the task waits for somebody's transaction, or has ended without."""
    async with asyncio.timeout(SECONDS_MAX):
        while not task.done() and not await _somebody_waits(database):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(LOOK_SECONDS)


async def _somebody_waits(database: Database) -> bool:
    if database.dialect == "sqlite":  # whoever writes waits for the one writing connection
        assert database._sqlite_writer is not None
        return bool(database._sqlite_writer._waiting)
    async with database.read() as connection:
        waiting = await connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        return waiting.scalar_one() > 0
