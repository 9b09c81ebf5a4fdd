"""Databases of either kind to back up and to restore into."""

import itertools
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from conftest import sqlite_url
from cratesync.server.backup.restoring import Restored, restore
from cratesync.server.backup.saving import save
from cratesync.server.backup.schema import Row, revision_of, schema_of
from cratesync.server.settings import Settings
from postgres import create_database, drop_database

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
_numbers = itertools.count(1)


class Place:
    """A database, and a data folder with its keys."""

    def __init__(self, url: URL, folder: Path, schema: str | None = None) -> None:
        self.settings = Settings(data_dir=folder, database_url=url, database_schema=schema)
        self.url = url
        self.folder = folder

    async def save(self, name: str = "backup", *, with_keys: bool = False) -> Path:
        path = self.folder / name
        await save(self.settings, path, with_keys=with_keys)
        return path

    async def restore(self, path: Path, *, replace: bool = False) -> Restored:
        with path.open("rb") as file:
            return await restore(self.settings, file, replace=replace, now=NOW)

    async def rows(self) -> dict[str, list[Row]]:
        """Everything that is held, by table."""
        return await self.do(_everything)

    async def do(self, work, *arguments):
        """Something in a transaction of its own."""
        schema = self.settings.database_schema
        options = {"connect_args": {"server_settings": {"search_path": schema}}} if schema else {}
        engine = create_async_engine(self.url, poolclass=NullPool, **options)
        async with engine.begin() as connection:
            done = await connection.run_sync(work, *arguments)
        await engine.dispose()
        return done


def _everything(connection: Connection) -> dict[str, list[Row]]:
    revision = revision_of(connection)
    if revision is None:
        return {}
    return {
        table.name: list(map(tuple, connection.execute(select(table).order_by(*table.primary_key.columns))))
        for table in schema_of(revision).tables
    }


@pytest.fixture
async def new_place(tmp_path, request) -> AsyncIterator:
    """Makes places whose databases have no table yet."""
    made = []

    async def make(kind: str) -> Place:
        number = next(_numbers)
        folder = tmp_path / f"place-{number}"
        folder.mkdir()
        if kind == "sqlite":
            return Place(sqlite_url(folder / "cratesync.sqlite3"), folder)
        server, name = request.getfixturevalue("postgres_server"), f"backup_{os.getpid()}_{number}"
        made.append((server, name))
        return Place(await create_database(server, name), folder)

    yield make
    for server, name in made:
        await drop_database(server, name)


@pytest.fixture(params=["sqlite", "postgresql"])
async def place(request, new_place) -> Place:
    """One place, on each database."""
    return await new_place(request.param)
