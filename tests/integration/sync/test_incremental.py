"""A sync of what is mirrored already: cheap where nothing happened, right where something did."""

import pytest
from msgspec import json

from cratesync.server.store.tables import changes, items, mirrors, wants
from integration.sync.stage import key_of, pages

NO_UPDATE = ("dateAdded", "thumb", "coverImage", "firstSeenAt", "updatedAt")


def essence(records):
    """What a change of would be an update."""
    return {
        key_of(record): {name: value for name, value in record.items() if name not in NO_UPDATE}
        for record in records
    }


def differing(before, after):
    """The keys in both whose records differ."""
    return {key for key in before.keys() & after.keys() if before[key] != after[key]}


async def feed_of(stage):
    """The change feed, which has no gaps."""
    rows = await stage.rows(changes, order_by=changes.c.seq)
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    return [(row["key"], row["action"], json.decode(json.encode(row["fields"]))) for row in rows]


async def test_an_unchanged_mirror_costs_one_page_and_writes_no_row(stage):
    ada = await stage.person(items=1200)
    async with ada.client():
        await ada.synced()
        before = await stage.rows(items, order_by=items.c.instance_id)
        fed = await feed_of(stage)
        summary = await ada.synced()

    assert len(stage.calls("/releases")) == 1
    assert len(stage.calls()) == 1 + 3
    assert (summary["added"], summary["updated"], summary["removed"]) == (0, 0, 0)
    assert await stage.rows(items, order_by=items.c.instance_id) == before
    assert await feed_of(stage) == fed


async def test_what_was_added_is_found_on_the_newest_page(stage):
    ada = await stage.person(items=1200)
    async with ada.client():
        await ada.synced()
        added = stage.simulator.drift.add(ada.discogs, 3)
        summary = await ada.synced()

    assert len(stage.calls("/releases")) == 1
    assert (summary["added"], summary["updated"], summary["removed"]) == (3, 0, 0)
    assert {(key, "added") for key in added} == {change[:2] for change in (await feed_of(stage))[1200:]}
    await ada.assert_mirrors()


async def test_many_additions_are_walked_page_by_page(stage):
    ada = await stage.person(items=510)
    async with ada.client():
        await ada.synced()
        stage.simulator.drift.add(ada.discogs, 150)
        summary = await ada.synced()

    assert len(stage.calls("/releases")) == 2
    assert summary["added"] == 150
    await ada.assert_mirrors()


async def test_a_removal_shows_in_the_count_and_leads_to_a_full_scan(stage):
    ada = await stage.person(items=510)
    async with ada.client():
        await ada.synced()
        gone = stage.simulator.drift.remove(ada.discogs, 1)
        added = stage.simulator.drift.add(ada.discogs, 1)
        summary = await ada.synced()

    assert (summary["added"], summary["removed"], summary["unchanged"]) == (1, 1, 509)
    assert summary["verified"] is True
    assert [change[:2] for change in (await feed_of(stage))[510:]] == [
        (added[0], "added"),
        (gone[0], "removed"),
    ]
    await ada.assert_mirrors()


async def test_a_full_sync_sees_every_edit_and_names_the_fields_that_differ(stage):
    ada = await stage.person(items=510)
    drift = stage.simulator.drift
    async with ada.client():
        await ada.synced()
        before = essence(await ada.mirror())
        drift.rerate(ada.discogs, 2)
        drift.move(ada.discogs, 2)
        drift.edit(ada.discogs, 2)
        drift.retitle(ada.discogs, 2)
        unseen = await ada.synced()
        summary = await ada.synced(full=True)

    after = essence(await ada.mirror())
    edited = differing(before, after)
    assert len(edited) >= 6
    assert unseen["updated"] + summary["updated"] == len(edited)
    assert summary["unchanged"] == 510 - summary["updated"]
    fed = (await feed_of(stage))[510:]
    assert {change[0] for change in fed} == edited
    for key, action, fields in fed:
        assert action == "updated"
        assert set(fields) == {name for name in before[key] if before[key][name] != after[key][name]}
    await ada.assert_mirrors()


async def test_a_small_mirror_is_read_whole(stage):
    ada = await stage.person(items=480)
    async with ada.client():
        await ada.synced()
        stage.simulator.drift.rerate(ada.discogs, 1)
        summary = await ada.synced()

    assert len(stage.calls("/releases")) == 1 + pages(480)
    assert summary["updated"] >= 1
    assert summary["verified"] is True
    await ada.assert_mirrors()


async def test_a_full_comparison_that_grew_old_is_made_by_itself(open_stage):
    async with open_stage(full_sync_every_days=1e-9) as stage:
        ada = await stage.person(items=510)
        async with ada.client():
            await ada.synced()
            stage.simulator.drift.rerate(ada.discogs, 1)
            summary = await ada.synced()

        assert len(stage.calls("/releases")) == 1 + pages(510)
        assert summary["updated"] >= 1
        assert summary["verified"] is True


async def test_a_mirror_says_when_it_was_checked_and_when_it_was_verified(stage):
    ada = await stage.person(items=510)
    async with ada.client():
        await ada.synced()
        first = (await ada.caller.get("/api/collection?limit=1")).json()["mirror"]
        await ada.synced()
        second = (await ada.caller.get("/api/collection?limit=1")).json()["mirror"]

    assert first["verifiedAt"] == second["verifiedAt"] == first["checkedAt"]
    assert second["checkedAt"] > first["checkedAt"]
    assert len(await stage.rows(mirrors)) == 1


@pytest.mark.parametrize("order", ["refused", "ignored"])
async def test_a_wantlist_that_is_not_sorted_as_asked_is_read_whole(open_stage, order):
    async with open_stage(simulated={"wants_sort": order}) as stage:
        ada = await stage.person(wants=510)
        async with ada.client():
            first = await ada.synced("wantlist")
            stage.simulator.drift.want(ada.discogs, 1)
            second = await ada.synced("wantlist")

        assert (first["added"], second["added"]) == (510, 1)
        assert first["verified"] is True
        assert len(stage.calls("/wants")) == 1 + 2 * pages(511), (
            "where nothing is sorted, a second pass is the proof"
        )
        await ada.assert_mirrors("wantlist")


async def test_an_unchanged_sorted_wantlist_costs_one_page(stage):
    ada = await stage.person(wants=510)
    async with ada.client():
        await ada.synced("wantlist")
        before = await stage.rows(wants, order_by=wants.c.release_id)
        await ada.synced("wantlist")
        assert len(stage.calls()) == 1
        stage.simulator.drift.want(ada.discogs, 2)
        summary = await ada.synced("wantlist")

    assert len(stage.calls()) == 1
    assert summary["added"] == 2
    now = await stage.rows(wants, order_by=wants.c.release_id)
    assert [row for row in now if row["release_id"] in {old["release_id"] for old in before}] == before
    await ada.assert_mirrors("wantlist")
