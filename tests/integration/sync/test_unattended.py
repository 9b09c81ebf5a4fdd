"""Syncs that nobody starts. The calendar is turned by hand; everything else is real."""

from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfoNotFoundError

import pytest
from sqlalchemy import insert, select, text, update

from calendar_clock import CalendarClock
from cratesync.engine.events import Ended
from cratesync.engine.schedule import STARTS_SPREAD, Due
from cratesync.protocol.messages import SyncType
from cratesync.server.edge import ApiError
from cratesync.server.ids import new_id
from cratesync.server.orchestrator import SyncOrder
from cratesync.server.scheduler import Scheduler
from cratesync.server.store import ledgers
from cratesync.server.store.tables import mirrors, requests, syncs, users
from cratesync.simulator import Fault, Kind
from integration.sync.stage import eventually

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

STUCK = Fault(Kind.SLOW, path="*/releases", seconds=600)


@pytest.fixture
def clock():
    return CalendarClock()


@pytest.fixture
async def stage(open_stage, clock):
    async with open_stage(clock=clock) as stage:
        yield stage


async def somebody(stage, *, name="ada", **collection):
    """Somebody with a token that never expires: their client stays connected for weeks."""
    ada = await stage.person(name, **collection)
    wanted = {"name": "client", "scopes": ["fetch", "read", "sync", "account"]}
    answer = await ada.caller.post("/api/auth/tokens", wanted)
    ada.caller = stage.running.with_token(answer.json()["token"])
    return ada


async def look(stage, person, clock, span):
    """Let time pass, and let the server look what is due."""
    clock.pass_(span)
    await stage.server.syncing.scheduler.tick()
    return await unasked(person)


async def unasked(person):
    """The syncs that the schedule started, oldest first."""
    history = (await person.caller.get("/api/discogs/syncs?limit=100")).json()["items"]
    return [sync for sync in reversed(history) if sync["origin"] == "schedule"]


async def due_at(person, kind: SyncType = "collection"):
    schedule = (await person.caller.get("/api/users/me/schedule")).json()
    mirror = next(each for each in schedule["mirrors"] if each["syncType"] == kind)
    return mirror["dueAt"] and datetime.fromisoformat(mirror["dueAt"])


async def all_ended(person):
    async def ended():
        return all(sync["completedAt"] for sync in await unasked(person))

    await eventually(ended, what="the end of the scheduled syncs")


async def until_started(stage, person, clock, *, within, step=20 * SECOND):
    """Look every few seconds until one more is started; how long that took."""
    before = len(await unasked(person))
    waited = timedelta()
    while len(await look(stage, person, clock, step)) == before:
        waited += step
        assert waited <= within, "no sync was started in time"
    return waited + step


async def until_or_nothing(stage, person, clock):
    """Long enough for anything that is due to start."""
    for _ in range(3):
        await look(stage, person, clock, 30 * SECOND)


async def nobody_is_there(stage):
    """Once the server has noticed that the last client left."""

    async def empty():
        return not stage.server.syncing.hub.fetching_since()

    await eventually(empty, what="the client's leave")


async def metrics(stage):
    return (await stage.running.http.get("/metrics")).text


@asynccontextmanager
async def synced_once(stage, clock, **collection):
    """Somebody who synced by hand, with a client that stays."""
    ada = await somebody(stage, **collection)
    async with ada.client():
        await ada.synced()
        yield ada


async def test_seven_days_on_one_connection_make_28(stage, clock):
    async with synced_once(stage, clock, items=30) as ada:
        begun = clock.now()
        for number in range(1, 29):
            due = await due_at(ada)
            assert due == begun + number * 6 * HOUR
            clock.go_to(due - SECOND)
            await stage.server.syncing.scheduler.tick()
            assert len(await unasked(ada)) == number - 1
            await until_started(stage, ada, clock, within=MINUTE)
            await all_ended(ada)
        done = await unasked(ada)

        assert clock.now() <= begun + 7 * DAY + MINUTE
        assert [sync["status"] for sync in done] == ["completed"] * 28
        assert len({sync["startedAt"] for sync in done}) == 28
        assert len(stage.calls("/oauth/identity")) <= 1


