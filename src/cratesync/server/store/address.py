"""Where the database is: URLs as people write them, and as the drivers need them."""

import re
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

FILE_NAME = "cratesync.sqlite3"

_SCHEMA_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
SQLITE_DRIVER = "sqlite+inline"

_SQLITE = frozenset({"sqlite", SQLITE_DRIVER})
_POSTGRESQL = frozenset({"postgresql", "postgres", "postgresql+asyncpg"})


def default_database_url(data_dir: Path) -> URL:
    """The SQLite file in the data folder."""
    return URL.create(SQLITE_DRIVER, database=str(data_dir / FILE_NAME))


def is_schema_name(text: str) -> bool:
    """Whether a schema of this name needs no quotes anywhere."""
    return _SCHEMA_NAME.fullmatch(text) is not None and not text.startswith("pg_")


def parse_database_url(text: str) -> URL:
    """Read a URL. Raises `ValueError` with the end of a sentence that repeats no password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("is not a database URL") from None
    if url.drivername in _SQLITE:
        return _sqlite(url)
    if url.drivername in _POSTGRESQL:
        return _postgresql(url)
    raise ValueError(f"must start with sqlite:/// or postgresql://, not {url.drivername}://")


def _sqlite(url: URL) -> URL:
    if not url.database or url.database == ":memory:" or url.host or url.query:
        raise ValueError("must name a file, such as sqlite:////var/lib/cratesync/cratesync.sqlite3")
    return URL.create(SQLITE_DRIVER, database=str(Path(url.database).expanduser().absolute()))


def _postgresql(url: URL) -> URL:
    if not url.database:
        raise ValueError("must name a database, such as postgresql://user@host/cratesync")
    mode = url.query.get("sslmode")  # libpq's name for what asyncpg calls ssl
    url = url.difference_update_query(["sslmode"]).set(drivername="postgresql+asyncpg")
    return url if mode is None else url.update_query_dict({"ssl": mode})


def server_settings(schema: str | None) -> dict[str, str]:
    """What every PostgreSQL session is told: who we are, and the schema of our tables."""
    return {"application_name": application_name(schema)} | ({"search_path": schema} if schema else {})


def application_name(schema: str | None) -> str:
    """By which a PostgreSQL server knows our sessions, apart from those of another installation in the same database."""
    return f"cratesync/{schema}" if schema else "cratesync"
