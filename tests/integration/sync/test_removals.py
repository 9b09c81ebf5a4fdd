"""Nothing that is in Discogs ever vanishes from the mirror, and what is gone goes once its absence was seen."""

import pytest

from cratesync.server.store.tables import changes, held_removals, items, removal_candidates, wants
from cratesync.simulator import Fault, Kind
from integration.sync.stage import LOOKS, eventually, key_of, pages


async def removed_by_feed(stage):
    rows = await stage.rows(changes, changes.c.action == "removed")
    return {row["key"] for row in rows}


async def test_a_few_absences_are_looked_up_one_by_one(stage):
    ada = await stage.person(items=420)
    async with ada.client():
        await ada.synced()
        gone = stage.simulator.drift.remove(ada.discogs, 3)
        summary = await ada.synced(full=True)

    assert summary["removed"] == 3
    assert summary["verified"] is True
    assert len(stage.calls("/collection/releases/")) == 3
    assert len(stage.calls("/folders/0/releases")) == pages(417) + LOOKS
    assert await removed_by_feed(stage) == set(gone)
    tombstones = await stage.rows(items, items.c.removed_at.is_not(None))
    assert {row["instance_id"] for row in tombstones} == set(gone)
    assert await stage.rows(removal_candidates) == []
    await ada.assert_mirrors()


async def test_of_several_copies_only_the_one_that_is_gone_goes(stage):
    ada = await stage.person(items=60)
    kept = ada.discogs.collection.add(4711)
    lost = ada.discogs.collection.add(4711)
    async with ada.client():
        await ada.synced()
        ada.discogs.collection.remove(lost.instance_id)
        summary = await ada.synced()

    assert summary["removed"] == 1
    keys = await ada.keys()
    assert kept.instance_id in keys
    assert lost.instance_id not in keys


async def test_more_absences_than_can_be_looked_up_take_a_second_pass(stage):
    ada = await stage.person(items=400)
    async with ada.client():
        await ada.synced()
        stage.simulator.drift.remove(ada.discogs, 60)
        summary = await ada.synced(full=True)

    assert summary["removed"] == 60
    assert summary["unchanged"] == 340
    assert summary["verified"] is True
    assert stage.calls("/collection/releases/") == []
    paths = [call.path for call in stage.calls("/folders/0/releases")]
    assert sorted(paths) == sorted(2 * list(set(paths)))
    assert len(paths) == 2 * pages(340) + LOOKS
    await ada.assert_mirrors()


async def test_wants_go_after_a_second_pass_and_come_back_undeleted(stage):
    ada = await stage.person(wants=250)
    async with ada.client():
        await ada.synced("wantlist")
        since = {key_of(each): each["firstSeenAt"] for each in await ada.mirror("wantlist")}
        gone = stage.simulator.drift.unwant(ada.discogs, 2)
        summary = await ada.synced("wantlist")
        assert summary["removed"] == 2
        assert len(stage.calls("/wants")) == 2 * pages(248) + LOOKS
        await ada.assert_mirrors("wantlist")

        stage.simulator.drift.want(ada.discogs, 1, gone[:1])
        again = await ada.synced("wantlist")

    assert again["added"] == 1
    assert again["removed"] == 0
    back = next(each for each in await ada.mirror("wantlist") if key_of(each) == gone[0])
    assert back["firstSeenAt"] == since[gone[0]]
    last = (await stage.rows(changes, order_by=changes.c.seq))[-1]
    assert (last["key"], last["action"]) == (gone[0], "restored")
    assert len(await stage.rows(wants, wants.c.removed_at.is_not(None))) == 1
    await ada.assert_mirrors("wantlist")


@pytest.mark.parametrize("kind", [Kind.DRIFT_ADD, Kind.DRIFT_REMOVE, Kind.DRIFT_BOTH])
async def test_a_list_that_changes_in_mid_scan_loses_nothing(stage, kind):
    ada = await stage.person(items=320)
    async with ada.client(in_flight=1):
        await ada.synced()
        stage.simulator.faults.set(Fault(kind, next=1, path="*/folders/0/releases", page=2))
        summary = await ada.synced(full=True)

        assert (await removed_by_feed(stage)).isdisjoint(ada.discogs.collection.instance_ids())
        assert len(stage.calls("/folders/0/releases")) <= 3 * pages(321)
        assert summary["added"] == (kind is not Kind.DRIFT_REMOVE)
        await ada.synced(full=True)
    await ada.assert_mirrors()


