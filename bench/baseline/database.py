"""The engine: aiosqlite or asyncpg, and sessions that keep their objects after the commit."""

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "cache_size = -8192")


def sessions(address: str) -> async_sessionmaker[AsyncSession]:
    """Sessions on the database of that address."""
    url = make_url(address)
    engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
    return async_sessionmaker(engine, expire_on_commit=False)


def _postgresql(url: URL) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"), pool_size=10, max_overflow=0, pool_timeout=300
    )


def _sqlite(url: URL) -> AsyncEngine:
    """One connection, since there is one writer anyway: the others would only wait for the file's lock, by looking again and again."""
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"), pool_size=1, max_overflow=0, pool_timeout=300
    )

    # As https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-serializable has it.
    def open_connection(connection, _entry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begin(connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "connect", open_connection)
    event.listen(engine.sync_engine, "begin", begin)
    return engine
