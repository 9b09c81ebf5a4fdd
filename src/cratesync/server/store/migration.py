"""Brings a database's tables up to date, by Alembic inside this process."""

import asyncio
from hashlib import sha256
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import event, text
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from cratesync.server.faults import StartupError
from cratesync.server.store.address import server_settings
from cratesync.server.store.search import RELEASE_WORDS

VERSION_TABLE = "cratesync_alembic_version"  # a host application's own Alembic may live in the same schema

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_MILLISECONDS_MAX = 60_000


async def migrate(url: URL, schema: str | None) -> None:
    """Upgrade to the newest revision, in one transaction that other processes wait for.

    Raises `StartupError` where the database is not reached or was made by a newer release.
    """
    if url.get_backend_name() == "sqlite" and url.database:
        await asyncio.to_thread(make_file, Path(url.database))
    engine = _engine(url, schema)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, schema)
    except CommandError:
        raise made_by_a_newer_release(url) from None
    except (OSError, SQLAlchemyError) as error:
        raise cannot_be_used(url, error) from error
    finally:
        await engine.dispose()


def cannot_be_used(url: URL, error: Exception) -> StartupError:
    """The database is not reached, or refuses."""
    return StartupError(f"The database {_name(url)} cannot be used: {_reason(error)}.")


def made_by_a_newer_release(url: URL) -> StartupError:
    """There are tables of which this release knows nothing."""
    return StartupError(
        f"The database {_name(url)} was made by a newer release of Cratesync. Start that release."
    )


def alembic_config(connection: Connection) -> Config:
    """Alembic's own settings: our folder of migrations, and the connection that env.py works on."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def is_in_the_metadata(name: str | None, kind: str, _parents: object) -> bool:
    """Alembic's `include_name`: the index of words, and what a database makes for it, is made by hand (see search.py)."""
    return kind != "table" or name is None or not name.startswith(RELEASE_WORDS)


def hold(connection: Connection, schema: str | None) -> None:
    """Let nobody else change tables until this transaction ends, and have a place for them. On SQLite nobody else can."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(schema)})
        if schema:
            connection.execute(
                text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
            )  # a checked name; see address.py


def _upgrade(connection: Connection, schema: str | None) -> None:
    hold(connection, schema)
    command.upgrade(alembic_config(connection), "head")


def _engine(url: URL, schema: str | None) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(
            url, poolclass=NullPool, connect_args={"server_settings": server_settings(schema)}
        )
    engine = create_async_engine(url, poolclass=NullPool)

    # Foreign keys stay off here: a table that is copied to be altered must not delete what refers to it
    # (https://www.sqlite.org/lang_altertable.html#otheralter).
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS_MAX}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def open_connection(connection: object, _entry: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]

    event.listen(engine.sync_engine, "connect", open_connection)
    event.listen(engine.sync_engine, "begin", begin_transaction)
    return engine


def make_file(path: Path) -> None:
    """An empty file that its owner alone can read, as SQLite then keeps it and makes the files beside it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise StartupError(f"The file {path} cannot be made: {error.strerror}.") from None


def _lock_key(schema: str | None) -> int:
    digest = sha256(f"cratesync migration {schema or ''}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def _name(url: URL) -> str:
    return (
        f"file {url.database}"
        if url.get_backend_name() == "sqlite"
        else f"at {url.host or 'the local socket'}"
    )


def _reason(error: Exception) -> str:
    cause = error.__cause__ or error
    return str(getattr(cause, "orig", None) or cause).splitlines()[0].rstrip(".")
