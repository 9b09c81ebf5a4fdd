"""One release with all that is told of it: asked for at once, by the user's own client, and kept for that user's sight."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from cratesync.server.edge import ApiError
from cratesync.server.release_desk import OPEN_MAX, WAITING_MAX
from cratesync.server.store.release_details import DETAILS_BYTES_MAX
from cratesync.server.store.tables import release_details, requests
from cratesync.simulator import Fault, Kind
from integration.sync.stage import eventually, staged
from running_server import running_server
from second_provider.provider import ShelfsideProvider

RELEASE = 249_504
NO_RELEASE = 39_999_999
FRESH_HOURS = 6
AT_ONCE_SECONDS = 2.0

once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what waits for real, and is about no database."""


async def get(person, release_id=RELEASE):
    return await person.caller.get(f"/api/releases/{release_id}")


async def told(person, release_id=RELEASE):
    """The release as the person is told of it."""
    answer = await get(person, release_id)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(person, release_id=RELEASE):
    """Status and code of what the person is told instead, which is always a sentence too."""
    answer = await get(person, release_id)
    body = answer.json()
    assert body["message"].endswith((".", "again")), body
    return answer.status_code, body["code"]


def show(stage, person, release_id=RELEASE, *, wait_seconds=0.0):
    return stage.server.syncing.release_desk.show(person.user_id, release_id, wait_seconds=wait_seconds)


async def code_of(showing):
    """The code of what is raised."""
    with pytest.raises(ApiError) as refusal:
        await showing
    return refusal.value.code


async def let_pass(stage, **time):
    """What is kept grows older by so much."""
    async with stage.server.database.read() as connection:
        kept = (await connection.execute(release_details.select())).mappings().one()
    async with stage.server.database.write() as connection:
        older = kept["fetched_at"] - timedelta(**time)
        await connection.execute(update(release_details).values(fetched_at=older))


async def open_requests(stage):
    return [
        row["task"].release_id
        for row in await stage.rows(requests, requests.c.priority == 2, order_by=requests.c.id)
        if row["status"] in ("pending", "sent", "retrying")
    ]


# --- told ---


async def test_a_release_is_asked_of_discogs_once_and_then_told_from_the_store(stage):
    ada = await stage.person()
    async with ada.client():
        first = await told(ada)
        second = await told(ada)

    assert first == second
    assert first["stale"] is False
    assert len(stage.calls(f"/releases/{RELEASE}")) == 1
    release = first["release"]
    assert release["releaseId"] == RELEASE
    assert release["title"]
    assert release["country"]
    assert {track["type"] for track in release["tracklist"]} >= {"track"}
    assert all(company["role"] for company in release["companies"])
    assert {"credits", "identifiers", "notes", "series", "videos", "images", "community"} <= set(release)


async def test_it_is_told_without_a_client_while_it_is_fresh(stage):
    ada = await stage.person()
    async with ada.client():
        first = await told(ada)
    await let_pass(stage, hours=FRESH_HOURS - 0.1)

    again = await told(ada)

    assert (again["stale"], again["release"]) == (False, first["release"])


async def test_two_who_ask_at_once_share_one_call(open_stage):
    async with open_stage(simulated={"latency_ms": 200}) as stage:
        ada = await stage.person()
        async with ada.client():
            one, other = await asyncio.gather(told(ada), told(ada))

        assert one == other
        assert len(stage.calls(f"/releases/{RELEASE}")) == 1


async def test_after_six_hours_it_is_asked_for_again(stage):
    ada = await stage.person()
    async with ada.client():
        first = await told(ada)
        await let_pass(stage, hours=FRESH_HOURS)
        again = await told(ada)

    assert again["stale"] is False
    assert again["fetchedAt"] > first["fetchedAt"]
    assert len(stage.calls(f"/releases/{RELEASE}")) == 2


async def test_what_a_clock_that_ran_ahead_has_dated_is_not_fresh_until_then(stage):
    ada = await stage.person()
    async with ada.client():
        await told(ada)
        await let_pass(stage, minutes=-1)  # as another node's clock may differ
        await told(ada)
        assert len(stage.calls(f"/releases/{RELEASE}")) == 1
        await let_pass(stage, days=-400)
        await told(ada)
    assert len(stage.calls(f"/releases/{RELEASE}")) == 2


async def test_an_old_copy_is_shown_as_such_when_nobody_can_ask_again(stage):
    ada = await stage.person()
    async with ada.client():
        first = await told(ada)
    await let_pass(stage, hours=FRESH_HOURS)

    without_a_client = await told(ada)
    async with ada.raw_client() as silent:
        unanswered = await show(stage, ada)
        await silent.answer(await silent.request(), 503)
    await ada.caller.delete("/api/users/discogs-token")
    without_a_token = await told(ada)

    assert without_a_client["release"] == first["release"] == without_a_token["release"]
    assert (without_a_client["stale"], unanswered.stale, without_a_token["stale"]) == (True, True, True)


# --- not told ---


