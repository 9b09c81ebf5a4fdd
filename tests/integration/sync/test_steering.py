"""Pause, resume and cancel at any moment; clients that are silent, lost, or two at a time."""

import asyncio

from cratesync.server.store.tables import requests
from integration.sync.stage import LOOK_EVERY_SECONDS, eventually


async def collect(client, count):
    """The next requests."""
    return [await client.request() for _ in range(count)]


async def begin(ada, client):
    """Answer all up to the look at the newest page: what follows are all pages, oldest first."""
    session = await ada.start()
    while True:
        request = await client.request()
        assert await client.fetch(request) == "accepted"
        if "page=1&" in request["url"]:
            return session


async def test_a_pause_holds_back_what_has_not_left_and_takes_what_has(stage):
    ada = await stage.person(items=530)
    async with ada.raw_client(maxInFlight=3) as client:
        session = await begin(ada, client)
        flying = await collect(client, 3)
        paused = (await ada.steer(session, "pause")).json()
        assert (paused["status"], paused["reason"]) == ("paused", "user")
        for request in flying:
            assert await client.fetch(request) == "accepted"
        status = await ada.status(session)
        assert (status["status"], status["reason"], status["itemsDone"]) == ("paused", "user", 300)
        again = await ada.steer(session, "pause")
        assert (again.status_code, again.json()["code"]) == (409, "illegal_move")

        resumed = (await ada.steer(session, "resume")).json()
        assert resumed["status"] == "in_progress"
        for _ in range(3 + 1):
            await client.fetch(await client.request())
        assert (await ada.ended(session))["status"] == "completed"
    await ada.assert_mirrors()


async def test_the_last_answers_of_a_paused_sync_complete_it(stage):
    ada = await stage.person(items=230)
    async with ada.client():
        await ada.synced()
    async with ada.raw_client(maxInFlight=3) as client:
        session = await begin(ada, client)
        flying = await collect(client, 3)
        await ada.steer(session, "pause")
        for request in flying:
            assert await client.fetch(request) == "accepted"
        assert (await ada.status(session))["status"] == "completed"


async def test_late_answers_to_a_cancelled_sync_are_acknowledged_and_dropped(stage):
    ada = await stage.person(items=530)
    async with ada.raw_client(maxInFlight=3) as client:
        session = await begin(ada, client)
        flying = await collect(client, 3)
        cancelled = (await ada.steer(session, "cancel")).json()
        assert cancelled["status"] == "cancelled"
        assert cancelled["completedAt"]
        for request in flying:
            assert await client.fetch(request) == "duplicate"
        assert len(await ada.keys()) == 100
        rows = await stage.rows(requests, requests.c.status == "failed")
        assert {row["error_code"] for row in rows} == {"cancelled"}
        assert (await ada.status(session))["failedRequests"] == 0
        for how in ("cancel", "pause", "resume", "retry"):
            refused = await ada.steer(session, how)
            assert (refused.status_code, refused.json()["code"]) == (409, "illegal_move")
        assert (await client.hear("sync_progress"))["data"]["sessionId"] == session


async def test_a_cancelled_syncs_calls_hold_no_slots_longer_than_they_must(open_stage):
    async with open_stage(window=0.4, lease_seconds=60.0, simulated={"limit": 8}) as stage:
        ada = await stage.person(items=530)
        async with ada.raw_client(maxInFlight=3, readsRateLimitHeaders=True) as client:
            session = await begin(ada, client)
            flying = await collect(client, 1)
            await ada.steer(session, "cancel")
            for request in flying:
                await client.fetch(request)
        async with ada.client():
            status = await ada.sync()
        assert status["status"] == "completed"
        stage.assert_paced()


async def test_pausing_resuming_and_cancelling_at_any_moment_leads_to_an_end(open_stage):
    async with open_stage(simulated={"latency_ms": 10, "jitter": 0.8}) as stage:
        ada = await stage.person(items=620)
        async with ada.client(in_flight=4):
            session = await ada.start()
            for how in ("pause", "resume") * 8:
                await ada.steer(session, how)
                await asyncio.sleep(LOOK_EVERY_SECONDS)
            status = await ada.ended(session)
            assert status["status"] == "completed", status
            assert stage.asked_again() == []

            session = await ada.start(full=True)
            await ada.steer(session, "cancel")
            assert (await ada.sync(full=True))["status"] == "completed"
        await ada.assert_mirrors()


async def test_a_sync_can_be_paused_and_cancelled_before_it_began(stage):
    ada = await stage.person(items=10)
    session = await ada.start()
    assert (await ada.steer(session, "pause")).json()["reason"] == "user"
    async with ada.client():
        await eventually(lambda: checked(stage))
        assert (await ada.status(session))["reason"] == "user"
        assert stage.calls("releases") == []
        await ada.steer(session, "resume")
        assert (await ada.ended(session))["status"] == "completed"
    session = await ada.start()
    assert (await ada.steer(session, "cancel")).json()["status"] == "cancelled"


