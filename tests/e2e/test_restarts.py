"""Programs that are killed in the middle of a sync: it waits, goes on, and pays for nothing twice."""

import signal

from e2e.programs import until

TOKEN = "ada-token-for-the-restarts"
PAGES = 40


def begin(programs):
    programs.simulate(f"ada:{TOKEN}:{PAGES * 100}", window=3.0, latency_ms=150)
    server = programs.serve()
    programs.join("ada", TOKEN)
    return server


def standing(programs):
    """Where the newest sync stands."""
    access = programs.access("ada")
    newest = programs.rest("GET", "/api/discogs/syncs", access).json()["items"][0]["sessionId"]
    return programs.rest("GET", f"/api/discogs/syncStatus/{newest}", access).json()


def test_a_client_that_is_killed_pauses_the_sync_and_the_next_one_finishes_it(programs):
    begin(programs)
    client = programs.client("ada", "sync", "--json")
    until(lambda: len(programs.pages_served()) >= 10, "ten pages were served")
    programs.stop(client, signal.SIGKILL)
    paused = until(lambda: (now := standing(programs))["status"] == "paused" and now, "the sync paused")
    served_before = len(programs.pages_served())

    code, done = programs.sync("ada")

    assert paused["reason"] == "client_disconnected"
    assert (code, done["status"], done["sessionId"]) == (0, "completed", paused["sessionId"])
    assert len(programs.records("ada")) == PAGES * 100
    # Only what was under way when the client died may be asked for again: its answers died with it.
    never_heard = served_before - paused["itemsDone"] // 100
    assert len(programs.asked_twice()) <= never_heard <= 12
    assert programs.most_in_a_window() <= 58


def test_a_server_that_is_killed_comes_back_and_the_same_client_finishes(programs):
    server = begin(programs)
    client = programs.client("ada", "sync", "--json")
    until(lambda: len(programs.pages_served()) >= 10, "ten pages were served")
    programs.stop(server, signal.SIGKILL)
    programs.serve()

    assert client.wait(60) == 0

    assert len(programs.records("ada")) == PAGES * 100
    assert programs.asked_twice() == []
    assert programs.most_in_a_window() <= 58


def test_a_server_that_is_told_to_stop_does_so_soon_and_says_no_traceback(programs):
    server = begin(programs)
    client = programs.client("ada", "run")
    programs.client("ada", "sync", "--json")
    until(lambda: len(programs.pages_served()) >= 5, "five pages were served")

    assert programs.stop(server) == 0
    assert programs.stop(client) in (0, 143)
    assert b"Traceback" not in programs.everything_written()