async def test_a_release_that_discogs_does_not_know_is_not_found(stage):
    ada = await stage.person()
    async with ada.client():
        assert await refused(ada, NO_RELEASE) == (404, "release_not_found")
    assert len(stage.calls(f"/releases/{NO_RELEASE}", status=404)) == 1
    assert await stage.rows(release_details) == []


async def test_a_copy_of_what_is_gone_is_not_shown(stage):
    ada = await stage.person()
    async with ada.client():
        await told(ada)
    await let_pass(stage, hours=FRESH_HOURS)
    async with ada.raw_client() as client:
        showing = asyncio.create_task(show(stage, ada, wait_seconds=5.0))
        await client.answer(await client.request(), 404, {"message": "Release not found."})

        assert await code_of(showing) == "release_not_found"


async def test_nobody_connected_is_said_at_once_and_nothing_is_left_waiting(stage):
    ada = await stage.person()
    answer = await get(ada)

    assert (answer.status_code, answer.json()["code"]) == (503, "no_client")
    assert int(answer.headers["Retry-After"]) > 0
    assert await open_requests(stage) == []


async def test_without_a_good_token_nothing_is_asked(stage):
    ada = await stage.person()
    async with ada.client():
        await ada.save_token("never-a-good-token")
        assert await refused(ada) == (409, "discogs_token_rejected")
        await ada.caller.delete("/api/users/discogs-token")
        assert await refused(ada) == (409, "discogs_token_missing")
    assert stage.calls("/releases/") == []


async def test_an_answer_that_comes_too_late_is_there_when_one_asks_again(stage):
    ada = await stage.person()
    async with ada.raw_client(maxInFlight=12) as client:
        await client.fetch(await client.request())
        assert await code_of(show(stage, ada)) == "not_here_yet"
        assert await code_of(show(stage, ada)) == "not_here_yet"
        await client.fetch(await client.request())

        assert (await told(ada))["release"]["releaseId"] == RELEASE
    assert len(stage.calls(f"/releases/{RELEASE}")) == 1


async def test_so_many_may_wait_and_no_more(stage):
    ada = await stage.person()
    async with ada.raw_client(maxInFlight=1) as client:
        await client.request()
        for number in range(OPEN_MAX):
            assert await code_of(show(stage, ada, RELEASE + number)) == "not_here_yet"
        answer = await get(ada, RELEASE + OPEN_MAX)
        attached = await code_of(show(stage, ada, RELEASE))

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_releases_asked")
    assert int(answer.headers["Retry-After"]) > 0
    assert attached == "not_here_yet"
    assert len(await open_requests(stage)) == OPEN_MAX


@once
async def test_so_many_may_wait_for_the_same_and_no_more(stage):
    ada = await stage.person()
    verdicts = stage.server.syncing.verdicts
    async with ada.raw_client(maxInFlight=1) as client:
        await client.request()
        waiting = [asyncio.create_task(show(stage, ada, wait_seconds=10.0)) for _ in range(WAITING_MAX)]

        async def all_wait():
            return verdicts.waiting(ada.user_id) == WAITING_MAX

        await eventually(all_wait)
        assert await refused(ada) == (429, "too_many_releases_asked")
        await ada.caller.delete("/api/users/discogs-token")
        assert {await code_of(one) for one in waiting} == {"discogs_token_missing"}


async def test_somebody_elses_releases_are_not_to_be_seen(stage):
    ada, bob = await stage.person("ada"), await stage.person("bob")
    async with ada.client():
        await told(ada)

    assert await refused(bob) == (503, "no_client")


@pytest.mark.parametrize("odd", ["0", "-1", "1" * 19])
@once
async def test_what_can_be_no_release_is_refused_unasked(stage, odd):
    ada = await stage.person()

    assert (await get(ada, odd)).json()["code"] == "invalid_parameter"


@once
async def test_a_provider_that_tells_no_more_of_a_release_says_so(settings, clock):
    async with running_server(settings, clock, provider=ShelfsideProvider()) as running:
        anna = await running.register()
        answer = await anna.get(f"/api/releases/{RELEASE}")

    assert (answer.status_code, answer.json()["code"]) == (501, "release_unsupported")


# --- failed ---


async def test_what_failed_for_good_is_told_with_its_reason(open_stage):
    async with open_stage(attempts_max=1) as stage:
        ada = await stage.person()
        stage.simulator.faults.set(Fault(Kind.SERVER_ERROR, path="/releases/*", next=1))
        async with ada.client():
            answer = await get(ada)
            assert answer.status_code == 502
            assert (answer.json()["code"], answer.json()["reason"]) == ("release_failed", "server_error")
            assert "Discogs had a fault of its own." in answer.json()["message"]

            assert (await told(ada))["release"]["releaseId"] == RELEASE


async def test_a_failed_try_is_made_again_while_the_person_waits(stage):
    ada = await stage.person()
    stage.simulator.faults.set(Fault(Kind.BAD_GATEWAY, path="/releases/*", next=1))
    async with ada.client():
        assert (await told(ada))["stale"] is False
    assert [call.status for call in stage.calls(f"/releases/{RELEASE}")] == [502, 200]


