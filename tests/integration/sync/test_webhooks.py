"""What webhooks are told of real syncs: a receiver on loopback hears of each event once, and reads no secret."""

from datetime import timedelta

import pytest

from calendar_clock import CalendarClock
from cratesync.server.store.tables import changes
from integration.sync.stage import CANARY
from integration.webhooks.receiver import receiving

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def receiver():
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def clock():
    return CalendarClock()


@pytest.fixture
async def stage(open_stage, clock):
    async with open_stage(clock=clock, webhooks_to_private_networks=True) as stage:
        yield stage


async def listening(stage, receiver, *, name="ada", events=None, **collection):
    """Somebody whose webhook leads to the receiver, with a program's token: days pass here."""
    person = await stage.person(name, **collection)
    answer = await person.caller.post("/api/webhooks", {"url": receiver.url, "events": events})
    assert answer.status_code == 201, answer.text
    wanted = {"name": "client", "scopes": ["fetch", "read", "sync", "account"]}
    made = await person.caller.post("/api/auth/tokens", wanted)
    person.caller = stage.running.with_token(made.json()["token"])
    return person, answer.json()["secret"]


async def id_of(person):
    return (await person.caller.get("/api/users/me")).json()["id"]


async def test_a_sync_tells_its_end_and_what_it_changed(stage, receiver):
    ada, secret = await listening(stage, receiver, items=130)
    async with ada.client():
        first = await ada.start()
        await ada.ended(first)
        completed, changed = await receiver.has_received(2)

        assert [each.type for each in receiver.received] == ["sync.completed", "mirror.changed"]
        assert all(each.is_signed_with(secret) for each in receiver.received)
        assert CANARY not in "".join(each.body.decode() for each in receiver.received)
        about = {"userId": await id_of(ada), "sessionId": first, "syncType": "collection"}
        summary = (await ada.status(first))["summary"]
        assert completed.data == about | summary | {"warnings": []}
        counts = {"added": 130, "updated": 0, "removed": 0, "restored": 0}
        assert changed.data == about | counts | {"fromSeq": 1, "toSeq": 130}

        await ada.synced()
        await receiver.has_received(3)
        assert receiver.received[2].type == "sync.completed"

        gone = stage.simulator.drift.remove(ada.discogs, 2)
        stage.simulator.drift.add(ada.discogs, 3)
        second = await ada.start(full=True)
        await ada.ended(second)
        *_, changed = await receiver.has_received(5)

    assert (changed.type, changed.data["sessionId"]) == ("mirror.changed", second)
    assert (changed.data["added"], changed.data["removed"]) == (3, len(gone))
    feed = await stage.rows(changes, order_by=changes.c.seq)
    assert (changed.data["fromSeq"], changed.data["toSeq"]) == (131, feed[-1]["seq"])


async def test_a_cancelled_sync_tells_only_what_it_changed(open_stage, receiver):
    async with open_stage(webhooks_to_private_networks=True, simulated={"latency_ms": 20}) as stage:
        ada, _ = await listening(stage, receiver, items=520)
        async with ada.client(in_flight=1):
            session = await ada.start()
            await ada.until(session, lambda status: status["itemsDone"] >= 100)
            await ada.steer(session, "cancel")
            (changed,) = await receiver.has_received(1)

    assert (changed.type, changed.data["sessionId"]) == ("mirror.changed", session)
    assert changed.data["added"] == changed.data["toSeq"] >= 100


async def test_a_refused_token_is_told_once_and_with_it_the_end_of_each_sync(stage, receiver):
    ada, _ = await listening(stage, receiver, items=10, wants=10)
    stage.simulator.users.give_token(ada.discogs, "quite-another-token-0123")
    sessions = {await ada.start(), await ada.start("wantlist")}
    async with ada.client():
        for session in sessions:
            assert (await ada.ended(session))["errorCode"] == "token_rejected"
        told = await receiver.has_received(3)

    assert sorted(each.type for each in told) == ["sync.failed", "sync.failed", "token.rejected"]
    failures = [each.data for each in told if each.type == "sync.failed"]
    assert {each["sessionId"] for each in failures} == sessions
    assert {(each["code"], each["retryable"]) for each in failures} == {("token_rejected", True)}


async def test_held_removals_are_told_when_they_are_confirmed(stage, receiver):
    ada, _ = await listening(stage, receiver, events=["mirror.changed"], items=12)
    async with ada.client():
        await ada.synced()
        stage.simulator.drift.remove(ada.discogs, 12)
        session = await ada.start(full=True)
        assert (await ada.ended(session))["summary"]["heldRemovals"] == 12
        await receiver.has_received(1)
        assert (await ada.steer(session, "confirmRemovals", {"confirm": True})).status_code == 200
        _, changed = await receiver.has_received(2)

    assert changed.data["removed"] == 12
    assert (changed.data["fromSeq"], changed.data["toSeq"]) == (13, 24)


async def test_an_overdue_mirror_is_told_once_for_each_due_time(stage, receiver, clock):
    ada, _ = await listening(stage, receiver, events=["mirror.overdue"], items=3)
    bob = await stage.person("bob", items=3)
    async with ada.client(), bob.client(address="127.0.0.3"):
        await ada.synced()
        await bob.synced()
    checked_at = clock.now()
    watch = stage.server.webhooks.overdue

    clock.pass_(6 * 60 * MINUTE + 9 * MINUTE)
    await watch.tick()
    clock.pass_(2 * MINUTE)
    for _ in range(3):
        await watch.tick()
        clock.pass_(60 * MINUTE)
    (told,) = await receiver.has_received(1)
    async with ada.client():
        await ada.synced()
    clock.pass_(7 * 60 * MINUTE)
    await watch.tick()
    _, again = await receiver.has_received(2)

    assert told.data["userId"] == again.data["userId"] == await id_of(ada)
    assert told.data["syncType"] == "collection"
    assert told.data["checkedAt"] == checked_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert told.data["dueAt"] < again.data["dueAt"]


async def test_nobody_is_told_of_somebody_elses_syncs(stage, receiver):
    ada, _ = await listening(stage, receiver, items=3)
    bob = await stage.person("bob", items=3)
    async with bob.client(address="127.0.0.3"):
        await bob.synced()
    async with ada.client():
        await ada.synced()
    told = await receiver.has_received(2)
    assert {each.data["userId"] for each in told} == {await id_of(ada)}
