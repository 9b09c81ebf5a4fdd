"""A transaction that PostgreSQL ends because of a deadlock has left nothing: what it was for is tried again."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import select, text

from cratesync.server.store import ledgers
from cratesync.server.store.tables import syncs
from crossing import until_waiting
from integration.sync.test_unattended import id_of

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer


@asynccontextmanager
async def crossing(stage, user_id):
    """Somebody who locks a sync first and the user's ledger after it, the wrong way round, and is patient: whoever else works for the user is
    the one that PostgreSQL gives up. The body starts that one, and hands it in."""
    met: asyncio.Future[asyncio.Future[object]] = asyncio.get_running_loop().create_future()
    async with stage.server.database.write() as connection:
        await connection.execute(text("SET LOCAL deadlock_timeout = '20s'"))
        await connection.execute(select(syncs.c.id).where(syncs.c.user_id == user_id).with_for_update())
        yield met
        await until_waiting(stage.server.database, met.result())
        await ledgers.lock(connection, user_id)


async def test_an_answer_is_applied_once_although_it_met_a_deadlock(stage):
    ada = await stage.person(items=30)
    user_id = await id_of(ada)
    async with ada.raw_client() as client:
        session_id = await ada.start()
        request = await client.request()
        async with crossing(stage, user_id) as met:
            answering = asyncio.ensure_future(client.fetch(request))
            met.set_result(answering)

        assert await answering == "accepted"
        while (await ada.status(session_id))["status"] != "completed":
            await client.fetch(await client.request())

    assert stage.asked_again() == []
    await ada.assert_mirrors()


async def test_a_call_that_met_a_deadlock_is_told_to_come_again(stage):
    ada = await stage.person(items=30)
    user_id = await id_of(ada)
    session_id = await ada.start()
    async with crossing(stage, user_id) as met:
        pausing = asyncio.ensure_future(ada.steer(session_id, "pause"))
        met.set_result(pausing)
    answer = await pausing

    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "busy", "5")
    assert (await ada.steer(session_id, "pause")).status_code == 200
