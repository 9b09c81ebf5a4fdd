"""A database of an earlier version is brought up to date with everything in it."""

import json
from datetime import UTC, datetime
from uuid import uuid4

from alembic import command
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from cratesync.server.store import schedules, search, sides, syncs, users
from cratesync.server.store.database import Database
from cratesync.server.store.migration import alembic_config
from cratesync.server.store.tables import changes, items

CHECKED = datetime(2030, 1, 1, 12, tzinfo=UTC)
NAIVE = "2030-01-01 12:00:00"
FIRST_PLAN = {
    "full": True,
    "sides": ["folders"],
    "phase": "scan",
    "essential_open": 2,
    "pages": 7,
    "notices": [],
}


async def make_version(number, url):
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), number))
    return engine


async def test_a_database_of_the_first_version_keeps_its_syncs_and_gets_a_schedule(empty_database_url):
    engine = await make_version("0001", empty_database_url)
    user_id, sync_id = uuid4(), uuid4()
    sqlite = empty_database_url.get_backend_name() == "sqlite"
    key = {"user": user_id.hex if sqlite else user_id, "sync": sync_id.hex if sqlite else sync_id}
    at = NAIVE if sqlite else CHECKED
    async with engine.begin() as connection:
        for statement, more in (
            (
                (
                    "INSERT INTO users (id, username, username_key, created_at, updated_at) "
                    "VALUES (:user, 'anna', 'anna', :at, :at)"
                ),
                {"user": key["user"], "at": at},
            ),
            (
                "INSERT INTO mirrors (user_id, kind, checked_at) VALUES (:user, 'collection', :at)",
                {"user": key["user"], "at": at},
            ),
            (
                (
                    "INSERT INTO discogs_collection_syncs (id, user_id, session_id, started_at, created_at, updated_at, "
                    "sync_type, plan, last_answer_at) "
                    "VALUES (:sync, :user, :session, :at, :at, :at, 'collection', :plan, :at)"
                ),
                key | {"session": str(sync_id), "at": at, "plan": json.dumps(FIRST_PLAN)},
            ),
        ):
            await connection.execute(text(statement), more)
    await engine.dispose()

    database = Database(empty_database_url)
    await database.migrate()
    async with database.read() as connection:
        (active,) = await syncs.active(connection, user_id)
        mirror = await sides.mirror(connection, user_id, "collection")
        chosen = await schedules.find(connection, user_id)
    await database.close()

    assert (active.sync.plan.pages, active.sync.plan.page_size, active.sync.plan.looks_up) == (7, 100, True)
    assert mirror.due.due_at == mirror.checked_at == CHECKED
    assert chosen is None


async def test_whoever_came_first_owns_the_server_afterwards(empty_database_url):
    engine = await make_version("0001", empty_database_url)
    sqlite = empty_database_url.get_backend_name() == "sqlite"
    young, old = sorted((uuid4(), uuid4()))  # so that the ids alone would say the opposite
    add = "INSERT INTO users (id, username, username_key, created_at, updated_at) VALUES (:id, :name, :name, :at, :at)"
    async with engine.begin() as connection:
        for user_id, name, day in ((young, "young", 2), (old, "old", 1)):
            at = f"2030-01-0{day} 12:00:00" if sqlite else datetime(2030, 1, day, 12, tzinfo=UTC)
            row = {"id": user_id.hex if sqlite else user_id, "name": name, "at": at}
            await connection.execute(text(add), row)
    await engine.dispose()

    database = Database(empty_database_url)
    await database.migrate()
    async with database.read() as connection:
        owners = {user.username: user.is_owner for user in await users.list_users(connection)}
    await database.close()

    assert owners == {"old": True, "young": False}


async def test_records_of_the_second_version_are_found_and_sorted_afterwards(empty_database_url):
    engine = await make_version("0002", empty_database_url)
    user_id, digest = uuid4(), b"digest-of-a-kind"
    sqlite = empty_database_url.get_backend_name() == "sqlite"
    user, at = (user_id.hex, NAIVE) if sqlite else (user_id, CHECKED)
    content = {
        "digest": digest,
        "artists": json.dumps([{"id": 1, "name": "The Sigur Rós (2)"}]),
        "labels": json.dumps([{"id": 2, "name": "Fat Cat", "catno": "FAT 11"}]),
        "formats": json.dumps([{"name": "Vinyl", "qty": "1", "descriptions": ["LP"]}]),
        "lists": "[]",
        "at": at,
    }
    item = {
        "user": user,
        "digest": digest,
        "notes": json.dumps([{"fieldId": 3, "value": "From Björk’s sale"}]),
        "added": "2017-06-01T17:00:00-07:00",
        "at": at,
    }
    async with engine.begin() as connection:
        for statement, row in (
            (
                (
                    "INSERT INTO users (id, username, username_key, created_at, updated_at) "
                    "VALUES (:user, 'anna', 'anna', :at, :at)"
                ),
                {"user": user, "at": at},
            ),
            (
                (
                    "INSERT INTO release_contents (digest, release_id, title, year, artists, labels, formats, genres, styles, "
                    "stored_at) VALUES (:digest, 7, 'Ágætis Byrjun', 1999, :artists, :labels, :formats, :lists, :lists, :at)"
                ),
                content,
            ),
            (
                (
                    "INSERT INTO collection_items (user_id, instance_id, release_id, notes, date_added, content_digest, "
                    "source_digest, first_seen_at, updated_at) VALUES (:user, 11, 7, :notes, :added, :digest, :digest, :at, :at)"
                ),
                item,
            ),
            (
                (
                    "INSERT INTO changes (user_id, seq, kind, key, action, fields, at) "
                    "VALUES (:user, 1, 'collection', 11, 'updated', '[\"folder_id\",\"content\"]', :at)"
                ),
                {"user": user, "at": at},
            ),
        ):
            await connection.execute(text(statement), row)
    await engine.dispose()

    database = Database(empty_database_url)
    await database.migrate()
    async with database.read() as connection:
        found = (
            (await connection.execute(search.matching(connection, ["sigur", "agaet", "fat11"])))
            .scalars()
            .all()
        )
        keys = select(items.c.artist_key, items.c.title_key, items.c.label_key, items.c.year_key)
        sorted_by = (await connection.execute(keys)).one()
        mirrored = (await connection.execute(select(items.c.added_at, items.c.note_words))).one()
        fields = (await connection.execute(select(changes.c.fields))).scalar_one()
    await database.close()

    assert found == [digest]
    assert tuple(sorted_by) == ("sigur ros", "agaetis byrjun", "fat cat fat 11", 1999)
    assert tuple(mirrored) == (datetime(2017, 6, 2, tzinfo=UTC), " from bjorks sale")
    assert fields == ("folderId", "content")