async def test_a_list_that_never_rests_is_scanned_three_times_at_most_and_loses_nothing(stage):
    ada = await stage.person(items=330)
    async with ada.client(in_flight=1):
        await ada.synced()
        gone = stage.simulator.drift.remove(ada.discogs, 2)
        stage.simulator.faults.set(Fault(Kind.DRIFT_ADD, path="*/folders/0/releases"))
        summary = await ada.synced(full=True)

    assert summary["verified"] is False
    assert [warning["code"] for warning in summary["warnings"]] == ["scan_unsettled"]
    assert summary["removed"] == 0
    assert len(stage.calls("/folders/0/releases")) <= 1 + 3 * (pages(350) + 1)
    assert set(gone) <= await ada.keys()


async def test_an_incremental_sync_over_a_moving_list_loses_nothing(stage):
    ada = await stage.person(items=520)
    async with ada.client(in_flight=1):
        await ada.synced()
        stage.simulator.drift.remove(ada.discogs, 1)
        stage.simulator.faults.set(Fault(Kind.DRIFT_BOTH, next=2, path="*/folders/0/releases"))
        await ada.synced()
        assert (await removed_by_feed(stage)).isdisjoint(ada.discogs.collection.instance_ids())
        await ada.synced(full=True)
    await ada.assert_mirrors()


@pytest.mark.parametrize("confirm", [True, False])
async def test_suspiciously_many_removals_wait_for_the_user(stage, confirm):
    ada = await stage.person(items=40)
    async with ada.client() as client:
        await ada.synced()
        gone = set(stage.simulator.drift.remove(ada.discogs, 25))
        session = await ada.start(full=True)
        end = await client.told_the_end(session)

    assert end.data.summary.held_removals == 25
    assert end.data.summary.removed == 0
    assert len(await ada.keys()) == 40

    answer = await ada.steer(session, "confirmRemovals", {"confirm": confirm})
    assert answer.json() == {"removed": 25 if confirm else 0, "kept": 0 if confirm else 25}
    assert await removed_by_feed(stage) == (gone if confirm else set())
    assert len(await ada.keys()) == (15 if confirm else 40)
    summary = (await ada.status(session))["summary"]
    assert (summary["heldRemovals"], summary["removed"]) == (0, 25 if confirm else 0)
    again = await ada.steer(session, "confirmRemovals", {"confirm": True})
    assert (again.status_code, again.json()["code"]) == (409, "no_held_removals")


async def test_what_is_held_can_be_looked_at_before_it_goes(stage):
    ada = await stage.person(items=40)
    async with ada.client():
        await ada.synced()
        records = (await ada.caller.get("/api/collection")).json()["items"]
        gone = sorted(stage.simulator.drift.remove(ada.discogs, 25))
        session = await ada.start(full=True)
        await ada.ended(session)

    where = f"/api/discogs/syncs/{session}/heldRemovals?limit=20"
    first = (await ada.caller.get(where)).json()
    second = (await ada.caller.get(f"{where}&after={first['nextAfter']}")).json()
    shown = first["items"] + second["items"]
    assert (first["total"], second["nextAfter"]) == (25, None)
    assert [record["key"] for record in shown] == gone
    titles = {record["instanceId"]: record["title"] for record in records}
    assert all(record["title"] == titles[record["key"]] for record in shown)

    await ada.steer(session, "confirmRemovals", {"confirm": False})
    assert (await ada.caller.get(where)).json() == {"total": 0, "items": [], "nextAfter": None}


async def test_the_whole_of_a_small_mirror_is_held_too(stage):
    ada = await stage.person(items=4)
    async with ada.client():
        await ada.synced()
        stage.simulator.drift.remove(ada.discogs, 4)
        summary = await ada.synced()

    assert (summary["heldRemovals"], summary["removed"]) == (4, 0)
    assert len(await ada.keys()) == 4


