"""What happened to the records, as programs follow it and as people look back on it."""

import asyncio
import random
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import pytest
from msgspec import structs

from cratesync.server.clock import HandClock
from cratesync.server.ids import new_id
from cratesync.server.store import feed
from cratesync.server.store.feed import Change
from cratesync.server.store.tables import changes, users
from integration.sync.stage import key_of
from integration.sync.test_time import DAY, pass_


@pytest.fixture
def clock():
    return HandClock()


async def a_user(connection, now):
    user_id = new_id()
    await connection.execute(
        users.insert().values(id=user_id, username="ada", username_key="ada", created_at=now, updated_at=now)
    )
    return user_id


async def told(person, kind="collection", **asked):
    answer = await person.caller.get(f"/api/{kind}/changes?{urlencode(asked)}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def followed(person, kind="collection", *, since, limit=500):
    """All changes from a number on, and where to go on from."""
    found = []
    while True:
        page = await told(person, kind, since=since, limit=limit)
        found += page["changes"]
        since = page["nextSince"]
        if not page["isMore"]:
            return found, since


async def test_a_program_that_follows_along_has_the_mirror(open_stage):
    async with open_stage() as stage:
        ada = await stage.person(items=230, wants=40)
        copy, since = {}, 0
        async with ada.client():
            for full in (True, False, True):
                await ada.synced(full=full)
                await ada.synced("wantlist", full=full)
                entries, since = await followed(ada, since=since, limit=37)
                for entry in entries:
                    copy.pop(entry["key"], None)
                    if entry["isMirrored"]:
                        copy[entry["key"]] = entry["record"]
                assert copy == {key_of(record): record for record in await ada.mirror()}
                stage.simulator.drift.remove(ada.discogs, 2)
                stage.simulator.drift.add(ada.discogs, 3)
                stage.simulator.drift.rerate(ada.discogs, 2)
                stage.simulator.drift.unwant(ada.discogs, 1)
        seqs = [row["seq"] for row in await stage.rows(changes, order_by=changes.c.seq)]
        assert seqs == list(range(1, since + 1))


async def test_an_update_tells_what_was_and_what_is(stage):
    ada = await stage.person(items=20)
    async with ada.client():
        await ada.synced()
        record = (await ada.mirror())[0]
        before = await told(ada, order="desc", limit=1)
        stage.simulator.drift.move(ada.discogs, 1, [record["instanceId"]])
        status = await ada.sync(full=True)

    page = await told(ada, since=before["nextSince"])
    (change,) = page["changes"]
    moved = (await ada.mirror())[0]
    assert (change["action"], change["fields"], change["key"]) == (
        "updated",
        ["folderId"],
        record["instanceId"],
    )
    assert change["before"] == {"folderId": record["folderId"]}
    assert change["after"] == {"folderId": moved["folderId"]} != change["before"]
    assert change["sessionId"] == status["sessionId"]
    assert (change["record"], change["isMirrored"]) == (moved, True)


async def test_a_removed_record_is_shown_as_it_last_was_and_then_not_at_all(open_stage, clock):
    async with open_stage(clock=clock) as stage:
        ada = await stage.person(items=20)
        async with ada.client():
            await ada.synced()
            records = {key_of(record): record for record in await ada.mirror()}
            (gone,) = stage.simulator.drift.remove(ada.discogs, 1)
            await ada.synced(full=True)
        (removed,) = (await told(ada, action="removed"))["changes"]
        assert (removed["key"], removed["isMirrored"]) == (gone, False)
        assert removed["record"]["title"] == records[gone]["title"]

        await pass_(stage, ada, clock, 31 * DAY)
        (removed,) = (await told(ada, action="removed"))["changes"]
        assert (removed["key"], removed["isMirrored"], removed["record"]) == (gone, False, None)


async def test_people_look_back_by_sync_by_day_and_by_record(open_stage, clock):
    async with open_stage(clock=clock) as stage:
        ada = await stage.person(items=15, wants=5)
        async with ada.client():
            first = await ada.sync()
            await ada.sync("wantlist")
        await pass_(stage, ada, clock, DAY)
        begins = clock.now()
        stage.simulator.drift.add(ada.discogs, 2)
        stage.simulator.drift.edit(ada.discogs, 1)
        async with ada.client():
            second = await ada.sync(full=True)

        by_sync = await told(ada, sessionId=second["sessionId"])
        assert sorted(each["action"] for each in by_sync["changes"]) == ["added", "added", "updated"]
        assert len((await told(ada, sessionId=first["sessionId"]))["changes"]) == 15
        by_day = await told(
            ada, **{"from": begins.isoformat(), "to": (begins + timedelta(days=1)).isoformat()}
        )
        assert by_day["changes"] == by_sync["changes"]
        assert (await told(ada, **{"from": (begins.date() + timedelta(days=2)).isoformat()}))["changes"] == []
        (edited,) = (await told(ada, action="updated"))["changes"]
        of_one = await told(ada, instanceId=edited["key"], order="desc")
        assert [each["action"] for each in of_one["changes"]] == ["updated", "added"]
        wanted = (await told(ada, "wantlist"))["changes"]
        assert len(wanted) == 5
        assert len((await told(ada, "wantlist", releaseId=wanted[0]["key"]))["changes"]) == 1


async def test_the_newest_come_first_page_by_page(stage):
    ada = await stage.person(items=12)
    async with ada.client():
        await ada.synced()
    newest = await told(ada, order="desc", limit=5)
    older = await told(ada, order="desc", limit=50, before=newest["changes"][-1]["seq"])

    assert [each["seq"] for each in newest["changes"] + older["changes"]] == list(range(12, 0, -1))
    assert (newest["isMore"], older["isMore"], newest["nextSince"]) == (True, False, 12)


async def test_whoever_stops_before_a_number_or_an_instant_goes_on_from_there(stage):
    ada = await stage.person(items=12)
    async with ada.client():
        await ada.synced()
    up_to_five = await told(ada, since=2, before=6)
    none_yet = await told(ada, since=2, to="2020-01-01")

    assert [each["seq"] for each in up_to_five["changes"]] == [3, 4, 5]
    assert (up_to_five["nextSince"], none_yet["nextSince"]) == (5, 2)
    following = await told(ada, since=up_to_five["nextSince"])
    assert [each["seq"] for each in following["changes"]] == list(range(6, 13))


async def test_a_cursor_older_than_what_is_kept_is_told_where_to_begin_anew(open_stage, clock):
    async with open_stage(clock=clock, changes_days=10) as stage:
        ada = await stage.person(items=30)
        async with ada.client():
            await ada.synced()
        await pass_(stage, ada, clock, 6 * DAY)
        stage.simulator.drift.add(ada.discogs, 3)
        async with ada.client():
            await ada.synced()
        await pass_(stage, ada, clock, 6 * DAY)

        expired = await ada.caller.get("/api/collection/changes?since=29")
        assert (expired.status_code, expired.json()["code"]) == (410, "cursor_expired")
        assert expired.json()["restartSince"] == 33
        assert (await told(ada, since=33))["changes"] == []
        assert [each["seq"] for each in (await told(ada, since=30))["changes"]] == [31, 32, 33]
        assert (await told(ada))["changes"] == (await told(ada, since=30))["changes"]
        never_given = await ada.caller.get("/api/collection/changes?since=34")
        assert (never_given.status_code, never_given.json()["restartSince"]) == (410, 33)

        await pass_(stage, ada, clock, 6 * DAY)
        expired = await ada.caller.get("/api/collection/changes?since=30")
        assert (expired.status_code, expired.json()["restartSince"]) == (410, 33)
        assert (await told(ada, since=33))["nextSince"] == 33


async def test_changes_go_from_the_oldest_on_though_the_clock_was_set_back(database, clock):
    """Their instants then disagree with their order, and a gap would be one that no cursor is told of."""
    async with database.write() as connection:
        user_id = await a_user(connection, clock.now())
        seq = 0
        for days_ago in (5, 20, 1, 20, 5):
            at = clock.now() - timedelta(days=days_ago)
            seq = await feed.append(
                connection,
                user_id,
                "collection",
                [Change(seq, "added")],
                sync_id=None,
                change_seq=seq,
                now=at,
            )
    for before, kept in ((10, [1, 2, 3, 4, 5]), (3, [3, 4, 5]), (0, [])):
        async with database.write() as connection:
            await feed.purge(connection, before=clock.now() - timedelta(days=before), at_most=500)
            rows = await connection.execute(changes.select().order_by(changes.c.seq))
            assert [row.seq for row in rows] == kept


async def test_a_cursor_never_skips_a_change_that_commits_late(stage):
    """Many write at once, each in a transaction that takes its time, while one follows along."""
    ada = await stage.person()
    user_id = UUID((await ada.caller.get("/api/users/me")).json()["id"])
    roll = random.Random(7)
    waits = [roll.random() * 0.004 for _ in range(60)]

    async def write(number):
        async with stage.server.syncing.transactions.open(user_id) as transaction:
            await asyncio.sleep(waits[number] / 2)
            change_seq = await feed.append(
                transaction.connection,
                user_id,
                "collection" if number % 3 else "wantlist",
                [Change(number * 10 + nth, "added") for nth in range(1 + number % 4)],
                sync_id=None,
                change_seq=transaction.ledger.change_seq,
                now=transaction.now,
            )
            transaction.ledger = structs.replace(transaction.ledger, change_seq=change_seq)
            await asyncio.sleep(waits[number] / 2)

    writing = asyncio.gather(*(write(number) for number in range(60)))
    seen, since = {"collection": [], "wantlist": []}, 0
    while not writing.done():
        for kind, found in seen.items():
            entries, newest = await followed(ada, kind, since=found[-1] if found else 0, limit=7)
            found += [entry["seq"] for entry in entries]
            since = max(since, newest)
    await writing
    for kind, found in seen.items():
        found += [entry["seq"] for entry in (await followed(ada, kind, since=found[-1] if found else 0))[0]]

    written = sum(1 + number % 4 for number in range(60))
    assert sorted(seen["collection"] + seen["wantlist"]) == list(range(1, written + 1))
    assert seen["collection"] == sorted(seen["collection"])


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"since": -1}, 400, "invalid_parameter"),
        ({"since": 2**63}, 400, "invalid_parameter"),
        ({"since": "x"}, 400, "invalid_parameter"),
        ({"limit": 501}, 400, "invalid_parameter"),
        ({"order": "up"}, 400, "invalid_parameter"),
        ({"action": "stolen"}, 400, "invalid_parameter"),
        ({"from": "yesterday"}, 400, "bad_instant"),
        ({"to": "9999-12-31T23:59:59-14:00"}, 400, "bad_instant"),
        ({"sessionId": "1"}, 404, "not_found"),
        ({"sessionId": "01a21476-f5f4-75c4-9873-495a2575f03c"}, 404, "not_found"),
    ],
)
async def test_what_cannot_be_answered_is_refused_with_a_code(server, asked, status, code):
    ada = await server.register("ada")
    answer = await ada.get(f"/api/collection/changes?{urlencode(asked)}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_nobody_sees_the_changes_of_others(stage):
    ada, berta = await stage.person(items=5), await stage.person("berta", items=5)
    async with ada.client():
        session = (await ada.sync())["sessionId"]

    assert (await told(berta))["changes"] == []
    answer = await berta.caller.get(f"/api/collection/changes?sessionId={session}")
    assert answer.status_code == 404