async def test_three_days_away_make_one_and_no_failure(stage, clock):
    async with synced_once(stage, clock, items=30) as ada:
        pass
    await nobody_is_there(stage)
    assert await look(stage, ada, clock, 3 * DAY) == []
    answer = await ada.caller.get("/api/collection?limit=1")
    assert answer.json()["mirror"]["overdue"] is True
    async with ada.client():
        assert await look(stage, ada, clock, 29 * SECOND) == []
        assert await until_started(stage, ada, clock, within=30 * SECOND) <= 30 * SECOND
        await all_ended(ada)
        for _ in range(20):
            await look(stage, ada, clock, 15 * MINUTE)

        assert [sync["status"] for sync in await unasked(ada)] == ["completed"]
        assert await due_at(ada) > clock.now()
        answer = await ada.caller.get("/api/collection?limit=1")
        assert answer.json()["mirror"]["overdue"] is False


async def test_a_scheduled_sync_waits_for_days_for_its_client_and_is_not_stale(stage, clock):
    async with synced_once(stage, clock, items=30) as ada:
        clock.go_to(await due_at(ada))
        stage.simulator.faults.set(STUCK)
        await until_started(stage, ada, clock, within=MINUTE)
    await nobody_is_there(stage)
    clock.pass_(3 * DAY)
    await stage.server.syncing.reaper.clean()
    stage.simulator.faults.clear()
    assert [sync["status"] for sync in await unasked(ada)] == ["in_progress"]
    async with ada.client():
        await look(stage, ada, clock, HOUR)
        await all_ended(ada)
    assert [sync["status"] for sync in await unasked(ada)] == ["completed"]


async def test_nothing_runs_before_a_first_sync_by_hand(stage, clock):
    ada = await somebody(stage, items=30, wants=10)
    async with ada.client():
        assert await look(stage, ada, clock, 30 * DAY) == []
        await ada.synced("wantlist")
        clock.go_to(await due_at(ada, "wantlist"))
        await until_started(stage, ada, clock, within=MINUTE)
        await all_ended(ada)
        assert {sync["syncType"] for sync in await unasked(ada)} == {"wantlist"}


async def test_a_private_collection_fails_a_few_times_a_day_and_not_at_every_reconnect(stage, clock):
    async with synced_once(stage, clock, items=30) as ada:
        pass
    await nobody_is_there(stage)
    # Her name now leads to a collection that her token may not see.
    bob = await stage.person("bob")
    ada.discogs.make_private()
    bob.discogs.token, ada.discogs.token = ada.token, "somebody-elses-0123"
    clock.pass_(DAY)
    for _ in range(12):
        async with ada.client():
            await until_or_nothing(stage, ada, clock)
            await all_ended(ada)
        clock.pass_(118 * MINUTE)
    failed = await unasked(ada)
    started = [datetime.fromisoformat(sync["startedAt"]) for sync in failed]

    assert {sync["status"] for sync in failed} == {"failed"}
    assert 4 <= len(failed) <= 7
    assert all(later - earlier >= HOUR for earlier, later in pairwise(started))
    assert 'cratesync_mirrors_overdue{sync_type="collection"} 1.0' in await metrics(stage)

    bob.discogs.token, ada.discogs.token = "bobs-own-token-0123", ada.token
    clock.pass_(6 * HOUR)
    async with ada.client():
        await until_started(stage, ada, clock, within=MINUTE)
        await all_ended(ada)
    assert (await unasked(ada))[-1]["status"] == "completed"
    assert 'cratesync_mirrors_overdue{sync_type="collection"} 0.0' in await metrics(stage)


async def test_a_rejected_token_starts_nothing_until_there_is_a_new_one(stage, clock):
    async with synced_once(stage, clock, items=30) as ada:
        stage.simulator.users.give_token(ada.discogs, None)
        clock.go_to(await due_at(ada))
        await until_started(stage, ada, clock, within=MINUTE)
        await all_ended(ada)
    for _ in range(8):
        async with ada.client():
            await until_or_nothing(stage, ada, clock)
        clock.pass_(3 * HOUR)
    assert [sync["errorCode"] for sync in await unasked(ada)] == ["token_rejected"]

    token = f"{ada.token}-renewed"
    stage.simulator.users.give_token(ada.discogs, token)
    async with ada.client():
        assert (await ada.save_token(token))["tokenValid"] is True
        await until_started(stage, ada, clock, within=MINUTE)
        await all_ended(ada)
    assert (await unasked(ada))[-1]["status"] == "completed"


