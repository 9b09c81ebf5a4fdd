"""What cannot be: each refusal has its stable code and a sentence for a person, and nothing hangs."""

from base64 import urlsafe_b64encode

import pytest

from cratesync.server.secret import Secret
from integration.sync.stage import eventually


def fault_of(answer):
    """Status and code of an error, which always has a sentence."""
    body = answer.json()
    assert body["message"].endswith((".", "?"))
    assert len(body["message"]) > 15
    return answer.status_code, body["code"]


# --- starting -------------------------------------------------------------------------------------------------------


BAD_BODIES = [
    ({"syncType": "sleeves"}, "unknown_sync_type", "syncType"),
    ({"syncType": "Collection"}, "unknown_sync_type", "syncType"),
    ({}, "invalid_body", "syncType"),
    ({"syncType": 7}, "wrong_type", "syncType"),
    ({"syncType": None}, "wrong_type", "syncType"),
    ({"syncType": "collection", "fullSync": "yes"}, "wrong_type", "fullSync"),
    ({"syncType": "collection", "pageLimit": "3"}, "wrong_type", "pageLimit"),
    ({"syncType": "collection", "pageLimit": 0}, "invalid_body", "pageLimit"),
    ({"syncType": "collection", "pageLimit": -1}, "invalid_body", "pageLimit"),
    ({"syncType": "collection", "fullsync": True}, "unknown_field", "fullsync"),
    ([], "wrong_type", ""),
    ("collection", "wrong_type", ""),
]


async def test_bad_bodies_are_refused_with_a_code_and_the_field(refusing):
    for body, code, field in BAD_BODIES:
        answer = await refusing.post("/api/discogs/syncCollection", body)
        assert fault_of(answer) == (400, code), body
        assert answer.json()["field"] == field


async def test_bad_json_and_huge_bodies_are_refused(refusing, stage):
    async def post(content):
        headers = {"Authorization": f"Bearer {refusing.token}", "Content-Type": "application/json"}
        return await stage.running.http.post("/api/discogs/syncCollection", content=content, headers=headers)

    assert fault_of(await post(b'{"syncType": "collection"')) == (400, "bad_json")
    assert fault_of(await post(b"\xff\xfe")) == (400, "bad_json")
    assert fault_of(await post(b'{"syncType": ' + b"[" * 30_000)) == (400, "wrong_type")
    assert fault_of(await post(b'{"syncType": "' + b"x" * 3_000_000 + b'"}')) == (413, "body_too_large")


@pytest.fixture
async def refusing(stage):
    """Somebody without a Discogs token."""
    return await stage.running.register()


async def test_without_a_token_nothing_starts(refusing):
    answer = await refusing.post("/api/discogs/syncCollection", {"syncType": "collection"})
    assert fault_of(answer) == (409, "discogs_token_missing")


async def test_one_sync_of_a_type_at_a_time(stage):
    ada = await stage.person(items=10, wants=10)
    session = await ada.start()
    second = await ada.try_to_start()
    other = await ada.try_to_start("wantlist")

    assert fault_of(second) == (409, "sync_already_active")
    assert second.json()["sessionId"] == session
    assert other.status_code == 202


async def test_somebody_elses_sync_is_not_to_be_found(stage):
    ada, bob = await stage.person("ada", items=10), await stage.person("bob", items=10)
    session = await ada.start()

    for path in (
        "syncStatus/{}",
        "syncStatus/nonsense",
        "syncs/{}/heldRemovals",
        "syncs/nonsense/heldRemovals",
    ):
        assert fault_of(await bob.caller.get(f"/api/discogs/{path.format(session)}")) == (404, "not_found")
    for how, body in (
        ("cancel", None),
        ("pause", None),
        ("resume", None),
        ("retry", None),
        ("confirmRemovals", {"confirm": True}),
    ):
        assert fault_of(await bob.steer(session, how, body)) == (404, "not_found")
    assert (await bob.caller.get("/api/discogs/syncs")).json()["items"] == []
    assert (await ada.status(session))["status"] == "paused"


async def test_bad_cursors_are_refused(stage):
    ada = await stage.person()
    for path in ("/api/collection", "/api/wantlist", "/api/discogs/syncs"):
        assert fault_of(await ada.caller.get(f"{path}?cursor=nonsense")) == (400, "bad_cursor")
    for cursor in ("99999999999999999999999999", "-99999999999999999999999999"):
        encoded = urlsafe_b64encode(cursor.encode()).decode().rstrip("=")
        answer = await ada.caller.get(f"/api/collection?cursor={encoded}")
        assert fault_of(answer) == (400, "bad_cursor")
    assert fault_of(await ada.caller.get("/api/collection?limit=0")) == (400, "invalid_parameter")


