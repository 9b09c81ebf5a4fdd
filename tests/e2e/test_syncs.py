"""Server, client and Discogs as separate processes: whole syncs, killed programs, exit codes, and no token anywhere."""

import json
import shutil
import signal
from pathlib import Path

import pytest

from e2e.processes import eventually
from integration.sync.stage import shown

FIXTURES = Path(__file__).parents[1] / "fixtures" / "discogs"
RECORDINGS = Path(__file__).parents[3] / "shared" / "fixtures" / "discogs"
RECORDED = (
    ("collection", "releases", "collection__simonalanjones_discogs__2023_33items.json"),
    ("wantlist", "wants", "wants__jeremiahrappley_vinyl-showcase__2026_jrappley_all.json"),
)
CANARY = "CanaryTokenThatNobodyMayKeep0123456789ab"
# Of a full sync of 3,000 records: whose token it is, three side matters, 30 pages, and the newest page before and after them.
CALLS = 36


def records_of(path, key):
    content = json.loads(path.read_text("utf-8"))
    return content if isinstance(content, list) else content[key]


def test_a_recorded_collection_and_wantlist_travel_through_unchanged(world, tmp_path):
    folder = tmp_path / "recording"
    folder.mkdir()
    if RECORDINGS.is_dir():
        files = [RECORDINGS / name for _, _, name in RECORDED]
    else:
        files = [FIXTURES / "collection_page.json", FIXTURES / "wantlist_page.json"]
    for file in files:
        shutil.copy(file, folder)
    world.simulate(f"ada:{CANARY}:{folder}")
    world.serve(KEEP_RESPONSE_BODIES="all")
    world.register(CANARY)

    for (kind, key, _), file in zip(RECORDED, files, strict=True):
        sync = world.client("sync", "--type", kind, "--json")
        assert sync.ends() == 0, sync.said
        report = json.loads(sync.out.read_text())
        raw = records_of(file, key)
        assert (report["status"], report["summary"]["added"]) == ("completed", len(raw))
        path = "/api/collection" if kind == "collection" else "/api/wantlist"
        id_ = "instanceId" if kind == "collection" else "releaseId"
        mirrored = {record[id_]: record for record in world.call("GET", f"{path}?limit=500")["items"]}
        assert len(mirrored) == len(raw)
        for record in raw:
            expected = shown(record, kind)
            assert {name: mirrored[expected[id_]][name] for name in expected} == expected

    assert world.asked_more_than_once() == set()
    world.read_everything()
    assert world.files_with(CANARY) == []


def test_a_client_that_is_killed_in_mid_sync_goes_on_where_it_was(world):
    world.simulate(f"ada:{CANARY}:3000", latency_ms=150)
    world.serve(LEASE_SECONDS="3", MAX_IN_FLIGHT="2", GRACE_SECONDS="1")
    world.register(CANARY)
    first = world.client("sync")
    eventually(lambda: len(world.accepted()) >= 8, what="some accepted answers")
    first.stop(signal.SIGKILL)
    accepted = world.accepted()
    assert len(accepted) < CALLS
    [sync] = world.call("GET", "/api/discogs/syncs")["items"]

    second = world.client("sync", "--json")
    assert second.ends() == 0, second.said
    assert json.loads(second.out.read_text())["sessionId"] == sync["sessionId"]
    assert world.asked_more_than_once().isdisjoint(accepted)
    assert len(world.journal()) <= CALLS + 2
    assert world.call("GET", "/api/collection?limit=1")["total"] == 3000


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_is_ended_in_mid_sync_goes_on_where_it_was(world, number):
    world.simulate(f"ada:{CANARY}:3000", latency_ms=60)
    server = world.serve(LEASE_SECONDS="3", MAX_IN_FLIGHT="3", GRACE_SECONDS="1")
    world.register(CANARY)
    sync = world.client("sync", "--json")
    eventually(lambda: len(world.accepted()) >= 8, what="some accepted answers")
    code = server.stop(number)
    assert code == (0 if number == signal.SIGTERM else -number), server.said
    accepted = world.accepted()
    assert len(accepted) < CALLS
    world.serve()

    assert sync.ends() == 0, sync.said
    assert json.loads(sync.out.read_text())["summary"]["verified"] is True
    assert world.asked_more_than_once().isdisjoint(accepted)
    assert len(world.journal()) <= CALLS + 3
    assert world.call("GET", "/api/collection?limit=1")["total"] == 3000
    world.read_everything()
    assert world.files_with(CANARY) == []


def test_exit_codes_tell_what_happened_and_no_failure_leaves_the_token_anywhere(world):
    wrong = CANARY.replace("Canary", "Wrongs")
    world.simulate(f"ada:{CANARY}:120", f"eve:{CANARY[::-1]}:20")
    world.serve(ATTEMPTS_MAX="1", KEEP_RESPONSE_BODIES="all")
    for user, token in (("ada", CANARY), ("bob", wrong), ("eve", CANARY[::-1])):
        world.register(token, user)

    rejected = world.client("sync", "--json", user="bob")
    stranger = world.client("sync", "--json", user="bob", PASSWORD="not the password")
    assert (rejected.ends(), stranger.ends()) == (3, 3), rejected.said + stranger.said
    assert json.loads(rejected.out.read_text())["code"] in {"token_rejected", "discogs_token_rejected"}

    world.control("POST", "/faults", {"kind": "500", "path": "*/releases", "page": 2})
    incomplete = world.client("sync", "--json")
    assert incomplete.ends() == 1, incomplete.said
    assert json.loads(incomplete.out.read_text())["code"] == "incomplete"
    world.control("DELETE", "/faults")
    for kind in ("html", "truncated", "empty"):
        world.control("POST", "/faults", {"kind": kind, "path": "*/releases", "next": 1})
        assert world.client("sync", "--full").ends() == 1
    world.control("DELETE", "/faults")
    world.control("POST", "/users/eve", {"token": None})
    revoked = world.client("sync", user="eve")
    assert revoked.ends() == 3, revoked.said
    completed = world.client("sync", "--full", "--json")
    assert completed.ends() == 0, completed.said

    for user in ("ada", "bob", "eve"):
        world.read_everything(user)
    for token in (CANARY, wrong, CANARY[::-1]):
        assert world.files_with(token) == []


def test_a_client_that_runs_serves_a_sync_that_another_one_starts_and_stops_on_a_signal(world):
    world.simulate(f"ada:{CANARY}:250:30")
    server = world.serve()
    world.register(CANARY)
    running = world.client("run")
    watching = world.client("sync", "--type", "wantlist", CLIENT_DIR=str(world.folder / "other"))
    assert watching.ends() == 0, watching.said
    started = world.call("POST", "/api/discogs/syncCollection", json={"syncType": "collection"})

    def ended():
        return world.call("GET", f"/api/discogs/syncStatus/{started['sessionId']}")["status"] == "completed"

    eventually(ended, what="the end of the sync")
    assert running.stop() == 0, running.said
    assert server.stop() == 0, server.said
    assert world.asked_more_than_once() == set()
    assert world.files_with(CANARY) == []
