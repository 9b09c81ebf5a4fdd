"""Transactions, on SQLite and PostgreSQL alike."""

import asyncio
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import column, func, insert, select, table, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.ext.asyncio import create_async_engine

from cratesync.server.faults import StartupError
from cratesync.server.store.address import parse_database_url
from cratesync.server.store.asyncpg_driver import driver_of
from cratesync.server.store.database import READING, WRITING, Database
from cratesync.server.store.migration import VERSION_TABLE, is_in_the_metadata
from cratesync.server.store.new_rows import NewRows
from cratesync.server.store.passing_faults import is_away
from cratesync.server.store.postgresql_transactions import PostgresqlTransactions
from cratesync.server.store.prepared import Prepared
from cratesync.server.store.tables import access_tokens, metadata, users
from cratesync.server.store.writing import write

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def user(name="anna"):
    return {"id": uuid4(), "username": name, "username_key": name, "created_at": NOW, "updated_at": NOW}


async def count_users(database) -> int:
    async with database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(users))).scalar_one()


async def test_what_was_written_is_read_back_in_utc(database):
    row = user()
    async with database.write() as connection:
        await connection.execute(insert(users).values(row))

    async with database.read() as connection:
        found = (await connection.execute(select(users))).one()

    assert (found.id, found.created_at, found.discogs_token_version) == (row["id"], NOW, 0)


async def test_an_exception_rolls_everything_back(database):
    async def write_and_fail():
        async with database.write() as connection:
            await connection.execute(insert(users).values(user()))
            raise LookupError

    with pytest.raises(LookupError):
        await write_and_fail()

    assert await count_users(database) == 0


async def test_a_reading_transaction_sees_one_moment_and_the_next_a_later_one(database):
    async with database.read() as connection:
        before = (await connection.execute(select(func.count()).select_from(users))).scalar_one()
        async with database.write() as writing:
            await writing.execute(insert(users).values(user()))
        after = (await connection.execute(select(func.count()).select_from(users))).scalar_one()

    assert (before, after, await count_users(database)) == (0, 0, 1)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
async def test_a_writing_transaction_sees_what_others_have_committed_before_each_statement(database):
    for _ in range(2):  # on a connection that may have been read on before
        await count_users(database)
    async with database.write() as connection:
        before = (await connection.execute(select(func.count()).select_from(users))).scalar_one()
        async with database.write() as other:
            await other.execute(insert(users).values(user()))
        after = (await connection.execute(select(func.count()).select_from(users))).scalar_one()

    assert (before, after) == (0, 1)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_connections_that_were_cut_while_nobody_used_them_are_replaced(database, database_url):
    async with database.write() as connection, database.write() as other:
        drivers = [driver_of(connection), driver_of(other)]
        pids = [
            (await each.execute(text("SELECT pg_backend_pid()"))).scalar_one() for each in (connection, other)
        ]
    killer = Database(database_url)
    async with killer.write() as connection:
        for pid in pids:
            await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    await killer.close()
    async with asyncio.timeout(10):
        while not all(driver.is_closed for driver in drivers):  # noqa: ASYNC110 - the driver tells nobody
            await asyncio.sleep(0.01)

    assert await count_users(database) == 0
    async with database.write() as connection:
        assert (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one() not in pids


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_connection_that_is_cut_in_the_midst_is_told_of_and_given_up(database):
    async def write_on_a_cut_connection():
        async with database.write() as connection:
            await driver_of(connection).execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DBAPIError) as told:
        await write_on_a_cut_connection()

    assert is_away(told.value)
    assert await count_users(database) == 0


