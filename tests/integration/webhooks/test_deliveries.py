"""Deliveries, from the row to a receiver on loopback: at least once, tried again, logged. Time is moved by hand."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec import structs

from cratesync.server.ids import new_ids
from cratesync.server.secret_keys import SecretKeys, new_key
from cratesync.server.store import deliveries, webhooks
from cratesync.server.store.tables import webhook_deliveries
from cratesync.server.webhooks.retrying import ATTEMPTS_MAX
from cratesync.server.webhooks.sending import AT_ONCE_MAX, LEASE, OF_ONE_USER_AT_ONCE_MAX
from integration.sync.stage import eventually
from integration.webhooks.conftest import somebody
from integration.webhooks.hook import ADDRESS, Hook
from integration.webhooks.receiver import receiving
from running_server import running_server


async def pass_(server, clock, span):
    """Let time pass, and let the sender look what is due."""
    clock.advance(span.total_seconds())
    await server.server.webhooks.sender.tick()


async def test_a_test_arrives_signed_and_stands_in_the_log(hook, receiver):
    made = await hook.test()
    (got,) = await receiver.has_received(1)
    logged = await hook.until(status="delivered")

    assert got.is_signed_with(hook.secret)
    assert got.headers["webhook-timestamp"] == str(int(datetime.fromisoformat(made["createdAt"]).timestamp()))
    assert got.told["type"] == "webhook.test"
    assert got.told["timestamp"] == "2030-01-01T00:00:00.000Z"
    assert got.data["webhookId"] == hook.id
    assert logged == made | {"status": "delivered", "attempts": 1, "dueAt": None, "responseStatus": 204}
    assert (got.id, got.body.decode()) == (logged["id"], logged["payload"])


async def test_what_did_not_arrive_is_tried_again_later_under_the_same_id(server, hook, receiver, clock):
    receiver.will_say(500, 503)
    await hook.test()
    first = await hook.until(attempts=1, responseStatus=500)
    assert (first["status"], first["error"]) == ("pending", "It answered 500.")
    assert 5 <= (datetime.fromisoformat(first["dueAt"]) - clock.now()).total_seconds() <= 6

    await pass_(server, clock, timedelta(seconds=4))
    assert len(receiver.received) == 1
    await pass_(server, clock, timedelta(seconds=2))
    second = await hook.until(attempts=2, responseStatus=503)
    assert 300 <= (datetime.fromisoformat(second["dueAt"]) - clock.now()).total_seconds() <= 360
    await pass_(server, clock, timedelta(seconds=360))
    last = await hook.until(status="delivered")

    assert (last["attempts"], last["error"]) == (3, None)
    received = await receiver.has_received(3)
    assert len({each.id for each in received}) == 1
    assert len({each.headers["webhook-timestamp"] for each in received}) == 3
    assert all(each.is_signed_with(hook.secret) for each in received)


async def test_after_its_last_try_a_delivery_has_failed_and_its_webhook_is_disabled(
    server, hook, receiver, clock
):
    begun = clock.now()
    receiver.will_say(*range(500, 500 + ATTEMPTS_MAX))
    await hook.test()
    for attempt in range(1, ATTEMPTS_MAX):
        waiting = await hook.until(attempts=attempt, responseStatus=499 + attempt)
        assert (await hook.shown())["enabled"] is True
        await pass_(server, clock, datetime.fromisoformat(waiting["dueAt"]) - clock.now())
    failed = await hook.until(status="failed")
    shown = await hook.shown()

    assert (failed["attempts"], failed["dueAt"]) == (ATTEMPTS_MAX, None)
    assert (shown["enabled"], shown["disabledReason"]) == (False, "failing")
    assert clock.now() - begun > timedelta(days=3)


async def test_a_webhook_that_takes_other_things_meanwhile_stays_enabled(server, hook, receiver, clock):
    receiver.will_say(*range(500, 499 + ATTEMPTS_MAX))
    failing = await hook.test()
    for attempt in range(1, ATTEMPTS_MAX):
        waiting = await hook.until(attempts=attempt, responseStatus=499 + attempt)
        if attempt < ATTEMPTS_MAX - 1:
            await pass_(server, clock, datetime.fromisoformat(waiting["dueAt"]) - clock.now())
    await hook.test()
    await hook.until(status="delivered")
    receiver.will_say(500)
    await pass_(server, clock, datetime.fromisoformat(waiting["dueAt"]) - clock.now())

    async def has_failed():
        return [each for each in (await hook.log())["items"] if each["status"] == "failed"]

    assert [each["id"] for each in await eventually(has_failed)] == [failing["id"]]
    assert (await hook.shown())["enabled"] is True


async def test_a_receiver_that_is_gone_is_told_nothing_more(hook, receiver):
    receiver.will_say(410)
    await hook.test()
    failed = await hook.until(status="failed")
    shown = await hook.shown()

    assert (failed["attempts"], failed["responseStatus"]) == (1, 410)
    assert (shown["enabled"], shown["disabledReason"]) == (False, "gone")
    assert (await hook.owner.post(f"{hook.address}/test")).json()["code"] == "webhook_disabled"
    again = await hook.owner.post(f"{hook.address}/deliveries/{failed['id']}/redeliver")
    assert again.json()["code"] == "webhook_disabled"


async def test_a_receiver_that_is_gone_says_nothing_of_the_one_that_was_named_meanwhile(
    server, hook, receiver, clock
):
    gone = asyncio.Event()
    receiver.hold(gone)
    receiver.will_say(410)
    await hook.test()
    await receiver.has_received(1)
    async with receiving() as other:
        await hook.owner.patch(hook.address, {"url": other.url})
        gone.set()
        waiting = await hook.until(attempts=1, responseStatus=410)
        shown = await hook.shown()
        await pass_(server, clock, timedelta(seconds=6))
        await hook.until(status="delivered")

        assert (waiting["status"], shown["enabled"]) == ("pending", True)
        assert len(other.received) == 1


async def test_what_waits_for_a_disabled_webhook_fails_and_is_delivered_again_on_demand(hook, receiver):
    receiver.will_say(500)
    await hook.test()
    await hook.until(attempts=1, responseStatus=500)
    await hook.owner.patch(hook.address, {"enabled": False})
    failed = await hook.newest()
    assert (failed["status"], failed["error"]) == ("failed", "The webhook was disabled.")

    await hook.owner.patch(hook.address, {"enabled": True})
    again = await hook.owner.post(f"{hook.address}/deliveries/{failed['id']}/redeliver")
    assert (again.status_code, again.json()["status"], again.json()["attempts"]) == (202, "pending", 0)
    await hook.until(status="delivered", attempts=1)
    first, second = await receiver.has_received(2)
    assert (first.id, first.body) == (second.id, second.body)


async def test_a_new_secret_signs_also_what_was_waiting(server, hook, receiver, clock):
    receiver.will_say(401)
    await hook.test()
    await hook.until(attempts=1, responseStatus=401)
    renewed = await hook.owner.post(f"{hook.address}/secret")
    assert renewed.status_code == 200
    secret = renewed.json()["secret"]
    await pass_(server, clock, timedelta(seconds=6))
    await hook.until(status="delivered")

    first, second = await receiver.has_received(2)
    assert first.is_signed_with(hook.secret)
    assert second.is_signed_with(secret)
    assert not second.is_signed_with(hook.secret)


async def test_a_secret_that_no_key_opens_is_told_in_the_log(settings, clock, receiver):
    async with running_server(settings, clock) as server:
        ada = await somebody(server, "ada")
        await Hook.made(server, ada, receiver.url)
    async with running_server(settings, clock) as server:  # with another key
        ada = server.with_token(ada.token)
        (shown,) = (await ada.get(ADDRESS)).json()["items"]
        hook = Hook(server, ada, shown | {"secret": ""})
        await hook.test()
        sentence = "The webhook's secret cannot be opened by this server's keys; make a new one."
        await hook.until(attempts=1, status="pending", error=sentence)
    assert receiver.received == []


async def test_a_server_that_dies_in_mid_delivery_sends_it_again(settings, clock, receiver):
    keys = SecretKeys(new_key())
    receiver.answers = [None]
    async with running_server(settings, clock, keys) as server:
        hook = await Hook.made(server, await somebody(server, "ada"), receiver.url)
        await hook.test()
        await receiver.has_received(1)
    clock.advance(LEASE.total_seconds())
    async with running_server(settings, clock, keys) as server:
        hook = Hook(server, server.with_token(hook.owner.token), {"id": hook.id, "secret": hook.secret})
        last = await hook.until(status="delivered")

    assert last["attempts"] == 2
    first, second = await receiver.has_received(2)
    assert (first.id, first.body) == (second.id, second.body)


async def test_a_node_that_claims_takes_what_no_other_has(server, hook, receiver, clock):
    receiver.answers = [None]
    await hook.test()
    await receiver.has_received(1)
    database, now = hook.server.database, clock.now()
    async with database.read() as connection:
        assert await deliveries.next_due(connection, now=now, busy=(), busy_users=()) is None

    delivery_id = UUID((await hook.newest())["id"])
    async with database.write() as connection:
        assert await deliveries.claim(connection, [delivery_id], now=now, until=now + LEASE) == []
    later = now + LEASE
    async with database.read() as connection:
        other = await deliveries.next_due(connection, now=later, busy=(), busy_users=())
    assert other is not None
    async with database.write() as connection:
        (taken,) = await deliveries.claim(connection, [other.id], now=later, until=later + LEASE)
        assert (taken.id, taken.attempts) == (delivery_id, 2)
        # The first, whose lease has ended, comes back late: it changes nothing.
        first = structs.replace(taken, attempts=1)
        await deliveries.fail(connection, first, response_status=500, error="late", now=later)
        found = await deliveries.find(connection, taken.webhook_id, delivery_id)
        assert found is not None
        assert found.status == "pending"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_two_nodes_send_each_delivery_once(settings, clock, receiver):
    keys = SecretKeys(new_key())
    async with running_server(settings, clock, keys) as one, running_server(settings, clock, keys) as other:
        people = [await somebody(one, f"user{number}") for number in range(4)]
        hooks = [await Hook.made(one, person, receiver.url) for person in people for _ in range(2)]
        database, now = one.server.database, clock.now()
        async with database.write() as connection:
            for webhook in await webhooks.every(connection):
                for id_ in new_ids(3):
                    new = deliveries.NewDelivery(
                        id=id_, user_id=webhook.user_id, webhook_id=webhook.id, event="x", payload="{}"
                    )
                    await deliveries.add(connection, new, now=now)
        senders = [node.server.webhooks.sender for node in (one, other)]

        async def all_arrived():
            await asyncio.gather(*(sender.tick() for sender in senders))
            logs = [(await hook.log())["items"] for hook in hooks]
            return all(each["status"] == "delivered" for log in logs for each in log)

        await eventually(all_arrived)
    assert len({each.id for each in receiver.received}) == len(receiver.received) == 24


async def test_a_due_time_of_a_clock_that_ran_ahead_is_due_now(hook, receiver, clock):
    receiver.will_say(500)
    await hook.test()
    await hook.until(attempts=1, responseStatus=500)
    async with hook.server.database.write() as connection:
        await connection.execute(webhook_deliveries.update().values(due_at=clock.now() + timedelta(days=365)))
    await hook.server.syncing.reaper.clean()
    await hook.server.webhooks.sender.tick()
    await hook.until(status="delivered")


async def test_a_slow_receiver_holds_up_neither_other_webhooks_nor_other_users(server, ada, receiver):
    bob = await somebody(server, "bob")
    async with receiving() as slow:
        slow.answers = [None] * 10
        stuck = [await Hook.made(server, ada, slow.url) for _ in range(OF_ONE_USER_AT_ONCE_MAX + 1)]
        mine = await Hook.made(server, bob, receiver.url)
        for hook in stuck:
            await hook.test()
            await hook.test()
        await mine.test()
        await mine.until(status="delivered")

        assert len(slow.received) == OF_ONE_USER_AT_ONCE_MAX < AT_ONCE_MAX


async def test_one_delivery_at_a_time_goes_to_a_webhook_in_order(hook, receiver):
    made = [await hook.test() for _ in range(12)]
    received = await receiver.has_received(12)
    await hook.until(status="delivered")
    assert [each.id for each in received] == [each["id"] for each in made]
