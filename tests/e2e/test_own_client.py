"""`serve --with-client`: one command, and the records stay fresh."""

import os
import signal
from pathlib import Path

from e2e.processes import eventually

TOKEN = "CanaryTokenThatNobodyMayKeep0123456789ab"


def own_client_of(server):
    """The process id of the client that a server runs, and of no other."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if b"--supervised" in command and parent == str(server.process.pid):
            return int(process.name)
    return None


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def ended(world, session):
    status = world.call("GET", f"/api/discogs/syncStatus/{session}")
    return status if status["completedAt"] else None


def start(world):
    body = {"syncType": "collection", "fullSync": True}
    return world.call("POST", "/api/discogs/syncCollection", json=body)["sessionId"]


def test_it_fetches_without_any_other_client_and_survives_being_killed(world):
    world.simulate(f"ada:{TOKEN}:1500", latency_ms=100)
    server = world.start("serve", "serve", "--port", "0", "--with-client", CLIENT_MAX_IN_FLIGHT="2")
    world.url = server.url()
    world.register(TOKEN)
    first = eventually(lambda: own_client_of(server), what="the client")
    session = start(world)
    eventually(lambda: len(world.journal("/releases")) >= 3, what="a few pages")
    os.kill(first, signal.SIGKILL)
    status = eventually(lambda: ended(world, session), what="the end")

    assert (status["status"], status["summary"]["added"]) == ("completed", 1500)
    second = own_client_of(server)
    assert second not in (None, first)
    assert "own_client_ended" in server.said
    assert "sync_completed" in server.said
    assert server.stop() == 0
    assert is_gone(second)
    assert world.files_with(TOKEN) == []


def test_it_does_not_outlive_a_server_that_is_killed_and_its_token_is_taken_back(world):
    world.simulate(f"ada:{TOKEN}:100")
    server = world.serve(WITH_CLIENT="1")
    world.register(TOKEN)
    session = start(world)
    eventually(lambda: ended(world, session), what="the end")
    client = own_client_of(server)
    left = world.call("GET", "/api/auth/tokens")["items"]
    server.process.kill()
    eventually(lambda: is_gone(client), what="the client's end")

    server = world.serve()
    eventually(
        lambda: {token["id"] for token in world.call("GET", "/api/auth/tokens")["items"]}.isdisjoint(
            token["id"] for token in left
        ),
        what="another token",
    )
    session = start(world)
    assert eventually(lambda: ended(world, session), what="the end")["status"] == "completed"
    server.stop()
    world.serve(WITH_CLIENT="0")
    assert world.call("GET", "/api/auth/tokens")["items"] == []
