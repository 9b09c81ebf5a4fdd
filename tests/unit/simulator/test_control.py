import pytest

CONTROL = "/_simulator"
ADA = f"{CONTROL}/users/ada"


@pytest.fixture
async def control(calling):
    """Calls as a person at the controls: no credentials, no user agent."""
    async with calling(headers={"User-Agent": ""}) as client:
        yield client


async def test_the_state_tells_users_faults_and_quota(control, ada):
    await ada.get("/oauth/identity")
    state = (await control.get(f"{CONTROL}/state")).json()

    assert [(user["name"], user["items"], user["wants"]) for user in state["users"]] == [("ada", 250, 30)]
    assert (state["calls"], state["quota"], state["faults"]) == (1, {"127.0.0.1": 1}, [])
    assert "token-of-ada" not in str(state)


async def test_the_controls_are_neither_counted_nor_journaled(discogs, control):
    for _ in range(100):
        await control.get(f"{CONTROL}/state")

    assert len(discogs.journal) == 0
    assert discogs.quota.addresses(discogs.clock.monotonic()) == {}


async def test_a_user_is_shown_with_every_id(discogs, control):
    shown = (await control.get(ADA)).json()

    assert shown["instances"] == discogs.user("ada").collection.instance_ids()
    assert shown["releases_wanted"] == discogs.user("ada").wantlist.release_ids()


async def test_a_user_is_added_while_running(control, calling):
    added = await control.post(f"{CONTROL}/users", json={"name": "bob", "token": "of-bob", "items": 3})
    async with calling(headers={"Authorization": "Discogs token=of-bob"}) as bob:
        found = (await bob.get("/users/bob/collection/folders/0/releases")).json()

    assert added.status_code == 201
    assert found["pagination"]["items"] == 3


async def test_a_token_is_replaced_and_revoked(control, ada, calling):
    await control.post(ADA, json={"token": "another"})
    async with calling(headers={"Authorization": "Discogs token=another"}) as renewed:
        assert (await ada.get("/oauth/identity")).status_code == 401
        assert (await renewed.get("/oauth/identity")).status_code == 200
        await control.post(ADA, json={"token": None})
        assert (await renewed.get("/oauth/identity")).status_code == 401


async def test_collection_and_wants_are_hidden_and_shown(control, stranger):
    wants, items = "/users/ada/wants", "/users/ada/collection/folders/0/releases"
    await control.post(ADA, json={"private_wants": True})
    assert [(await stranger.get(path)).status_code for path in (wants, items)] == [403, 200]
    await control.post(ADA, json={"private": True})
    assert [(await stranger.get(path)).status_code for path in (wants, items)] == [403, 403]
    await control.post(ADA, json={"private": False})
    assert [(await stranger.get(path)).status_code for path in (wants, items)] == [200, 200]


@pytest.mark.parametrize(
    ("change", "items", "wants"),
    [
        ({"kind": "add", "count": 3}, 253, 30),
        ({"kind": "add", "releases": [5, 5], "folder_id": 1}, 252, 30),
        ({"kind": "remove", "count": 4}, 246, 30),
        ({"kind": "move"}, 250, 30),
        ({"kind": "rerate", "rating": 1}, 250, 30),
        ({"kind": "edit", "text": "changed"}, 250, 30),
        ({"kind": "retitle"}, 250, 30),
        ({"kind": "want", "count": 2}, 250, 32),
        ({"kind": "unwant", "count": 2}, 250, 28),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else "",
)
async def test_a_collection_drifts_on_command(discogs, control, change, items, wants):
    before = {
        key: discogs.user("ada").collection.item(key) for key in discogs.user("ada").collection.instance_ids()
    }
    answer = await control.post(f"{ADA}/drift", json=change)
    user = discogs.user("ada")

    assert answer.status_code == 200
    assert (len(user.collection), len(user.wantlist)) == (items, wants)
    for key in answer.json()["changed"]:
        if change["kind"] in ("move", "rerate", "edit", "retitle"):
            assert user.collection.item(key) != before[key]
        elif change["kind"] == "remove":
            assert user.collection.item(key) is None


async def test_named_items_drift(discogs, control):
    named = discogs.user("ada").collection.instance_ids()[3:5]
    answer = await control.post(f"{ADA}/drift", json={"kind": "remove", "instances": named})

    assert answer.json() == {"changed": named}


async def test_faults_are_set_shown_and_cleared(control, ada):
    asked = {"kind": "500", "next": 1, "path": "/oauth/*"}
    await control.post(f"{CONTROL}/faults", json=asked)
    (shown,) = (await control.get(f"{CONTROL}/faults")).json()["faults"]

    assert (shown["kind"], shown["next"], shown["path"], shown["happened"]) == ("500", 1, "/oauth/*", 0)
    assert [(await ada.get("/oauth/identity")).status_code for _ in range(2)] == [500, 200]
    await control.post(f"{CONTROL}/faults", json={"kind": "empty"})
    assert (await control.delete(f"{CONTROL}/faults?kind=empty")).status_code == 204
    assert (await control.get(f"{CONTROL}/faults")).json() == {"faults": []}


async def test_the_journal_is_read_and_cleared(control, ada):
    await ada.get("/oauth/identity")
    (call,) = (await control.get(f"{CONTROL}/journal")).json()["calls"]

    assert (call["path"], call["status"], call["slots"]) == ("/oauth/identity", 200, 1)
    await control.delete(f"{CONTROL}/journal")
    assert (await control.get(f"{CONTROL}/journal")).json() == {"calls": []}


async def test_the_quota_is_read_and_cleared(control, ada, discogs):
    await ada.get("/oauth/identity")
    assert (await control.get(f"{CONTROL}/quota")).json() == {"used": {"127.0.0.1": 1}, "covers_used": {}}
    await control.delete(f"{CONTROL}/quota?ip=127.0.0.1")
    assert (await control.get(f"{CONTROL}/quota")).json()["used"] == {}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("GET", "/nowhere", None, 404, "There is no /_simulator/nowhere"),
        ("GET", "/users/nobody", None, 404, "There is no user nobody."),
        ("PUT", "/faults", None, 405, "takes GET, POST, DELETE"),
        ("POST", "/faults", {"kind": "fire"}, 400, "Invalid enum value 'fire'"),
        ("POST", "/faults", {"kind": "500", "rate": 2}, 400, "must be from 0 to 1"),
        ("POST", "/faults", {"kind": "500", "often": 2}, 400, "unknown field `often`"),
        ("POST", "/users", {"name": "ada", "token": "x"}, 400, "There is a user ada already"),
        ("POST", "/users/ada/drift", {"kind": "remove", "instances": [1]}, 404, "owns no instance 1"),
        ("POST", "/users/ada/drift", {"kind": "move", "folder_id": 77}, 400, "has no folder 77"),
        ("POST", "/users/ada/drift", {"kind": "add", "count": 0}, 400, "at least 1"),
        ("POST", "/users/ada", {"token": ""}, 400, "token is empty"),
        ("DELETE", "/faults?kind=fire", None, 400, "'fire' is not a valid Kind"),
    ],
)
async def test_a_wrong_command_is_told_in_a_sentence(control, method, path, body, status, sentence):
    answer = await control.request(method, CONTROL + path, json=body)

    assert answer.status_code == status
    assert sentence in answer.json()["message"]
