"""Three nodes behind HAProxy: clients are spread over them, and whichever of them dies, every sync goes on where it was."""

import json
import signal

from e2e.processes import eventually
from integration.proxies.reverse_proxies import free_port

USERS = ("ada", "bob", "eve")
CANARY = "CanaryTokenOf{}ThatNobodyMayKeep0123456789"


def test_nodes_are_killed_and_drained_in_mid_sync_and_nothing_is_fetched_twice(
    cluster, certificates, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    tokens = {user: CANARY.format(user.capitalize()) for user in USERS}
    cluster.simulate(
        *(f"{user}:{token}:1000" for user, token in tokens.items()), latency_ms=150, more=("--limit", "200")
    )
    cluster.url = f"https://127.0.0.1:{free_port()}"
    settings = {
        "PUBLIC_URL": cluster.url,
        "TRUSTED_PROXIES": "127.0.0.1",
        "OPEN_REGISTRATION": "true",
        "DISCOGS_LIMIT": "200",
        "MAX_IN_FLIGHT": "1",
        "LEASE_SECONDS": "3",
    }
    for _ in range(3):
        cluster.start_node(**settings)
    for node in cluster.nodes:
        node.url()
    with cluster.balanced(certificates):
        for user, token in tokens.items():
            cluster.register(token, user)
        syncs = {
            user: cluster.client("sync", "--json", user=user, CLIENT_DIR=str(cluster.folder / user))
            for user in USERS
        }
        eventually(
            lambda: len(cluster.accepted()) >= 12 and len(cluster.seats()) >= 2, what="syncs on two nodes"
        )
        first, second, _ = cluster.nodes
        first.stop(signal.SIGKILL)
        known = cluster.accepted()
        eventually(lambda: len(cluster.accepted()) >= len(known) + 6, what="syncs that go on")
        known |= cluster.accepted()
        assert second.stop() == 0, second.said

        for user, sync in syncs.items():
            assert sync.ends() == 0, sync.said
            report = json.loads(sync.out.read_text())
            assert (report["summary"]["added"], report["summary"]["verified"]) == (1000, True)
            assert cluster.call("GET", "/api/collection?limit=1", user)["total"] == 1000
        assert cluster.http("GET", "/metrics").status_code == 404

    assert cluster.asked_more_than_once().isdisjoint(known)
    # What was on its way when a node was killed is all that may be asked again: one call of each client.
    assert len(cluster.asked_more_than_once()) <= 2 * len(USERS)
    for token in tokens.values():
        assert cluster.files_with(token) == []