@pytest.mark.parametrize("begin", [READING, WRITING])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_whoever_is_cancelled_as_it_begins_leaves_nothing_begun(database, begin):
    """The server has begun, and the driver has not heard of it."""
    slow = PostgresqlTransactions(database._writer, f"{begin}; SELECT pg_sleep(20)")

    async def enter():
        async with slow.open():
            pass

    entering = asyncio.ensure_future(enter())
    await until_begun(database)
    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering

    for name in (str(number) for number in range(3)):  # whichever connection it is
        async with database.write() as connection, database.write() as other:
            for each in (connection, other):
                began, now = (await each.execute(text("SELECT now(), clock_timestamp()"))).one()
                assert now - began < timedelta(seconds=1)
            await connection.execute(insert(users).values(user(name)))
    assert await count_users(database) == 3


async def until_begun(database) -> None:
    sleeping = text(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'BEGIN%pg_sleep%' AND state = 'active'"
    )
    async with asyncio.timeout(10):
        while True:
            async with database.read() as connection:
                if (await connection.execute(sleeping)).scalar_one():
                    return


async def test_nothing_is_committed_where_a_statement_failed_and_nobody_said_so(database):
    async def swallow():
        async with database.write() as connection:
            await connection.execute(insert(users).values(user()))
            with suppress(DBAPIError):
                await connection.execute(text("SELECT nothing"))

    if database.dialect == "sqlite":  # takes back what the statement did, and no more
        await swallow()
        assert await count_users(database) == 1
        return
    with pytest.raises(PendingRollbackError):
        await swallow()
    assert await count_users(database) == 0


async def test_a_rows_fault_is_told_as_one_whichever_way_it_was_written(database):
    """By the driver, as a page's rows are."""
    same = NewRows(users, {name: [value] * 2 for name, value in user().items()})

    async def write_twice():
        async with database.write() as connection:
            await write(connection, same)

    with pytest.raises(IntegrityError):
        await write_twice()


async def test_the_drivers_own_errors_are_told_as_sqlalchemys(database):
    broken = Prepared(select(column("nothing")))

    async def read_what_is_not_there():
        async with database.write() as connection:
            await connection.execute(insert(users).values(user()))
            await broken.rows(connection, {})

    with pytest.raises(DBAPIError):
        await read_what_is_not_there()

    assert await count_users(database) == 0


async def test_a_reading_transaction_cannot_write(database):
    with pytest.raises(DBAPIError):
        async with database.read() as connection:
            await connection.execute(insert(users).values(user()))

    async with database.write() as connection:
        await connection.execute(insert(users).values(user()))
    assert await count_users(database) == 1


async def test_a_foreign_key_is_kept(database):
    token = {
        "id": uuid4(),
        "user_id": uuid4(),
        "name": "n",
        "token_hash": b"h",
        "scopes": (),
        "created_at": NOW,
    }
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            await connection.execute(insert(access_tokens).values(token))


async def test_writers_that_read_first_lose_no_update(database):
    row = user()
    async with database.write() as connection:
        await connection.execute(insert(users).values(row))

    async def increase():
        async with database.write() as connection:
            query = select(users.c.discogs_token_version).with_for_update()
            version = (await connection.execute(query)).scalar_one()
            await asyncio.sleep(0)
            await connection.execute(update(users).values(discogs_token_version=version + 1))

    await asyncio.gather(*(increase() for _ in range(50)))

    async with database.read() as connection:
        assert (await connection.execute(select(users.c.discogs_token_version))).scalar_one() == 50


async def test_a_reader_is_not_held_up_by_a_writer(database):
    async with database.write() as connection:
        await connection.execute(insert(users).values(user()))
        assert await asyncio.wait_for(count_users(database), 5) == 0
    assert await count_users(database) == 1


async def test_two_processes_take_turns_at_writing(database, database_url):
    other = Database(database_url)
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(30):
                group.create_task(_add(random.choice((database, other)), f"user{number}"))
    finally:
        await other.close()
    assert await count_users(database) == 30


async def _add(database, name):
    async with database.write() as connection:
        await connection.execute(select(func.count()).select_from(users))
        await connection.execute(insert(users).values(user(name)))