async def checked(stage):
    """Two looks of the reaper have passed."""
    return stage.server.syncing.reaper._renewed > float("-inf")


async def test_a_client_that_goes_in_mid_sync_pauses_it_and_the_next_one_fetches_only_the_rest(stage):
    ada = await stage.person(items=530)
    async with ada.raw_client(maxInFlight=1) as client:
        session = await begin(ada, client)
        await client.fetch(await client.request())
    status = await ada.until(session, lambda status: status["reason"] == "client_disconnected")
    assert (status["status"], status["itemsDone"]) == ("paused", 100)
    async with ada.client():
        assert (await ada.ended(session))["status"] == "completed"

    assert stage.asked_again() == []
    await ada.assert_mirrors()


async def test_a_socket_that_breaks_gives_its_requests_back(stage):
    ada = await stage.person(items=530)
    async with ada.raw_client(maxInFlight=3, clientId="raw") as client:
        session = await begin(ada, client)
        lost = await collect(client, 3)
        client._socket.transport.abort()
    async with ada.raw_client(maxInFlight=3, clientId="raw") as client:
        back = await collect(client, 3)
        assert {request["requestId"] for request in back} == {request["requestId"] for request in lost}
        assert {request["attempt"] for request in back} == {2}
        assert await client.fetch(lost[0]) == "accepted"
        assert await client.fetch(back[0]) == "duplicate" or lost[0]["requestId"] != back[0]["requestId"]
    async with ada.client():
        assert (await ada.ended(session))["status"] == "completed"
    await ada.assert_mirrors()


async def test_what_a_client_still_holds_is_given_to_nobody_else(stage):
    ada = await stage.person(items=530)
    async with ada.raw_client(maxInFlight=3, clientId="raw") as client:
        session = await begin(ada, client)
        held = await collect(client, 3)
    holding = [request["requestId"] for request in held[:2]]
    async with ada.raw_client(maxInFlight=3, clientId="raw", holding=holding) as client:
        again = await client.request()
        assert again["requestId"] == held[2]["requestId"]
        for request in held[:2]:
            assert await client.fetch(request) == "accepted"
        assert await client.fetch(again) == "accepted"
    async with ada.client():
        assert (await ada.ended(session))["status"] == "completed"
    assert stage.asked_again() == []


async def test_a_silent_clients_requests_come_back_when_their_lease_ends(open_stage):
    async with open_stage(lease_seconds=0.5, attempts_max=3) as stage:
        ada = await stage.person(items=130)
        async with ada.raw_client(maxInFlight=12, readsRateLimitHeaders=True) as silent:
            session = await ada.start()
            first = await silent.request()
            again = await silent.request()
            assert again["requestId"] == first["requestId"]
            assert again["attempt"] == 2
            # An answer of any attempt counts.
            assert await silent.fetch(first) == "accepted"
            assert await silent.fetch(again) == "duplicate"
        async with ada.client():
            assert (await ada.ended(session))["status"] == "completed"


async def test_a_client_that_never_answers_ends_the_sync_at_last(open_stage):
    async with open_stage(lease_seconds=0.3, attempts_max=2) as stage:
        ada = await stage.person(items=130)
        async with ada.raw_client(maxInFlight=12):
            status = await ada.sync()
        assert (status["status"], status["errorCode"]) == ("failed", "incomplete")


async def test_another_client_takes_over_at_once(open_stage):
    async with open_stage(lease_seconds=60.0, grace_seconds=60.0) as stage:
        ada = await stage.person(items=530)
        async with ada.client(name="second"):
            async with ada.raw_client(maxInFlight=2, readsRateLimitHeaders=True):
                session = await ada.start()
                await ada.until(session, lambda status: status["status"] != "initiated")
            assert (await ada.ended(session))["status"] == "completed"
        await ada.assert_mirrors()


async def test_answers_that_do_not_fit_their_request_are_never_stored(open_stage):
    async with open_stage(attempts_max=1) as stage:
        ada, bob = await stage.person("ada", items=130), await stage.person("bob", items=30)
        async with bob.client():
            await bob.synced()
        async with ada.raw_client(maxInFlight=1) as client:
            session = await ada.start()
            await client.fetch(await client.request())
            for _ in range(3):
                await client.fetch(await client.request())
            page = await client.request()
            theirs = {
                "requestId": (await stage.rows(requests, requests.c.user_id == bob.user_id))[0]["request_id"]
            }
            assert await client.answer(theirs, body={}) == "unknown"
            assert await client.answer({"requestId": "nonsense"}, body={}) == "unknown"
            wrong = {"pagination": {"page": 2, "pages": 9, "items": 900}, "releases": []}
            assert await client.answer(page, body=wrong) == "accepted"
            status = await ada.ended(session)
        assert (status["status"], status["errorCode"]) == ("failed", "incomplete")
        assert await ada.mirror() == []
        await bob.assert_mirrors()