async def test_an_explicit_start_replaces_an_automatic_one(stage, clock):
    async with synced_once(stage, clock, items=30) as ada:
        clock.go_to(await due_at(ada))
        stage.simulator.faults.set(STUCK)
        await until_started(stage, ada, clock, within=MINUTE)
        stage.simulator.faults.clear()
        assert (await ada.sync())["status"] == "completed"
        assert [sync["status"] for sync in await unasked(ada)] == ["cancelled"]
        assert await due_at(ada) == clock.now() + 6 * HOUR


async def test_a_scheduled_sync_that_is_cancelled_does_not_come_back_at_once(stage, clock):
    async with synced_once(stage, clock, items=30) as ada:
        clock.go_to(await due_at(ada))
        stage.simulator.faults.set(STUCK)
        await until_started(stage, ada, clock, within=MINUTE)
        await ada.steer((await unasked(ada))[0]["sessionId"], "cancel")
        stage.simulator.faults.clear()
        assert len(await look(stage, ada, clock, HOUR)) == 1


async def test_a_schedule_can_be_a_time_of_day_or_off(stage, clock):
    async with synced_once(stage, clock, items=30) as ada:
        daily = {"mode": "daily", "dailyAt": "03:30", "timeZone": "Europe/Berlin"}
        shown = (await ada.caller.put("/api/users/me/schedule", daily)).json()
        assert {name: shown[name] for name in daily} == daily
        assert shown["chosen"] is True
        assert await due_at(ada) == datetime.fromisoformat("2030-03-05T02:30:00+00:00")
        clock.go_to(await due_at(ada))
        await until_started(stage, ada, clock, within=MINUTE)
        await all_ended(ada)
        assert await due_at(ada) == datetime.fromisoformat("2030-03-06T02:30:00+00:00")

        await ada.caller.put("/api/users/me/schedule", {"mode": "off"})
        assert len(await look(stage, ada, clock, 30 * DAY)) == 1
        await ada.caller.put("/api/users/me/schedule", {"mode": "every", "everyHours": 12})
        await until_started(stage, ada, clock, within=MINUTE)


@pytest.mark.parametrize(
    "schedule",
    [
        {"mode": "sometimes"},
        {"mode": "every"},
        {"mode": "every", "everyHours": 0.01},
        {"mode": "every", "everyHours": 1e300},
        {"mode": "every", "everyHours": 6, "dailyAt": "03:00"},
        {"mode": "daily", "dailyAt": "25:00", "timeZone": "UTC"},
        {"mode": "daily", "dailyAt": "03:00:00", "timeZone": "UTC"},
        {"mode": "daily", "dailyAt": "03:00", "timeZone": "../../etc/passwd"},
        {"mode": "daily", "dailyAt": "03:00"},
        {"mode": "daily", "dailyAt": "03:00", "timeZone": "localtime"},
        {"mode": "off", "everyHours": 6},
    ],
)
async def test_a_schedule_that_makes_no_sense_is_refused_and_the_old_one_stays(server, schedule):
    anna = await server.register()
    refused = await anna.put("/api/users/me/schedule", schedule)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_schedule")
    kept = (await anna.get("/api/users/me/schedule")).json()
    assert (kept["mode"], kept["everyHours"], kept["chosen"]) == ("every", 6.0, False)


async def test_what_another_node_synced_meanwhile_is_not_synced_again(stage, clock):
    async with synced_once(stage, clock, items=30) as ada:
        due = await due_at(ada)
        clock.go_to(due)
        await until_started(stage, ada, clock, within=MINUTE)
        await all_ended(ada)
        late = SyncOrder("collection", full=False, page_limit=None, origin="schedule", due=Due(due))
        user_id = await id_of(ada)
        with pytest.raises(ApiError, match="not due any more"):
            await stage.server.syncing.orchestrator.start(user_id, late)
        assert len(await unasked(ada)) == 1


