"""What stands in a database after a benchmark."""

from sqlalchemy import func, select
from sqlalchemy.engine import URL

from cratesync.server.store.database import Database
from cratesync.server.store.tables import items


async def count_items(url: URL) -> int:
    """How many items, of everybody."""
    database = Database(url)
    try:
        async with database.read() as connection:
            return int((await connection.execute(select(func.count()).select_from(items))).scalar_one())
    finally:
        await database.close()
