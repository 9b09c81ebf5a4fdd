"""Acknowledgements: each well-formed answer gets one, after the commit, and counts once."""

from integration.gateway.conftest import save_token, start_sync


async def requests_done(user, session_id: str) -> tuple[int, int]:
    status = (await user.get(f"/api/discogs/syncStatus/{session_id}")).json()
    return status["completedRequests"], status["failedRequests"]


async def test_an_answer_is_accepted_once_and_then_a_duplicate(user, signed_in):
    session_id = await start_sync(user)
    async with signed_in() as wire:
        request = await wire.request()
        assert (await wire.answer(request))["outcome"] == "accepted"
        assert (await wire.answer(request))["outcome"] == "duplicate"
        assert (await requests_done(user, session_id))[0] == 1


async def test_an_answer_nobody_asked_for_is_unknown_and_no_offence(signed_in):
    async with signed_in() as wire:
        for number in range(15):
            ack = await wire.answer({"requestId": f"never-{number}", "url": ""}, body={})
            assert ack["outcome"] == "unknown"
        await wire.settle()


async def test_somebody_elses_request_is_unknown_and_stays_theirs(server, user, signed_in, dial):
    session_id = await start_sync(user)
    somebody = await server.register("berta")
    async with signed_in() as wire, dial() as theirs:
        await theirs.sign_in(somebody.token)
        request = await wire.request()
        assert (await theirs.answer(request))["outcome"] == "unknown"
        assert await requests_done(user, session_id) == (0, 0)
        assert (await wire.answer(request))["outcome"] == "accepted"


async def test_a_success_of_any_attempt_counts_and_a_failure_of_an_old_one_does_not(user, signed_in):
    session_id = await start_sync(user)
    async with signed_in(clientId="c") as wire:
        first = await wire.request()
        await wire.hang_up()
    async with signed_in(clientId="c") as wire:
        second = await wire.request()
        assert (first["requestId"], first["attempt"]) == (second["requestId"], 1)
        assert second["attempt"] == 2
        failed = await wire.answer(second, status=500, attempt=1)
        assert failed["outcome"] == "accepted"
        await wire.settle()
        assert (await requests_done(user, session_id)) == (0, 0)
        assert (await wire.answer(second, attempt=1))["outcome"] == "accepted"
        assert (await requests_done(user, session_id)) == (1, 0)


async def test_a_late_answer_to_a_cancelled_sync_is_acknowledged_and_dropped(user, signed_in):
    session_id = await start_sync(user)
    async with signed_in() as wire:
        await wire.answer(await wire.request())
        request = await wire.request()
        while "/releases" not in request["url"]:
            await wire.answer(request)
            request = await wire.request()
        await user.post(f"/api/discogs/syncs/{session_id}/cancel")
        assert (await wire.answer(request))["outcome"] == "duplicate"
        await wire.settle()
    assert (await user.get("/api/collection")).json()["total"] == 0


async def test_a_body_that_is_no_json_travels_as_a_string_and_is_tried_again(user, signed_in, longest_jitter):
    await start_sync(user)
    async with signed_in() as wire:
        request = await wire.request()
        await wire.answer(request, body="<html>busy</html>")
        retrying = await wire.hear("sync_progress", lambda said: said.get("reason") == "retrying")
        assert retrying["resumeAt"]
        again = await wire.request()
        assert (again["requestId"], again["attempt"]) == (request["requestId"], 2)


async def test_an_unanswered_call_says_so_with_status_0(user, signed_in):
    session_id = await start_sync(user)
    async with signed_in() as wire:
        request = await wire.request()
        refusal = "refused_signature: The signature is not that of this request."
        await wire.answer(request, body=None, status=0, error=refusal)
        failure = await wire.hear("sync_error")
        assert (failure["sessionId"], failure["status"]) == (session_id, "failed")
        assert failure["retryable"] is True


async def test_a_token_check_is_asked_first_and_answers_whoever_saved_the_token(server, dial):
    user = await server.register()
    await save_token(user)
    async with dial() as wire:
        await wire.sign_in(user.token)
        request = await wire.request()
        assert request["url"].endswith("/oauth/identity")
        assert request["headers"]["Authorization"] == "Discogs token=canary-discogs-token"
        assert (await wire.answer(request))["outcome"] == "accepted"
    assert (await user.get("/api/users/me")).json()["tokenValid"] is True