async def test_a_later_scan_replaces_what_was_held(stage):
    ada = await stage.person(wants=30)
    async with ada.client():
        await ada.synced("wantlist")
        gone = stage.simulator.drift.unwant(ada.discogs, 20)
        first = await ada.start("wantlist")
        assert (await ada.ended(first))["summary"]["heldRemovals"] == 20
        stage.simulator.drift.want(ada.discogs, 1, gone[:2])
        second = await ada.start("wantlist")
        assert (await ada.ended(second))["summary"]["heldRemovals"] == 18
        assert {row["key"] for row in await stage.rows(held_removals)} == set(gone[2:])
        refused = await ada.steer(first, "confirmRemovals", {"confirm": True})
        assert (refused.status_code, refused.json()["code"]) == (409, "no_held_removals")
        stage.simulator.drift.want(ada.discogs, 1, gone[2:])
        third = await ada.synced("wantlist")

    assert (third["heldRemovals"], third["removed"], third["verified"]) == (0, 0, True)
    assert await stage.rows(held_removals) == []
    await ada.assert_mirrors("wantlist")


async def test_what_is_held_and_seen_again_is_held_no_more(stage):
    """Even where the sync that saw it did not read everything, so that the rest stays held."""
    ada = await stage.person(wants=30)
    async with ada.client():
        await ada.synced("wantlist")
        gone = stage.simulator.drift.unwant(ada.discogs, 20)
        held = await ada.start("wantlist")
        assert (await ada.ended(held))["summary"]["heldRemovals"] == 20
        stage.simulator.drift.want(ada.discogs, 1, gone[:1])
        await ada.synced("wantlist", full=True, page_limit=1)
        answer = await ada.steer(held, "confirmRemovals", {"confirm": True})

    assert answer.json() == {"removed": 19, "kept": 0}
    await ada.assert_mirrors("wantlist")


async def test_a_limited_sync_never_removes(stage):
    ada = await stage.person(items=320)
    async with ada.client():
        await ada.synced()
        stage.simulator.drift.remove(ada.discogs, 5)
        for limit in (1, 3, 10):
            summary = await ada.synced(full=True, page_limit=limit)
            assert (summary["removed"], summary["heldRemovals"], summary["verified"]) == (0, 0, False)

    assert len(await ada.keys()) == 320


async def test_a_cancelled_sync_never_removes(open_stage):
    async with open_stage(simulated={"latency_ms": 20}) as stage:
        ada = await stage.person(items=520)
        async with ada.client(in_flight=1):
            await ada.synced()
            gone = stage.simulator.drift.remove(ada.discogs, 5)
            session = await ada.start(full=True)
            await ada.until(session, lambda status: status["itemsDone"] >= 300)
            assert (await ada.steer(session, "cancel")).json()["status"] == "cancelled"
            assert set(gone) <= await ada.keys()
            await ada.synced(full=True)
        assert await removed_by_feed(stage) == set(gone)
        await ada.assert_mirrors()


async def test_what_a_look_up_could_not_show_is_kept_until_another_one_shows_it(open_stage):
    async with open_stage(attempts_max=1) as stage:
        ada = await stage.person(items=120)
        async with ada.client():
            await ada.synced()
            gone = set(stage.simulator.drift.remove(ada.discogs, 3))
            stage.simulator.faults.set(Fault(Kind.SERVER_ERROR, path="*/collection/releases/*", next=1))
            summary = await ada.synced(full=True)
            assert (summary["removed"], summary["verified"]) == (2, False)
            assert [warning["code"] for warning in summary["warnings"]] == ["removals_unproven"]
            assert len(gone & await ada.keys()) == 1
            again = await ada.synced(full=True)

        assert (again["removed"], again["verified"]) == (1, True)
        await ada.assert_mirrors()


async def test_a_second_pass_that_failed_is_made_again_by_a_retry(open_stage):
    async with open_stage(attempts_max=1, simulated={"latency_ms": 20}) as stage:
        ada = await stage.person(wants=120)
        async with ada.client(in_flight=1):
            await ada.synced("wantlist")
            gone = stage.simulator.drift.unwant(ada.discogs, 3)
            stage.simulator.journal.clear()
            session = await ada.start("wantlist", full=True)
            await eventually(lambda: at_least(1, stage, "page=2"))
            stage.simulator.faults.set(Fault(Kind.SERVER_ERROR, path="*/wants", next=1))
            failed = await ada.ended(session)
            assert (failed["status"], failed["errorCode"]) == ("failed", "incomplete")
            assert set(gone) <= await ada.keys("wantlist")

            await ada.steer(session, "retry")
            summary = (await ada.ended(session))["summary"]

        assert (summary["removed"], summary["verified"]) == (3, True)
        await ada.assert_mirrors("wantlist")


async def at_least(count, stage, part):
    return len(stage.calls(part)) >= count
