"""What goes wrong on the way: a sync gets over it, or says what it could not get and gets that later."""

from dataclasses import replace

import pytest

from cratesync.server.store.tables import requests
from cratesync.simulator import Fault, Kind
from integration.sync.stage import LOOKS, key_of

PASSING = [
    Fault(Kind.SERVER_ERROR, next=1, path="*/releases"),
    Fault(Kind.BAD_GATEWAY, next=1, path="*/releases"),
    Fault(Kind.HTML, next=1, path="*/releases"),
    Fault(Kind.EMPTY, next=1, path="*/releases"),
    Fault(Kind.TRUNCATED, next=1, path="*/releases"),
    Fault(Kind.SLOW, next=1, path="*/releases", seconds=0.4),
    Fault(Kind.CUT, next=2, path="*/releases"),
    Fault(Kind.THROTTLED, next=2, path="*/releases"),
    Fault(Kind.SERVER_ERROR, next=1, path="/oauth/identity"),
]


@pytest.mark.parametrize(
    "fault", PASSING, ids=lambda fault: f"{fault.kind}{'-identity' * ('oauth' in fault.path)}"
)
async def test_a_fault_that_passes_costs_time_and_nothing_else(open_stage, fault):
    async with open_stage(window=0.5) as stage:
        ada = await stage.person(items=230)
        fault = stage.simulator.faults.set(replace(fault))
        async with ada.client():
            status = await ada.sync()

        assert status["status"] == "completed", status
        # The check of the token may have been made before the sync began; everything else is the sync's own.
        rows = await stage.rows(requests, requests.c.sync_session_id.is_not(None))
        assert sum("/oauth/identity" not in row["url"] for row in rows) == 3 + 3 + LOOKS
        assert (status["completedRequests"], status["failedRequests"]) == (len(rows), 0)
        assert status["summary"]["verified"] is True
        assert status["summary"]["requests"] == len(stage.calls())
        assert fault.happened >= 1
        await ada.assert_mirrors()


async def test_a_page_that_always_fails_leaves_the_rest_and_is_all_that_a_retry_fetches(open_stage):
    async with open_stage(attempts_max=2) as stage:
        ada = await stage.person(items=450)
        stage.simulator.faults.set(Fault(Kind.SERVER_ERROR, path="*/releases", page=3))
        async with ada.client() as client:
            session = await ada.start()
            end = await client.told_the_end(session)
            failed = await ada.status(session)
            kept = await ada.keys()

            assert (end.data.code, end.data.retryable) == ("incomplete", True)
            assert (failed["status"], failed["errorCode"]) == ("failed", "incomplete")
            assert "failed for good: Discogs" in failed["errorMessage"]
            assert (failed["completedRequests"], failed["failedRequests"]) == (9, 1)
            assert failed["summary"]["verified"] is False
            assert len(kept) == 350
            rows = await stage.rows(requests, requests.c.status == "failed")
            assert [(row["retry_count"], row["error_code"], row["response_status"]) for row in rows] == [
                (2, "server_error", 500)
            ]

            stage.simulator.faults.clear()
            stage.simulator.journal.clear()
            assert (await ada.steer(session, "retry")).json()["status"] == "in_progress"
            status = await ada.ended(session)

        missing, last_look = [call.path for call in stage.calls()]
        assert missing == rows[0]["url"].removeprefix(stage.discogs_url)
        assert "sort_order=desc" in last_look
        assert (status["status"], status["errorCode"]) == ("completed", None)
        assert (status["completedRequests"], status["failedRequests"], status["totalRequests"]) == (11, 0, 11)
        assert status["summary"]["verified"] is True
        await ada.assert_mirrors()


async def test_what_stands_beside_the_records_fails_with_a_warning(open_stage):
    async with open_stage(attempts_max=1) as stage:
        ada = await stage.person(items=30)
        stage.simulator.faults.set(Fault(Kind.EMPTY, path="*/value"))
        async with ada.client():
            status = await ada.sync()

        assert status["status"] == "completed"
        assert [warning["code"] for warning in status["summary"]["warnings"]] == ["value_failed"]
        assert status["failedRequests"] == 1
        assert (await ada.caller.get("/api/collection/value")).json()["value"] is None


async def test_a_retry_goes_by_what_is_mirrored_now_and_not_by_what_was(open_stage):
    async with open_stage(attempts_max=1) as stage:
        ada = await stage.person(items=600)
        async with ada.client():
            await ada.synced()
            stage.simulator.faults.set(Fault(Kind.SERVER_ERROR, path="*/releases", next=1))
            session = await ada.start()
            assert (await ada.ended(session))["errorCode"] == "incomplete"
            stage.simulator.drift.add(ada.discogs, 3)
            await ada.synced()
            stage.simulator.drift.remove(
                ada.discogs, 3, [key_of(record) for record in (await ada.mirror())[:3]]
            )
            await ada.steer(session, "retry")
            assert (await ada.ended(session))["status"] == "completed"

        await ada.assert_mirrors()


async def test_a_discogs_that_never_answers_is_given_up_and_a_retry_gets_through(open_stage):
    async with open_stage(window=0.2) as stage:
        ada = await stage.person(items=130)
        stage.simulator.faults.set(Fault(Kind.CUT))
        async with ada.client():
            session = await ada.start()
            status = await ada.ended(session)
            assert (status["status"], status["errorCode"]) == ("failed", "discogs_unreachable")

            stage.simulator.faults.clear()
            await ada.steer(session, "retry")
            status = await ada.ended(session)

        assert status["status"] == "completed", status
        await ada.assert_mirrors()


async def test_a_sync_in_foul_weather_still_brings_everything(open_stage):
    async with open_stage(window=0.5, attempts_max=20, simulated={"latency_ms": 10, "seed": 7}) as stage:
        ada = await stage.person(items=400, wants=100)
        for kind in (Kind.SERVER_ERROR, Kind.TRUNCATED, Kind.HTML, Kind.THROTTLED):
            stage.simulator.faults.set(Fault(kind, rate=0.08))
        async with ada.client():
            first = await ada.sync()
            second = await ada.sync("wantlist")
        stage.simulator.faults.clear()

        assert (first["status"], second["status"]) == ("completed", "completed"), stage.simulator.config.seed
        await ada.assert_mirrors()
        await ada.assert_mirrors("wantlist")
