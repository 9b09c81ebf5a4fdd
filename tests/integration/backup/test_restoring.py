"""What was backed up is there again: in either database, and from any revision."""

import pytest
from sqlalchemy import func, select, text

from cratesync.server.backup.schema import schema_of
from cratesync.server.faults import StartupError
from cratesync.server.store import feed, search
from cratesync.server.store.database import Database
from cratesync.server.store.migration import VERSION_TABLE, migrate
from cratesync.server.store.tables import contents, metadata
from integration.backup.conftest import NOW, Place
from integration.backup.filling import NEWEST, REVISIONS, ROWS, as_restored, fill, one
from running_server import running_server

ACROSS = (("sqlite", "postgresql"), ("postgresql", "sqlite"))


def columns_of(tables):
    return {table.name: {column.name for column in table.columns} for table in tables}


def test_every_table_and_column_is_in_a_backup():
    assert columns_of(schema_of(NEWEST).tables) == columns_of(metadata.sorted_tables)


@pytest.mark.parametrize(("kind", "other"), ACROSS)
async def test_every_row_comes_back_in_either_database(new_place, kind, other):
    first, second, third = await new_place(kind), await new_place(other), await new_place(kind)
    await first.do(fill)
    rows = await first.rows()
    restored = await second.restore(await first.save())
    await third.restore(await second.save())

    assert {len(found) for found in rows.values()} == {ROWS}
    assert restored.sum.rows == ROWS * len(metadata.tables)
    assert await second.rows() == as_restored(rows, now=NOW)
    assert await third.rows() == as_restored(rows, now=NOW, times=2)


@pytest.mark.parametrize(("kind", "other"), ACROSS)
@pytest.mark.parametrize("revision", REVISIONS[:-1])
async def test_a_backup_of_an_earlier_revision_becomes_what_its_database_would_have(
    new_place, kind, other, revision
):
    old, new = await new_place(kind), await new_place(other)
    await old.do(fill, revision)
    backup = await old.save()
    await new.restore(backup)
    await migrate(old.url, None)

    assert await new.rows() == as_restored(await old.rows(), now=NOW)
    assert await new.do(words_of) == await old.do(words_of)


def words_of(connection):
    digests = text("SELECT digest FROM release_words ORDER BY digest")
    return [bytes(digest) for digest in connection.execute(digests).scalars()]


async def test_words_are_found_again(place, new_place):
    await place.do(fill)
    there = await new_place("postgresql" if place.url.get_backend_name() == "sqlite" else "sqlite")
    await there.restore(await place.save())
    database = Database(there.url)
    async with database.read() as connection:
        found = (await connection.execute(search.matching(connection, ["bjor", "title"]))).scalars().all()
        stored = (await connection.execute(select(func.count()).select_from(contents))).scalar_one()
    await database.close()

    assert (len(found), stored) == (ROWS - 1, ROWS)  # the first has no title


async def test_a_reader_of_the_feed_who_saw_more_than_is_there_is_never_taken_for_one_who_saw_it_all(place):
    await place.do(fill)
    user_id = one("users", 1)
    database = Database(place.url)
    async with database.read() as connection:
        before = await feed.extent(connection, user_id)
    await database.close()
    await place.restore(await place.save(), replace=True)
    database = Database(place.url)
    async with database.read() as connection:
        after = await feed.extent(connection, user_id)
    await database.close()

    lost = 1_000  # changes that came after the backup
    assert before.newest < after.oldest_since < after.newest
    assert not any(after.reaches(before.newest + seen) for seen in (0, 1, lost))
    assert after.reaches(after.newest)


# --- what is there already -----------------------------------------------------------------------------------------------


async def test_accounts_are_replaced_only_when_asked(place):
    await place.do(fill)
    backup = await place.save()
    await place.do(lambda connection: connection.execute(text("DELETE FROM users WHERE username = ''")))
    rows = await place.rows()

    with pytest.raises(StartupError, match="There are accounts in this database"):
        await place.restore(backup)
    assert await place.rows() == rows

    await place.restore(backup, replace=True)
    assert len(rows["users"]) == ROWS - 1
    assert len((await place.rows())["users"]) == ROWS


async def test_tables_without_accounts_are_in_nobodys_way(place):
    await place.do(fill)
    backup = await place.save()
    await place.do(lambda connection: connection.execute(text("DELETE FROM users")))

    await place.restore(backup)

    assert len((await place.rows())["users"]) == ROWS


async def test_the_tables_of_a_newer_release_are_left_alone(place):
    await place.do(fill)
    backup = await place.save()
    newer = text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # noqa: S608 - our own name
    await place.do(lambda connection: connection.execute(newer))

    for work in (place.restore(backup, replace=True), place.save("another")):
        with pytest.raises(StartupError, match="was made by a newer release"):
            await work


async def test_nothing_is_restored_under_a_running_server(place, clock):
    await place.do(fill)
    backup = await place.save()
    async with running_server(place.settings, clock) as running:
        with pytest.raises(StartupError, match="The database is in use"):
            await place.restore(backup, replace=True)
        assert (await running.http.get("/health/ready")).status_code == 200
    await place.restore(backup, replace=True)


async def test_a_host_applications_tables_in_the_same_place_stay(place):
    await place.do(lambda connection: connection.execute(text("CREATE TABLE theirs (id INTEGER)")))
    await place.do(fill)
    await place.restore(await place.save(), replace=True)

    assert await place.do(lambda connection: connection.execute(text("SELECT * FROM theirs")).all()) == []


async def test_installations_of_one_database_are_no_part_of_each_other(new_place, clock):
    ours = await new_place("postgresql")
    theirs = Place(ours.url, ours.folder, schema="theirs")
    await ours.do(fill)
    await theirs.restore(await ours.save())
    rows = await ours.rows()
    async with running_server(ours.settings, clock):
        await theirs.restore(await theirs.save("another"), replace=True)

    assert (await theirs.rows())["users"] == rows["users"]
    assert (await ours.rows())["release_contents"] == rows["release_contents"]
