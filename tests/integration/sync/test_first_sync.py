"""The first sync: everything arrives, once, in its own time."""

import asyncio

from cratesync.server.store.tables import requests, syncs
from integration.sync.stage import LOOKS, key_of


def asked(stage, part=""):
    return [call.path for call in stage.calls(part)]


async def test_every_item_and_want_arrives_with_all_its_fields(stage):
    ada = await stage.person(items=1234, wants=321)
    async with ada.client():
        first = await ada.sync()
        second = await ada.sync("wantlist")

    assert (first["status"], first["summary"]["added"], first["summary"]["verified"]) == (
        "completed",
        1234,
        True,
    )
    assert (second["status"], second["summary"]["added"]) == ("completed", 321)
    assert len(asked(stage)) == 1 + 3 + 13 + LOOKS + 4 + LOOKS
    assert stage.asked_again() == []
    stage.assert_paced()
    await ada.assert_mirrors("collection")
    await ada.assert_mirrors("wantlist")


async def test_folders_fields_and_value_arrive(stage):
    ada = await stage.person(items=130)
    async with ada.client():
        await ada.sync()

    folders = (await ada.caller.get("/api/collection/folders")).json()["folders"]
    collection = ada.discogs.collection
    assert folders == [
        {"id": folder.id, "name": folder.name, "count": folder.count}
        for folder in map(collection.folder, (id_ for id_, _ in collection.folders))
    ]
    fields = (await ada.caller.get("/api/collection/fields")).json()["fields"]
    assert [field["name"] for field in fields] == [field.name for field in collection.fields]
    value = (await ada.caller.get("/api/collection/value")).json()
    assert value["value"]["median"] == collection.value.median
    assert len(value["history"]) == 1


async def test_the_mirror_reads_the_same_in_pages_of_any_size(stage):
    ada = await stage.person(items=23, wants=9)
    async with ada.client():
        await ada.sync()
        await ada.sync("wantlist")

    for limit in (1, 7, 100, 500):
        items, wants = await ada.mirror(limit=limit), await ada.mirror("wantlist", limit=limit)
        assert [key_of(each) for each in items] == sorted(ada.discogs.collection.instance_ids())
        assert [key_of(each) for each in wants] == sorted(ada.discogs.wantlist.release_ids())


async def test_a_cursor_stays_right_while_a_sync_runs(open_stage):
    async with open_stage(simulated={"latency_ms": 30}) as stage:
        ada = await stage.person(items=900)
        async with ada.client(in_flight=2):
            session = await ada.start()
            await ada.until(session, lambda status: status["itemsDone"] >= 100)
            first = (await ada.caller.get("/api/collection?limit=50")).json()
            seen = {key_of(each) for each in first["items"]}
            cursor = first["nextCursor"]
            while cursor:
                page = (await ada.caller.get(f"/api/collection?limit=50&cursor={cursor}")).json()
                keys = [key_of(each) for each in page["items"]]
                assert seen.isdisjoint(keys)
                assert keys == sorted(keys)
                assert not seen or min(keys) > max(seen)
                seen.update(keys)
                cursor = page["nextCursor"]
            assert (await ada.ended(session))["status"] == "completed"
        assert seen <= await ada.keys()
        assert len(await ada.keys()) == 900


async def test_a_walk_by_rating_meets_every_record_once_while_a_sync_rates_them_anew(stage):
    ada = await stage.person(items=240)
    async with ada.client():
        await ada.sync()
        begun = "/api/collection?sort=rating&order=desc&limit=60"
        page = (await ada.caller.get(begun)).json()
        met = [key_of(each) for each in page["items"]]
        for number, release in enumerate({each["releaseId"] for each in await ada.mirror()}):
            ada.discogs.rate(release, number % 6)
        assert (await ada.synced(full=True))["updated"] > 100
        while cursor := page["nextCursor"]:
            page = (await ada.caller.get(f"{begun}&cursor={cursor}")).json()
            met += [key_of(each) for each in page["items"]]

    assert sorted(met) == sorted(await ada.keys())
    anew = (await ada.caller.get(begun)).json()["items"]
    assert {each["rating"] for each in anew} <= {4, 5}


