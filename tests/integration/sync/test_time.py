"""What the clock alone does: syncs that go stale, rows that grow old. The clock is moved by hand."""

from datetime import timedelta

import pytest

from cratesync.server.clock import HandClock
from cratesync.server.store.contents import Part, sweep
from cratesync.server.store.tables import contents, items, requests, scan_pages, syncs
from cratesync.simulator import Fault, Kind
from running_server import PASSWORD, Caller

HOUR = 3600.0
DAY = 24 * HOUR


@pytest.fixture
def clock():
    return HandClock()


async def pass_(stage, person, clock, seconds):
    """Time goes by, the reaper looks, and the person signs in again."""
    clock.advance(seconds)
    await stage.server.syncing.reaper.clean()
    async with stage.server.database.write() as connection:
        await sweep(connection, Part(), now=clock.now(), at_most=100)
    credentials = {"username": person.discogs.name, "password": PASSWORD}
    answer = await stage.running.http.post("/api/auth/login", json=credentials)
    person.caller = Caller(stage.running.http, answer.json()["accessToken"])


async def test_a_sync_that_hears_nothing_for_a_day_is_stale(open_stage, clock):
    async with open_stage(clock=clock) as stage:
        ada = await stage.person(items=10, wants=10)
        session = await ada.start()
        paused = await ada.start("wantlist")
        await ada.steer(paused, "pause")
        await pass_(stage, ada, clock, 23 * HOUR)
        assert (await ada.status(session))["status"] == "paused"
        await pass_(stage, ada, clock, 2 * HOUR)
        ended = [await ada.status(session), await ada.status(paused)]

        assert [(status["status"], status["errorCode"]) for status in ended] == [("failed", "stale")] * 2
        assert "24 hours" in ended[0]["errorMessage"]
        assert {row["status"] for row in await stage.rows(requests)} == {"failed"}
        await stage.server.syncing.reaper.clean()
        assert (await ada.status(session))["revision"] == ended[1]["revision"]

        await ada.steer(session, "retry")
        async with ada.client():
            assert (await ada.ended(session))["status"] == "completed"


async def test_requests_and_tombstones_are_purged_after_their_time(open_stage, clock):
    async with open_stage(clock=clock, attempts_max=1) as stage:
        ada = await stage.person(items=40)
        async with ada.client():
            first = await ada.start()
            assert (await ada.ended(first))["status"] == "completed"
            stage.simulator.drift.remove(ada.discogs, 2)
            assert (await ada.synced())["removed"] == 2
            stage.simulator.faults.set(Fault(Kind.EMPTY, path="*/releases", next=1))
            failed = await ada.start(full=True)
            assert (await ada.ended(failed))["errorCode"] == "incomplete"
        await pass_(stage, ada, clock, 29 * DAY)
        assert len(await stage.rows(items)) == 40
        before = len(await stage.rows(requests))
        await pass_(stage, ada, clock, 2 * DAY)
        await pass_(stage, ada, clock, 1.1 * DAY)

        assert before > 0
        assert await stage.rows(requests) == []
        assert await stage.rows(scan_pages) == []
        assert len(await stage.rows(items)) == 38
        assert len(await stage.rows(contents)) == len(
            {item["content_digest"] for item in await stage.rows(items)}
        )
        assert len(await stage.rows(syncs)) == 3
        answer = await ada.steer(failed, "retry")
        assert (answer.status_code, answer.json()["code"]) == (410, "sync_purged")
        assert len(await ada.mirror()) == 38

        await pass_(stage, ada, clock, 365 * DAY)
        assert await stage.rows(syncs) == []
        answer = await ada.steer(failed, "retry")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert len(await ada.mirror()) == 38


@pytest.mark.parametrize("kept", [{"changes_days": 36_500}, {"changes_days": 0.5}])
async def test_whatever_is_kept_for_longest_cleaning_goes_on_and_requests_are_kept_as_long_as_is_said(
    open_stage, clock, kept
):
    async with open_stage(clock=clock, **kept) as stage:
        ada = await stage.person(items=40)
        async with ada.client():
            await ada.synced()
        await pass_(stage, ada, clock, 2 * DAY)
        await stage.server.syncing.reaper.clean()

        assert len(await stage.rows(syncs)) == 1
        assert len(await stage.rows(requests)) > 0


async def test_a_week_makes_a_full_comparison_due(open_stage, clock):
    async with open_stage(clock=clock) as stage:
        ada = await stage.person(items=510)
        async with ada.client():
            await ada.synced()
        await pass_(stage, ada, clock, 6.9 * DAY)
        async with ada.client():
            await ada.synced()
            assert len(stage.calls("/releases")) == 1
        await pass_(stage, ada, clock, 0.2 * DAY)
        async with ada.client():
            assert (await ada.synced())["verified"] is True
            assert len(stage.calls("/releases")) == 1 + 6


async def test_a_wall_clock_that_is_set_back_disturbs_no_sync(open_stage, clock):
    async with open_stage(clock=clock) as stage:
        ada = await stage.person(items=130)
        clock.step(-timedelta(hours=3).total_seconds())
        async with ada.client():
            assert (await ada.sync())["status"] == "completed"
            clock.step(-timedelta(hours=3).total_seconds())
            assert (await ada.sync())["status"] == "completed"
        await ada.assert_mirrors()
