"""Saving: everything that is in a database, as it was at one moment, while others write."""

from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cratesync import __version__
from cratesync.server.backup.form import FORMAT, VERSION, Head, Sum
from cratesync.server.backup.schema import UnknownRevisionError, revision_of, schema_of
from cratesync.server.backup.writing import new_file, write
from cratesync.server.clock import SystemClock
from cratesync.server.faults import StartupError
from cratesync.server.secret_keys import SecretKeyFile, SecretKeys, spell_secret_keys
from cratesync.server.settings import Settings
from cratesync.server.store.database import Database
from cratesync.server.store.migration import cannot_be_used, made_by_a_newer_release


async def save(settings: Settings, file: Path, *, with_keys: bool) -> Sum:
    """Make a backup of the settings' database, of whatever revision that is. Raises `StartupError`."""
    keys = settings.secret_keys or SecretKeyFile(settings.data_dir).read()
    if with_keys and keys is None:
        raise StartupError(f"There are no secret keys yet in {settings.data_dir}.")
    url = settings.database_url
    if url.get_backend_name() == "sqlite" and not _is_there(Path(url.database or "")):
        raise StartupError(f"There is no database {url.database} yet.")
    database = Database(url, schema=settings.database_schema)
    try:
        async with database.read() as connection:
            return await connection.run_sync(_save, settings, file, keys, with_keys=with_keys)
    except (OSError, SQLAlchemyError) as error:
        raise cannot_be_used(url, error) from error
    finally:
        await database.close()


def _save(
    connection: Connection, settings: Settings, file: Path, keys: SecretKeys | None, *, with_keys: bool
) -> Sum:
    revision = revision_of(connection)
    if revision is None:
        raise StartupError("There is nothing in the database yet.")
    try:
        schema = schema_of(revision)
    except UnknownRevisionError:
        raise made_by_a_newer_release(settings.database_url) from None
    head = Head(
        format=FORMAT,
        version=VERSION,
        revision=revision,
        made_at=SystemClock().now(),
        made_by=__version__,
        key_ids=() if keys is None else tuple(key.id for key in keys.all),
        keys=spell_secret_keys(keys) if with_keys and keys is not None else None,
    )
    with new_file(file) as opened:
        return write(opened, head, schema, connection)


def _is_there(path: Path) -> bool:
    return path.exists()
