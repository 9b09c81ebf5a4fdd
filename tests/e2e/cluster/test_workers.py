"""Several workers behind one socket: what is done once is done once, and whoever dies is replaced."""

import json
import os
import re
import signal
from pathlib import Path

from e2e.processes import eventually

TOKEN = "CanaryTokenThatNobodyMayKeep0123456789ab"


def workers_of(node) -> set[int]:
    children = Path(f"/proc/{node.process.pid}/task/{node.process.pid}/children").read_text().split()
    return {int(child) for child in children if "worker-socket" in Path(f"/proc/{child}/cmdline").read_text()}


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_sync_goes_on_although_its_worker_is_killed_and_the_parent_ends_all_of_them(cluster):
    cluster.simulate(f"ada:{TOKEN}:900", latency_ms=100)
    node = cluster.start_node("--workers", "2", MAX_IN_FLIGHT="1", LEASE_SECONDS="3")
    cluster.url = node.url()
    cluster.register(TOKEN)
    sync = cluster.client("sync", "--json")
    eventually(lambda: len(cluster.accepted()) >= 6, what="some accepted answers")
    known, before = cluster.accepted(), workers_of(node)
    assert len(before) == 2
    [fetching] = cluster.seats()
    started = re.findall(r"server_started.*?node=(\w+)", node.err.read_text())
    assert fetching in started
    for worker in before:
        os.kill(worker, signal.SIGKILL)

    assert sync.ends() == 0, sync.said
    assert json.loads(sync.out.read_text())["summary"]["added"] == 900
    assert cluster.asked_more_than_once().isdisjoint(known)
    now = eventually(lambda: len(found := workers_of(node)) == 2 and found, what="two workers again")
    assert now.isdisjoint(before)

    assert node.stop() == 0, node.said
    assert not any(map(is_alive, now))
    said = node.out.read_text()
    assert (said.count("listens on"), said.count("This link makes the first one")) == (1, 1)


def test_workers_end_with_their_parent_however_that_ends(cluster):
    cluster.discogs_url = "http://127.0.0.1:1"
    node = cluster.start_node("--workers", "2")
    node.url()
    workers = eventually(lambda: len(found := workers_of(node)) == 2 and found, what="two workers")
    node.said_when("server_started")
    node.stop(signal.SIGKILL)

    eventually(lambda: not any(map(is_alive, workers)), what="the end of the workers")
