"""Databases for tests: every test that asks for one runs on SQLite and on PostgreSQL, each time a fresh one."""

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from cratesync.server.clock import SystemClock
from cratesync.server.settings import Settings
from cratesync.server.store.database import Database
from cratesync.server.store.migration import migrate
from cratesync.server.store.tables import metadata
from postgres import create_database, drop_database, empty_database, running_postgres
from running_server import RunningServer, running_server

_numbers = itertools.count(1)


def _run(coroutine):
    """Run in a loop of its own, beside the loop of the test that asked first."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """One PostgreSQL server for this worker."""
    with running_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_database(postgres_server) -> Iterator[URL]:
    """A migrated database, emptied before each test: making one takes a quarter of a second."""
    name = f"cratesync_test_{os.getpid()}"
    url = _run(create_database(postgres_server, name))
    _run(migrate(url, None))
    yield url
    _run(drop_database(postgres_server, name))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    _run(migrate(sqlite_url(path), None))
    return path


def sqlite_url(path: Path) -> URL:
    return URL.create("sqlite+inline", database=str(path))


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_database_url(request, tmp_path) -> AsyncIterator[URL]:
    """A database without any table."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "empty.sqlite3")
        return
    server = request.getfixturevalue("postgres_server")
    name = f"empty_{os.getpid()}_{next(_numbers)}"
    yield await create_database(server, name)
    await drop_database(server, name)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request, tmp_path) -> AsyncIterator[URL]:
    """A migrated database without any row. A test that changes its tables takes `empty_database_url` instead."""
    if request.param == "sqlite":
        path = tmp_path / "cratesync.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield sqlite_url(path)
        return
    url = request.getfixturevalue("postgres_database")
    await empty_database(url, (table.name for table in reversed(metadata.sorted_tables)))
    yield url


@pytest.fixture
async def database(database_url) -> AsyncIterator[Database]:
    """The way to a migrated database without any row."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def settings(database_url, tmp_path) -> Settings:
    """Settings on defaults, with the test's own database and folder."""
    return Settings(data_dir=tmp_path, database_url=database_url)


@pytest.fixture
def clock() -> SystemClock:
    """The machine's clock; a test that moves time by hand overrides this with a HandClock."""
    return SystemClock()


@pytest.fixture
async def server(settings, clock) -> AsyncIterator[RunningServer]:
    """A real server on a migrated database without any row."""
    async with running_server(settings, clock) as running:
        yield running