# --- what Discogs refuses --------------------------------------------------------------------------------------------


async def test_a_token_that_discogs_refuses_ends_the_sync_and_a_new_one_takes_it_up(stage):
    ada = await stage.person(items=130)
    stage.simulator.users.give_token(ada.discogs, "quite-another-token-0123")
    session = await ada.start()
    async with ada.client() as client:
        end = await client.told_the_end(session)
        assert (end.data.code, end.data.retryable) == ("token_rejected", True)
        assert fault_of(await ada.try_to_start()) == (409, "discogs_token_rejected")
        assert fault_of(await ada.steer(session, "retry")) == (409, "discogs_token_rejected")
        me = (await ada.caller.get("/api/users/me")).json()
        assert (me["hasDiscogsToken"], me["tokenValid"]) == (True, False)

        assert (await ada.save_token("quite-another-token-0123"))["tokenValid"] is True
        assert (await ada.steer(session, "retry")).status_code == 200
        assert (await ada.ended(session))["status"] == "completed"
    await ada.assert_mirrors()


async def test_a_token_that_is_revoked_in_mid_sync_keeps_what_was_read(open_stage):
    async with open_stage(simulated={"latency_ms": 15}) as stage:
        ada = await stage.person(items=630, wants=250)
        async with ada.client(in_flight=2):
            session, other = await ada.start(), await ada.start("wantlist")
            await ada.until(session, lambda status: status["itemsDone"] >= 200)
            stage.simulator.users.give_token(ada.discogs, None)
            status, second = await ada.ended(session), await ada.ended(other)
            assert (status["errorCode"], second["errorCode"]) == ("token_rejected", "token_rejected")
            kept = len(await ada.keys())
            assert 200 <= kept < 630
            read = {call.path for call in stage.calls("sort_order=asc", status=200)}

            stage.simulator.users.give_token(ada.discogs, "the-new-token-012345")
            assert (await ada.save_token("the-new-token-012345"))["tokenValid"] is True
            stage.simulator.journal.clear()
            await ada.steer(session, "retry")
            status = await ada.ended(session)

        assert status["status"] == "completed", status
        assert status["completedRequests"] == status["totalRequests"]
        assert read.isdisjoint(call.path for call in stage.calls("sort_order=asc"))
        await ada.assert_mirrors()


async def test_a_token_replaced_in_mid_sync_is_used_from_then_on(open_stage):
    async with open_stage(simulated={"latency_ms": 30}) as stage:
        ada = await stage.person(items=730)
        async with ada.client(in_flight=3):
            session = await ada.start()
            await ada.until(session, lambda status: status["itemsDone"] >= 100)
            # The old one dies with calls under way: their verdict must not fall on the new one.
            stage.simulator.users.give_token(ada.discogs, "the-new-token-012345")
            assert (await ada.save_token("the-new-token-012345"))["tokenValid"] is True
            status = await ada.ended(session)

        assert status["status"] == "completed", status
        assert (await ada.caller.get("/api/users/me")).json()["tokenValid"] is True
        await ada.assert_mirrors()


async def test_a_private_collection_says_what_to_switch(stage):
    ada, bob = await stage.person("ada", items=130), await stage.person("bob", items=10)
    async with ada.client() as client:
        await ada.synced()
        # Ada's name now leads to a collection that her token may not see.
        stage.simulator.faults.clear()
        ada.discogs.make_private()
        bob.discogs.token = ada.token
        ada.discogs.token = "somebody-elses-0123"
        session = await ada.start(full=True)
        end = await client.told_the_end(session)

    assert end.data.code == "discogs_forbidden"
    assert "discogs.com/settings/privacy" in end.data.message
    assert len(await ada.keys()) == 130


async def test_a_renamed_account_is_followed(stage):
    ada = await stage.person(items=130)
    async with ada.client():
        await ada.synced()
        rename(stage, ada.discogs, "ada_the_second")
        status = await ada.sync(full=True)

    assert status["status"] == "completed", status
    assert (await ada.caller.get("/api/users/me")).json()["discogsUsername"] == "ada_the_second"
    assert len(stage.calls("/users/ada_the_second/collection/folders/0/releases")) == 1 + 2


async def test_an_account_that_is_gone_ends_the_sync(stage):
    ada = await stage.person(items=130)
    async with ada.client():
        await ada.synced()
        # The token still answers with the old name, and no such user is found.
        rename(stage, ada.discogs, "nobody", told="ada")
        status = await ada.sync(full=True)

    assert (status["status"], status["errorCode"]) == ("failed", "discogs_user_not_found")
    assert len(await ada.keys()) == 130