async def test_counters_agree_with_the_rows_and_no_row_holds_a_credential(stage):
    ada = await stage.person(items=450)
    session = await ada.start()  # before a client comes, so that the check of the token is this sync's
    async with ada.client():
        status = await ada.ended(session)

    rows = await stage.rows(requests, requests.c.sync_session_id == (await stage.rows(syncs))[0]["id"])
    assert status["totalRequests"] == status["completedRequests"] == len(rows) == 1 + 3 + 5 + LOOKS
    assert status["failedRequests"] == 0
    assert status["percentComplete"] == 100
    assert status["itemsDone"] == status["itemsTotal"] == 450
    assert status["summary"]["requests"] == len(stage.calls())
    for row in rows:
        assert set(row["headers"]) == {"User-Agent", "Accept"}
        assert row["method"] == "GET"
        assert row["status"] == "completed"
        assert row["response_body"] is None
        assert ada.token not in str(row)


async def test_progress_is_told_as_snapshots_that_only_grow(stage):
    ada = await stage.person(items=900)
    async with ada.client() as client:
        session = await ada.start()
        end = await client.told_the_end(session)

    told = [data for _, data in client.progress(session)]
    revisions = [data.revision for data in told]
    assert revisions == sorted(set(revisions))
    assert end.data.revision > revisions[-1] - 1
    percents = [data.percent_complete for data in told]
    assert percents == sorted(percents)
    assert told[0].percent_complete == 0
    assert len(client.terminal(session)) == 1
    assert {data.total_requests for data in told if data.percent_complete > 0} <= {
        1 + 3 + 1 + 9,
        1 + 3 + 9 + LOOKS,
    }


async def test_no_window_is_ever_overspent(open_stage):
    async with open_stage(window=0.6, simulated={"limit": 6, "latency_ms": 5, "jitter": 0.5}) as stage:
        ada = await stage.person(items=1200)
        async with ada.client():
            status = await ada.sync()

        assert status["status"] == "completed", status
        assert len(asked(stage, "releases")) == 12 + LOOKS
        assert stage.asked_again() == []
        stage.assert_paced()


async def test_two_users_sync_side_by_side_and_see_only_their_own(stage):
    ada, bob = await stage.person("ada", items=350), await stage.person("bob", items=250, wants=40)
    async with ada.client(address="127.0.0.2"), bob.client(address="127.0.0.3"):
        ended = await asyncio.gather(ada.sync(), bob.sync(), bob.sync("wantlist"))

    assert [status["status"] for status in ended] == ["completed"] * 3
    await ada.assert_mirrors()
    await bob.assert_mirrors()
    await bob.assert_mirrors("wantlist")
    assert {call.ip for call in stage.calls("/users/ada/")} == {"127.0.0.2"}
    assert {call.ip for call in stage.calls("/users/bob/")} == {"127.0.0.3"}


async def test_an_empty_collection_is_a_collection(stage):
    ada = await stage.person(items=0, wants=0)
    async with ada.client():
        status, wants = await ada.sync(), await ada.sync("wantlist")

    assert (status["status"], status["summary"]["added"], status["summary"]["verified"]) == (
        "completed",
        0,
        True,
    )
    assert wants["status"] == "completed"
    assert await ada.mirror() == await ada.mirror("wantlist") == []


async def test_a_sync_without_a_client_waits_for_one(stage):
    ada = await stage.person(items=50)
    session = await ada.start()
    waiting = await ada.status(session)
    async with ada.client():
        status = await ada.ended(session)

    assert (waiting["status"], waiting["reason"]) == ("paused", "client_disconnected")
    assert status["status"] == "completed"
    assert asked(stage, "identity") == ["/oauth/identity"]


async def test_page_limit_reads_so_many_pages_and_no_more(stage):
    ada = await stage.person(items=950)
    async with ada.client():
        limited = await ada.synced(full=True, page_limit=3)
        assert len(asked(stage, "releases")) == 3
        assert limited["added"] == 300
        assert limited["verified"] is False
        rest = await ada.synced()

    assert rest["added"] == 650
    await ada.assert_mirrors()
