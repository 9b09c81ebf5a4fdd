"""A database of an earlier version is brought up to date with everything in it."""

import json
from datetime import UTC, datetime
from uuid import uuid4

from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from cratesync.server.store import schedules, sides, syncs, users
from cratesync.server.store.database import Database
from cratesync.server.store.migration import alembic_config

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


async def make_first_version(url):
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), "0001"))
    return engine


async def test_a_database_of_the_first_version_keeps_its_syncs_and_gets_a_schedule(empty_database_url):
    engine = await make_first_version(empty_database_url)
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
    engine = await make_first_version(empty_database_url)
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