@once
async def test_a_client_that_never_answers_is_a_reason_too(open_stage):
    async with open_stage(attempts_max=1, lease_seconds=0.3) as stage:
        ada = await stage.person()
        async with ada.raw_client() as client:
            await client.fetch(await client.request())
            answer = await get(ada)

    assert (answer.json()["code"], answer.json()["reason"]) == ("release_failed", "timeout")


async def test_a_release_that_is_too_large_to_be_kept_is_not(stage):
    ada = await stage.person()
    async with ada.raw_client() as client:
        await client.fetch(await client.request())
        showing = asyncio.create_task(get(ada))
        body = {"id": RELEASE, "notes": "x" * DETAILS_BYTES_MAX}
        await client.answer(await client.request(), 200, body)
        answer = await showing

    assert (answer.json()["code"], answer.json()["reason"]) == ("release_failed", "release_too_large")
    assert await stage.rows(release_details) == []


async def test_a_token_that_is_refused_meanwhile_ends_the_wait_and_every_sync(stage):
    ada = await stage.person(items=10)
    async with ada.raw_client(maxInFlight=1) as client:
        await client.fetch(await client.request())
        session = await ada.start()
        page = await client.request()
        showing = asyncio.create_task(get(ada))

        async def asked():
            return await open_requests(stage)

        await eventually(asked)
        await client.answer(page, 503)
        await client.answer(await client.request(), 401, {"message": "Invalid consumer token."})
        answer = await showing

    assert (answer.status_code, answer.json()["code"]) == (409, "discogs_token_rejected")
    assert (await ada.status(session))["errorCode"] == "token_rejected"


async def test_another_token_takes_over_what_was_asked_with_the_first(stage):
    ada = await stage.person()
    async with ada.raw_client(maxInFlight=1) as client:
        await client.request()
        assert await code_of(show(stage, ada)) == "not_here_yet"
        saving = asyncio.create_task(ada.save_token())
        await client.fetch(await client.request())
        assert (await saving)["tokenValid"] is True
        await client.fetch(await client.request())
        assert (await told(ada))["stale"] is False


async def test_without_its_token_nothing_goes_on_being_asked(stage):
    ada = await stage.person()
    async with ada.raw_client(maxInFlight=1) as client:
        await client.request()
        showing = asyncio.create_task(show(stage, ada, wait_seconds=10.0))

        async def asked():
            return await open_requests(stage)

        await eventually(asked)
        await ada.caller.delete("/api/users/discogs-token")

        assert await code_of(showing) == "discogs_token_missing"
    assert await open_requests(stage) == []


async def test_where_discogs_is_out_of_reach_nothing_goes_on_being_asked(open_stage):
    async with open_stage(window=0.1) as stage:
        ada = await stage.person()
        async with ada.raw_client(maxInFlight=1) as client:
            await client.fetch(await client.request())
            showing = asyncio.create_task(get(ada))
            for _ in range(5):
                await client.answer(await client.request(), 0, error="network: gone")
            answer = await showing

        assert (answer.json()["code"], answer.json()["reason"]) == ("release_failed", "discogs_unreachable")
        assert await open_requests(stage) == []


# --- kept ---


async def test_what_nobody_asked_for_again_in_thirty_days_is_forgotten(stage):
    ada = await stage.person()
    async with ada.client():
        await told(ada)
    await let_pass(stage, days=29)
    await stage.server.syncing.reaper.clean()
    assert len(await stage.rows(release_details)) == 1

    await let_pass(stage, days=2)
    await stage.server.syncing.reaper.clean()

    assert await stage.rows(release_details) == []


# --- in the midst of a sync ---


async def test_a_release_comes_at_once_in_the_midst_of_a_large_sync(database_url, tmp_path):
    """With Discogs' own limit and window, unscaled: the sync alone would have spent all calls of the minute. What a machine that is
    busy with other tests takes for one call without a sync is allowed for each answer that may go before."""
    clock = asyncio.get_running_loop().time
    async with staged(database_url, tmp_path, window=60.0, simulated={"latency_ms": 50}) as stage:
        ada = await stage.person(items=9_000)

        async def timed(release_id):
            began = clock()
            assert (await told(ada, release_id))["stale"] is False
            return clock() - began

        async with ada.client(in_flight=4):
            alone = await timed(RELEASE + 2)
            session = await ada.start()
            await ada.until(session, lambda status: status["completedRequests"] >= 12)
            in_the_burst = await timed(RELEASE)
            waiting = await ada.until(
                session, lambda status: status["reason"] == "rate_limit_exceeded", seconds=50
            )
            while_it_waits = await timed(RELEASE + 1)
            still = await ada.status(session)
            await ada.steer(session, "cancel")

    assert waiting["percentComplete"] < 100
    assert still["status"] == "paused"
    assert max(in_the_burst, while_it_waits) < AT_ONCE_SECONDS + 4 * alone, (in_the_burst, while_it_waits)
    stage.assert_paced()
    assert len(stage.calls()) <= 58
