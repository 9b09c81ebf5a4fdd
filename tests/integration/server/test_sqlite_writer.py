"""Writers of a SQLite file: each has its turn, and those that wait for each other share a commit."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from conftest import sqlite_url
from cratesync.server.store import sqlite_writer
from cratesync.server.store.database import Database
from cratesync.server.store.tables import users

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """However slow the machine is: nobody waits too long for a commit that is shared."""
    monkeypatch.setattr(sqlite_writer, "SHARED_SECONDS_MAX", 60.0)


@pytest.fixture
async def file(sqlite_template, tmp_path):
    """A database in a file, and how often something was committed to it."""
    path = tmp_path / "cratesync.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    database = File(path)
    yield database
    await database.close()


class File(Database):
    """A database whose statements are listened to."""

    def __init__(self, path) -> None:
        super().__init__(sqlite_url(path))
        self.commits = 0

    async def listen(self) -> None:
        async with self.write() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            driver.set_trace_callback(self._heard)
        self.commits = 0

    def _heard(self, statement: str) -> None:
        self.commits += statement == "COMMIT"

    async def add(self, name: str, *, then: BaseException | None = None) -> None:
        async with self.write() as connection:
            row = {
                "id": uuid4(),
                "username": name,
                "username_key": name,
                "created_at": NOW,
                "updated_at": NOW,
            }
            await connection.execute(insert(users).values(row))
            await asyncio.sleep(0)
            if then is not None:
                raise then

    async def names(self) -> set[str]:
        async with self.read() as connection:
            return set((await connection.execute(select(users.c.username))).scalars())

    @asynccontextmanager
    async def busy(self):
        """Somebody writes all the while, so that the others wait; let go, they follow each other."""
        async with self.write():
            yield


def begun(*writers) -> list["asyncio.Task[None]"]:
    return [asyncio.ensure_future(writer) for writer in writers]


async def settled(*tasks: "asyncio.Task[None]") -> list[BaseException | None]:
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_those_who_wait_for_each_other_share_a_commit(file):
    await file.listen()
    async with file.busy():
        writers = begun(*(file.add(str(number)) for number in range(10)))
        await asyncio.sleep(0)
    await settled(*writers)

    assert len(await file.names()) == 10
    assert file.commits == 1


async def test_whoever_writes_alone_commits_at_once(file):
    await file.listen()
    for number in range(3):
        await file.add(str(number))

    assert file.commits == 3


async def test_a_writer_that_fails_takes_back_its_own_part_alone(file):
    async with file.busy():
        writers = begun(file.add("before"), file.add("broken", then=LookupError()), file.add("after"))
        await asyncio.sleep(0)
    before, broken, after = await settled(*writers)

    assert (before, after) == (None, None)
    assert isinstance(broken, LookupError)
    assert await file.names() == {"before", "after"}


async def test_whoever_is_cancelled_while_waiting_lets_the_others_pass(file):
    async with file.busy():
        first, cancelled, last = begun(file.add("first"), file.add("cancelled"), file.add("last"))
        await asyncio.sleep(0)
        cancelled.cancel()
    await settled(first, cancelled, last)

    assert cancelled.cancelled()
    assert await file.names() == {"first", "last"}


async def test_whoever_is_cancelled_as_its_turn_comes_passes_it_on(file):
    async with file.busy():
        cancelled, last = begun(file.add("cancelled"), file.add("last"))
        await asyncio.sleep(0)
    cancelled.cancel()
    await settled(cancelled, last)
    await file.add("later")

    assert {"last", "later"} <= await file.names()


async def test_nobody_is_told_of_a_commit_that_failed(file):
    """The whole transaction is lost: each of those who share it hears of it, and the next one finds the file as it was."""
    await file.add("kept")
    # The first one waits a little, so the others join it.
    lost = await settled(*begun(file.add("lost"), file.add("lost as well"), _breaks(file)))

    assert all(isinstance(error, DBAPIError) for error in lost)
    await file.add("next")
    assert await file.names() == {"kept", "next"}


async def test_a_transaction_that_sqlite_took_back_in_silence_is_committed_for_nobody(file):
    """And whoever comes next begins a new one."""

    async def takes_back():
        async with file.write() as connection:
            await connection.exec_driver_sql("ROLLBACK")

    await file.add("kept")
    *lost, following = await settled(
        *begun(file.add("lost"), file.add("lost as well"), takes_back(), file.add("next"))
    )

    assert all(isinstance(error, DBAPIError) for error in lost)
    assert following is None
    assert await file.names() == {"kept", "next"}


async def _breaks(file) -> None:
    """As after a full disk: SQLite has taken back everything by itself."""
    async with file.write() as connection:
        await connection.exec_driver_sql("ROLLBACK")
        await connection.exec_driver_sql("INSERT INTO users (id) VALUES (NULL)")
