"""What everybody who watches is told."""

from uuid import UUID

from cratesync.engine.schedule import Due
from cratesync.server.orchestrator import SyncOrder
from integration.gateway.conftest import personal_token, start_sync, with_settings

TERMINAL = {"completed", "failed", "cancelled"}


def ends(wire, session_id: str) -> list[dict]:
    """Everything that said of this sync that it is over."""
    return [
        message["data"]
        for message in wire.heard
        if message["data"].get("sessionId") == session_id and message["data"]["status"] in TERMINAL
    ]


async def test_snapshots_only_ever_go_forward_and_one_message_ends_them(user, signed_in):
    async with signed_in(maxInFlight=2) as wire:
        for kind in ("collection", "wantlist"):
            session_id = await start_sync(user, kind)
            done = await wire.serve_until("sync_complete")
            await wire.settle()
            assert ends(wire, session_id) == [done]
            assert done["summary"]["added"] == 3
            shown = [said for said in wire.data("sync_progress") if said["sessionId"] == session_id]
            revisions = [said["revision"] for said in shown]
            assert revisions == sorted(set(revisions))
            assert done["revision"] > revisions[-1]
            percents = [said["percentComplete"] for said in shown]
            assert percents == sorted(percents)
            assert percents[0] == 0
            assert all(said["syncType"] == kind for said in shown)


async def test_every_wait_has_its_reason(user, signed_in, longest_jitter):
    session_id = await start_sync(user)
    reader = await personal_token(user, "read")
    async with signed_in(reader) as watching:

        async def told(reason: str) -> dict:
            return await watching.hear("sync_progress", lambda said: said.get("reason") == reason)

        assert (await told("client_disconnected"))["status"] == "paused"
        async with signed_in() as wire:
            assert (await told("waiting_for_answer"))["status"] == "in_progress"
            await wire.answer(await wire.request(), status=500)
            retrying = await told("retrying")
            assert (retrying["status"], retrying["resumeAt"] > "2") == ("in_progress", True)
            await user.post(f"/api/discogs/syncs/{session_id}/pause")
            assert (await told("user"))["status"] == "paused"
            await user.post(f"/api/discogs/syncs/{session_id}/resume")
            await wire.serve_until("sync_complete")
        # Whatever is shown as paused says why, and so does whatever waits for a known time.
        for said in watching.data("sync_progress"):
            assert (said["status"] == "paused") <= ("reason" in said)
            assert ("resumeAt" in said) <= ("reason" in said)


@with_settings(discogs_window_seconds=600.0)
async def test_a_throttle_pauses_with_the_time_it_goes_on(user, signed_in):
    await start_sync(user)
    async with signed_in() as wire:
        await wire.answer(
            await wire.request(), body={"message": "You are making requests too quickly."}, status=429
        )
        paused = await wire.hear("sync_progress", lambda said: said.get("reason") == "rate_limit_exceeded")
        assert paused["status"] == "paused"
        assert paused["resumeAt"].endswith("Z")
        assert paused["estimatedTimeLeft"]


@with_settings(discogs_limit=3, discogs_reserve=0, discogs_window_seconds=3.0)
async def test_a_short_wait_for_the_quota_is_told_too(user, signed_in):
    await start_sync(user)
    async with signed_in() as wire:
        told = await wire.serve_until("sync_progress", lambda said: said.get("reason") == "pacing")
        assert told["status"] == "in_progress"
        assert told["resumeAt"]


class TestTheEnd:
    async def test_is_told_again_to_whoever_was_away(self, user, signed_in):
        completed = await start_sync(user)
        async with signed_in() as wire:
            done = await wire.serve_until("sync_complete")
            failed = await start_sync(user)
            await wire.answer(await wire.request(), body={"message": "Invalid consumer token."}, status=401)
            fault = await wire.hear("sync_error")
        async with signed_in() as wire:
            assert (await wire.hear("sync_complete"))["summary"] == done["summary"]
            again = await wire.hear("sync_error")
            assert [again[name] for name in ("code", "message", "summary")] == [
                fault[name] for name in ("code", "message", "summary")
            ]
            assert again["code"] == "token_rejected"
            await wire.settle()
            assert [len(ends(wire, session_id)) for session_id in (completed, failed)] == [1, 1]

    async def test_of_a_cancelled_sync_is_its_progress(self, user, signed_in):
        session_id = await start_sync(user)
        async with signed_in() as wire:
            await wire.request()
            await user.post(f"/api/discogs/syncs/{session_id}/cancel")
            told = await wire.hear("sync_progress", lambda said: said["status"] == "cancelled")
            await wire.settle()
            assert ends(wire, session_id) == [told]
        async with signed_in() as wire:
            again = await wire.hear("sync_progress", lambda said: said["status"] == "cancelled")
            assert again["sessionId"] == session_id

    async def test_is_told_of_a_scheduled_sync_that_a_person_replaces(self, server, user, signed_in):
        user_id = UUID((await user.get("/api/users/me")).json()["id"])
        order = SyncOrder(kind="collection", full=False, page_limit=None, origin="schedule", due=Due())
        scheduled = await server.server.syncing.orchestrator.start(user_id, order)
        async with signed_in() as wire:
            await start_sync(user)
            told = await wire.hear("sync_progress", lambda said: said["status"] == "cancelled")
            assert told["sessionId"] == scheduled.session_id

    async def test_is_nobody_elses_business(self, server, user, signed_in, dial):
        somebody = await server.register("berta")
        async with dial() as theirs, signed_in() as wire:
            await theirs.sign_in(somebody.token)
            await start_sync(user)
            await wire.serve_until("sync_complete")
            assert await theirs.settle() == []


async def test_a_newcomer_is_told_first_where_active_syncs_stand(user, signed_in):
    session_id = await start_sync(user)
    async with signed_in() as wire:
        first = await wire.hear("sync_progress")
        assert first["sessionId"] == session_id
        assert [message["type"] for message in wire.heard[:2]] == ["authenticated", "sync_progress"]
