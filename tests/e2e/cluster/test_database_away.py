"""The database goes away in mid-sync and comes back: the nodes live on, and the sync with them."""

import json

import pytest

from e2e.cluster.cluster import Cluster
from e2e.processes import eventually
from postgres import StoppablePostgres

TOKEN = "CanaryTokenThatNobodyMayKeep0123456789ab"


@pytest.fixture
def postgres():
    postgres = StoppablePostgres()
    yield postgres
    postgres.remove()


def test_a_sync_goes_on_when_the_database_is_back(postgres, tmp_path):
    postgres.start()
    cluster = Cluster(tmp_path, postgres.url)
    try:
        cluster.simulate(f"ada:{TOKEN}:900", latency_ms=100)
        here, there = (cluster.start_node(MAX_IN_FLIGHT="1", LEASE_SECONDS="3") for _ in range(2))
        cluster.url = here.url()
        there.url()
        cluster.register(TOKEN)
        sync = cluster.client("sync", "--json")
        eventually(lambda: len(cluster.accepted()) >= 6, what="some accepted answers")
        known = cluster.accepted()
        postgres.stop()
        for node in (here, there):
            node.said_when("bell_lost")
        assert cluster.http("GET", "/health/ready").status_code == 503
        signing_in = cluster.http(
            "POST", "/api/auth/login", json={"username": "ada", "password": "of no matter"}
        )
        assert (signing_in.status_code, signing_in.json()["code"]) == (503, "busy")
        postgres.start()

        assert sync.ends() == 0, sync.said
        assert json.loads(sync.out.read_text())["summary"]["added"] == 900
        assert cluster.asked_more_than_once().isdisjoint(known)
        for node in (here, there):
            eventually(
                lambda node=node: node.said.count("bell_found") == 2, what="a bell that was found again"
            )
            assert node.stop() == 0, node.said
            assert "Traceback" not in node.said
    finally:
        cluster.end()