class Crowd:
    """Clients that are always there."""

    def __init__(self, members, since):
        self._since = dict.fromkeys(members, since)

    def fetching_since(self):
        return self._since


async def test_a_thousand_users_due_at_one_full_hour_start_spread_out(server, clock):
    crowd = [new_id() for _ in range(1000)]
    full_hour = clock.now().replace(minute=0) + HOUR
    async with server.server.database.write() as connection:
        await connection.execute(
            insert(users),
            [
                {
                    "id": user_id,
                    "username": str(user_id),
                    "username_key": str(user_id),
                    "discogs_token": "sealed",
                    "discogs_token_state": "valid",
                    "discogs_username": "somebody",
                    "created_at": clock.now(),
                    "updated_at": clock.now(),
                }
                for user_id in crowd
            ],
        )
        for user_id in crowd:
            await ledgers.create(connection, user_id, now=clock.now())
        await connection.execute(
            insert(mirrors),
            [
                {"user_id": user_id, "kind": "collection", "checked_at": clock.now(), "due_at": full_hour}
                for user_id in crowd
            ],
        )
    scheduler = Scheduler(
        database=server.server.database,
        orchestrator=server.server.syncing.orchestrator,
        attendance=Crowd(crowd, clock.steady() - 3600),
        clock=clock,
    )
    clock.go_to(full_hour)
    for _ in range(60):
        await scheduler.tick()
        clock.pass_(SECOND)
    async with server.server.database.read() as connection:
        started = list((await connection.execute(select(syncs.c.started_at))).scalars())

    assert len(started) == 1000
    after = [moment - full_hour for moment in started]
    assert timedelta() <= min(after)
    assert max(after) <= STARTS_SPREAD + SECOND
    busiest = max(after.count(second) for second in set(after))
    assert busiest <= 60, f"{busiest} started within one second"


class TestWhatIsDue:
    async def test_stays_due_where_a_persons_own_start_replaced_it_and_failed(self, stage, clock):
        async with synced_once(stage, clock, items=30) as ada:
            await ada.caller.put("/api/users/me/schedule", {"mode": "every", "everyHours": 720})
            due = await due_at(ada)
            clock.go_to(due)
            stage.simulator.faults.set(STUCK)
            await until_started(stage, ada, clock, within=MINUTE)
            by_hand = UUID(await ada.start())
            await fail(stage, ada, by_hand)
            assert await due_at(ada) == due

    async def test_is_not_tried_again_by_a_node_that_looked_before_it_failed(self, stage, clock):
        async with synced_once(stage, clock, items=30) as ada:
            due = await due_at(ada)
            clock.go_to(due)
            order = SyncOrder("collection", full=False, page_limit=None, origin="schedule", due=Due(due))
            orchestrator = stage.server.syncing.orchestrator
            first = await orchestrator.start(await id_of(ada), order)
            await fail(stage, ada, first.id)
            with pytest.raises(ApiError, match="not due any more"):
                await orchestrator.start(await id_of(ada), order)

    async def test_is_kept_where_the_same_schedule_is_chosen_again(self, stage, clock):
        async with synced_once(stage, clock, items=30) as ada:
            daily = {"mode": "daily", "dailyAt": "03:30", "timeZone": "UTC"}
            await ada.caller.put("/api/users/me/schedule", daily)
            due = await due_at(ada)
        await nobody_is_there(stage)
        clock.go_to(due + HOUR)
        await ada.caller.put("/api/users/me/schedule", daily)
        assert await due_at(ada) == due
        await ada.caller.put("/api/users/me/schedule", {"mode": "every", "everyHours": 12})
        assert await due_at(ada) == due

    async def test_is_another_where_the_owner_makes_another_schedule_usual(self, open_stage, clock):
        async with open_stage(clock=clock) as stage, synced_once(stage, clock, items=30) as ada:
            checked, token = clock.now(), ada.caller.token

        async def after_a_restart(**settings):
            async with open_stage(clock=clock, **settings) as stage:
                schedule = (await stage.running.with_token(token).get("/api/users/me/schedule")).json()
                due = schedule["mirrors"][0]["dueAt"]
                return schedule["mode"], due and datetime.fromisoformat(due)

        assert await after_a_restart(sync_every_hours=0) == ("off", None)
        assert await after_a_restart(sync_every_hours=24) == ("every", checked + DAY)
        assert await after_a_restart() == ("every", checked + 6 * HOUR)

    async def test_starts_although_one_users_row_cannot_be_read(self, stage, clock):
        async with synced_once(stage, clock, items=30):
            bob = await somebody(stage, name="bob", items=30)
            async with bob.client():
                clock.pass_(MINUTE)
                await bob.synced()
                await break_row_of(stage, "ada")
                clock.go_to(await due_at(bob))
                await until_started(stage, bob, clock, within=MINUTE)
                await all_ended(bob)
            await mend_rows(stage)