async def test_a_cancelled_writer_rolls_back_and_gives_its_connection_back(database):
    """Whenever the cancellation comes: while it waits, begins, writes or commits. Two rows stand or none."""
    chance = random.Random(7)

    async def write_two(number):
        async with database.write() as connection:
            await connection.execute(insert(users).values(user(f"a{number}")))
            await connection.execute(insert(users).values(user(f"b{number}")))

    for round_number in range(12):
        tasks = [asyncio.create_task(write_two(f"{round_number}-{number}")) for number in range(8)]
        for task in tasks:
            asyncio.get_running_loop().call_later(chance.uniform(0, 0.03), task.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)

    before = await asyncio.wait_for(count_users(database), 10)
    await asyncio.wait_for(write_two("last"), 10)

    assert before % 2 == 0
    assert await count_users(database) == before + 2


async def test_a_cancelled_reader_gives_its_connection_back(database):
    chance = random.Random(8)
    for _ in range(12):
        tasks = [asyncio.create_task(count_users(database)) for _ in range(12)]
        for task in tasks:
            asyncio.get_running_loop().call_later(chance.uniform(0, 0.02), task.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)

    counts = await asyncio.wait_for(asyncio.gather(*(count_users(database) for _ in range(20))), 10)

    assert counts == [0] * 20


async def test_no_error_shows_the_values_of_a_statement(database):
    row = user("a-name-that-must-not-show")

    async def write_twice():
        async with database.write() as connection:
            await connection.execute(insert(users).values(row))
            await connection.execute(insert(users).values(row))

    with pytest.raises(IntegrityError) as caught:
        await write_twice()

    assert "a-name-that-must-not-show" not in str(caught.value)


class TestMigration:
    async def test_makes_exactly_the_tables_of_the_metadata(self, empty_database_url):
        database = Database(empty_database_url)
        await database.migrate()
        async with database.write() as connection:
            difference = await connection.run_sync(_difference)
        await database.close()

        assert difference == []

    async def test_can_be_run_again_and_by_several_processes_at_once(self, empty_database_url):
        databases = [Database(empty_database_url) for _ in range(3)]
        await asyncio.gather(*(database.migrate() for database in databases))
        await databases[0].migrate()

        assert await count_users(databases[0]) == 0
        for database in databases:
            await database.close()

    async def test_a_database_of_a_newer_release_is_refused_with_a_sentence(self, empty_database_url):
        database = Database(empty_database_url)
        await database.migrate()
        async with database.write() as connection:
            await connection.execute(
                update(table(VERSION_TABLE, column("version_num"))).values(version_num="9999")
            )

        with pytest.raises(StartupError, match="newer release"):
            await database.migrate()
        await database.close()

    async def test_a_database_that_is_not_there_is_told_in_one_sentence(self, tmp_path):
        (tmp_path / "file").write_text("not a folder")
        address = f"sqlite+inline:///{tmp_path}/file/db.sqlite3"
        with pytest.raises(StartupError) as caught:
            await Database(create_async_engine(address).url).migrate()
        assert len(caught.value.faults) == 1

        url = parse_database_url("postgresql://anna:geheim@127.0.0.1:1/none")
        with pytest.raises(StartupError) as caught:
            await Database(url).migrate()
        assert "127.0.0.1" in str(caught.value)
        assert "geheim" not in str(caught.value)


def _difference(connection):
    options = {
        "version_table": VERSION_TABLE,
        "compare_type": True,
        "compare_server_default": True,
        "include_name": is_in_the_metadata,
    }
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


async def test_a_schema_keeps_our_tables_apart_from_a_host_applications(postgres_server):
    from postgres import create_database, drop_database

    url = await create_database(postgres_server, "schema_test")
    host = create_async_engine(url)
    async with host.begin() as connection:
        await connection.execute(text("CREATE TABLE users (id integer)"))
    await host.dispose()
    database = Database(url, schema="crates")

    await database.migrate()
    async with database.write() as connection:
        await connection.execute(insert(users).values(user()))
    assert await count_users(database) == 1
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM public.users"))).scalar_one() == 0

    await database.close()
    await drop_database(postgres_server, "schema_test")
