"""What was committed is moved from the log into the file, while others may go on."""

import asyncio
import shutil
import sqlite3
from contextlib import closing

import pytest
from structlog.testing import capture_logs

from cratesync.server.store.sqlite_checkpoints import COMMITS_BETWEEN, Checkpoints

SQLITE_WAITS_SECONDS = 5.0  # for a lock, where nobody says otherwise


@pytest.fixture
def file(tmp_path):
    """A file, and a connection by which nothing is ever moved."""
    with closing(sqlite3.connect(tmp_path / "file.sqlite3", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("CREATE TABLE numbers (number INTEGER)")
        yield tmp_path / "file.sqlite3", connection


def in_the_file_itself(path, copy):
    """As it would be without its log."""
    shutil.copyfile(path, copy)
    with closing(sqlite3.connect(copy)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchall():
            return None
        return [number for (number,) in connection.execute("SELECT number FROM numbers")]


async def test_a_few_commits_are_moved_together(file, tmp_path):
    path, connection = file
    checkpoints = Checkpoints(str(path))
    for number in range(COMMITS_BETWEEN):
        assert in_the_file_itself(path, tmp_path / "copy") is None
        connection.execute("INSERT INTO numbers VALUES (?)", (number,))
        checkpoints.committed()
    await checkpoints.close()

    assert in_the_file_itself(path, tmp_path / "copy") == list(range(COMMITS_BETWEEN))


async def test_a_reader_and_a_writer_keep_nobody_waiting(file):
    path, connection = file
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM numbers").fetchall()
        connection.execute("INSERT INTO numbers VALUES (1)")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO numbers VALUES (2)")
        checkpoints = Checkpoints(str(path))
        with capture_logs() as logs:
            for _ in range(COMMITS_BETWEEN):
                checkpoints.committed()
            async with asyncio.timeout(SQLITE_WAITS_SECONDS / 2):
                await checkpoints.close()
        connection.execute("COMMIT")

    assert logs == []
    assert connection.execute("SELECT number FROM numbers").fetchall() == [(1,), (2,)]


async def test_of_a_file_that_is_gone_no_new_one_is_made_and_it_is_logged(tmp_path):
    path = tmp_path / "gone.sqlite3"
    checkpoints = Checkpoints(str(path))
    with capture_logs() as logs:
        for _ in range(COMMITS_BETWEEN):
            checkpoints.committed()
        await checkpoints.close()

    assert [entry["event"] for entry in logs] == ["checkpoint_failed"]
    assert not path.exists()