class TestAClockThat:
    async def test_is_set_back_makes_nobody_wait(self, stage, clock):
        clock.step(DAY)
        async with synced_once(stage, clock, items=30) as ada:
            clock.step(-DAY)
            async with stage.server.database.write() as connection:
                await connection.execute(update(mirrors).values(due_at=clock.now()))
            await until_started(stage, ada, clock, within=MINUTE)

    async def test_ran_years_ahead_leaves_a_mirror_that_is_due_now(self, stage, clock):
        clock.step(6 * 365 * DAY)
        async with synced_once(stage, clock, items=30) as ada:
            clock.step(-6 * 365 * DAY)
            async with stage.server.database.write() as connection:
                await connection.execute(update(mirrors).values(try_at=clock.now() + 365 * DAY))
            await stage.server.syncing.reaper.clean()
            await until_started(stage, ada, clock, within=MINUTE)
            await all_ended(ada)
            assert [sync["status"] for sync in await unasked(ada)] == ["completed"]
            assert await due_at(ada) <= clock.now() + 6 * HOUR


async def test_leases_end_although_one_users_row_cannot_be_read(stage, clock):
    ada, bob = await somebody(stage, items=30), await somebody(stage, name="bob", items=30)
    stage.simulator.faults.set(Fault(Kind.SLOW, seconds=600))
    async with ada.client(), bob.client():
        for person in (ada, bob):
            await person.start()

        async def both_were_asked():
            sent = await stage.rows(requests, requests.c.status == "sent")
            return len({row["user_id"] for row in sent}) == 2

        await eventually(both_were_asked, what="requests of both")
        await break_row_of(stage, "ada")
        clock.pass_(HOUR)
        await stage.server.syncing.reaper.tick()
        left = await stage.rows(requests, requests.c.status == "sent", requests.c.attempt == 1)
        await mend_rows(stage)
        stage.simulator.faults.clear()
    assert {row["user_id"] for row in left} <= {await id_of(ada)}


async def test_a_sync_ends_although_its_users_time_zone_is_unknown_here(stage, clock, monkeypatch):
    def unknown(name):
        raise ZoneInfoNotFoundError(name)

    async with synced_once(stage, clock, items=30) as ada:
        daily = {"mode": "daily", "dailyAt": "03:30", "timeZone": "Europe/Berlin"}
        await ada.caller.put("/api/users/me/schedule", daily)
        monkeypatch.setattr("cratesync.engine.schedule.ZoneInfo", unknown)
        assert (await ada.sync())["status"] == "completed"
        assert await due_at(ada) == clock.now() + 6 * HOUR


async def id_of(person):
    return UUID((await person.caller.get("/api/users/me")).json()["id"])


async def fail(stage, person, sync_id):
    """As Discogs does that is not reached."""
    end = Ended("discogs_unreachable", "Discogs could not be reached.")
    await stage.server.syncing.orchestrator.end(await id_of(person), sync_id, end)


async def break_row_of(stage, username):
    """As a version of tomorrow might, or a disk."""
    async with stage.server.database.write() as connection:
        await connection.execute(
            text(
                "UPDATE discogs_sync SET pace = '[]' WHERE user_id IN (SELECT id FROM users WHERE username = :name)"
            ),
            {"name": username},
        )


async def mend_rows(stage):
    async with stage.server.database.write() as connection:
        await connection.execute(text("UPDATE discogs_sync SET pace = NULL"))
