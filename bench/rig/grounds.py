"""Databases to measure on: one that is prepared, and as many copies of it as there are rounds.

PostgreSQL runs as in production, with fsync and autovacuum, and with a share of the machine's memory; not as in the tests.
"""

import asyncio
import itertools
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

sys.path.append(str(Path(__file__).parents[2] / "tests"))

from sqlalchemy.engine import URL

from postgres import create_database, drop_database, running_postgres

POSTGRESQL_OPTIONS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "autovacuum": "on",
}


class Ground(Protocol):
    """One kind of database."""

    name: str
    prepared: URL

    def copy(self) -> URL:
        """A fresh copy of the prepared database."""

    def drop(self, url: URL) -> None:
        """Forget a copy."""

    @property
    def pid(self) -> int:
        """The database server's process; 0 where it is a part of ours."""


class SqliteGround:
    """Files of one folder."""

    name = "sqlite"
    pid = 0

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self.prepared = self._url(folder / "prepared.sqlite3")

    def copy(self) -> URL:
        path = self._folder / f"copy{next(self._numbers)}.sqlite3"
        assert self.prepared.database is not None
        shutil.copyfile(self.prepared.database, path)
        return self._url(path)

    def drop(self, url: URL) -> None:
        for end in ("", "-wal", "-shm"):
            Path(f"{url.database}{end}").unlink(missing_ok=True)

    def _url(self, path: Path) -> URL:
        return URL.create("sqlite+inline", database=str(path))


class PostgresqlGround:
    """Databases of one server."""

    name = "postgresql"

    def __init__(self, server: URL) -> None:
        self._server = server
        self._numbers = itertools.count(1)
        self.prepared = asyncio.run(create_database(server, "prepared"))

    @property
    def pid(self) -> int:
        folder = self._server.query.get("host")
        written = Path(str(folder)) / "data" / "postmaster.pid"
        return int(written.read_text().split()[0]) if written.exists() else 0

    def copy(self) -> URL:
        name = f"copy{next(self._numbers)}"
        asyncio.run(create_database(self._server, name, template="prepared"))
        return self._server.set(database=name)

    def drop(self, url: URL) -> None:
        assert url.database is not None
        asyncio.run(drop_database(self._server, url.database))


@contextmanager
def ground(name: str, folder: Path) -> Iterator[Ground]:
    """A place for databases of that kind, while it is needed."""
    if name == "sqlite":
        yield SqliteGround(folder)
        return
    with running_postgres(**POSTGRESQL_OPTIONS) as server:
        yield PostgresqlGround(server)