def rename(stage, user, name, *, told=None):
    """As Discogs does it: the old name leads nowhere. `told` is what the identity says nevertheless."""
    by_name = stage.simulator.users._by_name
    by_name[name] = by_name.pop(user.name)
    user.name = user.collection._username = user.wantlist._username = told or name


async def test_a_token_of_another_account_is_refused_while_a_mirror_exists(stage):
    ada, bob = await stage.person("ada", items=30, wants=30), await stage.person("bob", items=5)
    async with ada.client():
        await ada.synced()
        stage.simulator.users.give_token(bob.discogs, "token-of-bob-012345")
        answer = await ada.caller.put("/api/users/discogs-token", {"discogsToken": "token-of-bob-012345"})
        assert fault_of(answer) == (409, "discogs_account_mismatch")
        assert fault_of(await ada.try_to_start("wantlist")) == (409, "discogs_account_mismatch")

        assert (await ada.save_token())["tokenValid"] is True
        assert (await ada.sync("wantlist"))["status"] == "completed"
    await ada.assert_mirrors()


async def test_a_token_of_another_account_ends_what_is_under_way(open_stage):
    async with open_stage(simulated={"latency_ms": 20}) as stage:
        ada, bob = await stage.person("ada", items=530, wants=230), await stage.person("bob", items=5)
        async with ada.client(in_flight=1):
            session = await ada.start()
            await ada.until(session, lambda status: status["itemsDone"] >= 100)
            second = await ada.start("wantlist")
            answer = await ada.caller.put("/api/users/discogs-token", {"discogsToken": bob.token})
            assert fault_of(answer) == (409, "discogs_account_mismatch")
            ended = [await ada.ended(session), await ada.ended(second)]

        assert [status["errorCode"] for status in ended] == ["discogs_account_mismatch"] * 2


async def test_forgetting_the_token_ends_what_needs_one(stage):
    ada = await stage.person(items=10)
    session = await ada.start()
    assert (await ada.caller.delete("/api/users/discogs-token")).status_code == 204

    assert (await ada.status(session))["errorCode"] == "discogs_token_missing"
    assert fault_of(await ada.try_to_start()) == (409, "discogs_token_missing")
    assert fault_of(await ada.steer(session, "retry")) == (409, "discogs_token_missing")


# --- the check of a token ---------------------------------------------------------------------------------------------


async def test_saving_a_token_waits_for_the_verdict_of_discogs(stage):
    ada = await stage.person(items=10)
    async with ada.client():
        assert (await ada.save_token())["tokenValid"] is True
        assert (await ada.save_token("no-such-token-01234"))["tokenValid"] is False
        assert (await ada.save_token())["tokenValid"] is True
    assert (await ada.caller.get("/api/users/me")).json()["discogsUsername"] == "ada"


async def test_a_token_that_nobody_can_check_is_checked_when_a_client_comes(stage):
    ada = await stage.person(items=10)
    assert (await ada.caller.get("/api/users/me")).json()["tokenValid"] is None

    async def checked():
        return (await ada.caller.get("/api/users/me")).json()["tokenValid"]

    async with ada.client():
        await eventually(checked, what="the check of the token")
    assert [call.path for call in stage.calls()] == ["/oauth/identity"]


async def test_a_sync_takes_over_the_check_that_is_due(stage):
    ada = await stage.person(items=10, wants=10)
    session = await ada.start()
    async with ada.client():
        assert (await ada.ended(session))["status"] == "completed"
        assert (await ada.sync("wantlist"))["status"] == "completed"
    assert len(stage.calls("identity")) == 1


async def test_what_cannot_be_a_token_is_refused_unasked(stage):
    ada = await stage.person()
    for token in ("", "short", "two words in it", "tok\u00e9n-0123456789", "x" * 300, "tab\ttab-012345"):
        answer = await ada.caller.put("/api/users/discogs-token", {"discogsToken": token})
        assert fault_of(answer) == (400, "malformed_token"), token
        assert token == "" or token not in answer.text


async def test_a_check_that_nobody_answers_in_time_stays_due(stage):
    ada = await stage.person(items=10)
    desk = stage.server.syncing.token_desk
    async with ada.raw_client(maxInFlight=1) as client:
        await client.fetch(await client.request())
        assert await desk.save(ada.user_id, Secret(ada.token), wait_seconds=0.2) is None
        assert (await ada.caller.get("/api/users/me")).json()["tokenValid"] is None
        await client.fetch(await client.request())
        assert (await ada.caller.get("/api/users/me")).json()["tokenValid"] is True
