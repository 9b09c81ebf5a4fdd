"""What is written down to be delivered, how much of it waits, and how long it is kept."""

from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from cratesync.server.ids import new_ids
from cratesync.server.store import cleanup, deliveries
from cratesync.server.store.deliveries import LOG_KEPT, LOG_MAX, WAITING_MAX
from cratesync.server.store.tables import webhook_deliveries
from cratesync.server.webhooks.announcements import TokenRejected
from cratesync.server.webhooks.announcing import announce
from integration.webhooks.hook import Hook


async def test_the_log_goes_by_pages_the_newest_first(hook, receiver):
    made = [(await hook.test())["id"] for _ in range(5)]
    await receiver.has_received(5)
    first = await hook.log("?limit=2")
    second = await hook.log(f"?limit=3&cursor={first['nextCursor']}")

    assert [each["id"] for each in first["items"] + second["items"]] == list(reversed(made))
    assert second["nextCursor"] is None


@asynccontextmanager
async def transaction_of(hook):
    async with hook.server.syncing.transactions.open(await hook.user_id()) as transaction:
        yield transaction


async def test_what_was_rolled_back_is_told_to_nobody(hook, receiver):
    async def announce_and_fail():
        async with transaction_of(hook) as transaction:
            await announce(transaction, TokenRejected(user_id=transaction.user_id))
            raise LookupError

    with pytest.raises(LookupError):
        await announce_and_fail()
    assert (await hook.log())["items"] == []


async def test_only_what_a_webhook_wants_is_told(hook, receiver):
    await hook.owner.patch(hook.address, {"events": ["sync.failed"]})
    async with transaction_of(hook) as transaction:
        await announce(transaction, TokenRejected(user_id=transaction.user_id))
    assert (await hook.log())["items"] == []
    await hook.owner.patch(hook.address, {"events": ["token.rejected"]})
    async with transaction_of(hook) as transaction:
        await announce(transaction, TokenRejected(user_id=transaction.user_id))
    (got,) = await receiver.has_received(1)
    assert got.told["data"] == {"userId": str(await hook.user_id())}


async def test_where_too_many_wait_the_oldest_makes_room(server, hook, clock):
    database, now = server.server.database, clock.now()
    user_id = await hook.user_id()
    async with transaction_of(hook) as transaction:
        for _ in range(WAITING_MAX + 3):
            await announce(transaction, TokenRejected(user_id=user_id))
        count = select(webhook_deliveries.c.status, func.count()).group_by(webhook_deliveries.c.status)
        counted = dict(tuple(row) for row in await transaction.connection.execute(count))
        page = await deliveries.log_of(transaction.connection, UUID(hook.id), before=None, limit=1000)
        transaction.has_deliveries = False
    assert counted == {"pending": WAITING_MAX, "failed": 3}
    assert {each.status for each in page[-3:]} == {"failed"}
    assert "made room" in (page[-1].error or "")
    async with database.write() as connection:
        await deliveries.fail_waiting(connection, UUID(hook.id), error="enough", now=now)


async def test_the_log_ends_after_a_thousand_and_after_a_month(server, hook, clock):
    user_id, now = await hook.user_id(), clock.now()
    row = {"user_id": user_id, "webhook_id": UUID(hook.id), "event": "webhook.test", "payload": "{}"}
    database = server.server.database
    rows = [
        row | {"id": id_, "status": "failed", "created_at": now, "updated_at": now}
        for id_ in new_ids(LOG_MAX + 5)
    ]
    async with database.write() as connection:
        await connection.execute(webhook_deliveries.insert(), rows)
    await hook.test()
    await hook.until(status="delivered")
    async with database.write() as connection:
        count = select(func.count()).select_from(webhook_deliveries)
        assert (await connection.execute(count)).scalar_one() == LOG_MAX
        later = now + LOG_KEPT + timedelta(seconds=1)
        await cleanup.purge(connection, before=now, changes_before=now, now=later, at_most=2 * LOG_MAX)
        assert (await connection.execute(count)).scalar_one() == 0


async def test_deliveries_of_another_webhook_are_not_to_be_found(server, hook, receiver):
    other = await Hook.made(server, hook.owner, receiver.url)
    delivery = await hook.test()
    strange = await other.owner.post(f"{other.address}/deliveries/{delivery['id']}/redeliver")
    assert (strange.status_code, strange.json()["code"]) == (404, "delivery_not_found")


async def test_a_deleted_webhook_takes_its_deliveries_along(server, hook, receiver):
    receiver.will_say(500)
    await hook.test()
    await hook.until(attempts=1, responseStatus=500)
    assert (await hook.owner.delete(hook.address)).status_code == 204
    async with server.server.database.read() as connection:
        assert (await connection.execute(select(webhook_deliveries))).all() == []
