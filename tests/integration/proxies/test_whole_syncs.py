"""A whole sync by the real client, through a real proxy, over TLS and under a sub-path."""

import json

import pytest

from e2e.processes import World
from integration.proxies.reverse_proxies import CADDY, HAPROXY, NGINX, Way, free_port, running_proxy


@pytest.mark.parametrize(
    ("kind", "strips"),
    [(NGINX, False), (NGINX, True), (HAPROXY, False), (CADDY, False), (CADDY, True)],
    ids=["nginx", "nginx-strips", "haproxy", "caddy", "caddy-strips"],
)
async def test_a_collection_is_synced_through_a_proxy(open_stage, kind, strips):
    async with open_stage(kind, strips=strips) as stage:
        ada = await stage.person(items=230, wants=20)
        async with ada.client() as client:
            session_id = await ada.start()
            assert (await ada.ended(session_id))["status"] == "completed"
            told = await client.told_the_end(session_id)
            assert told.data.summary.added == 230
            await ada.synced("wantlist")
        await ada.assert_mirrors()
        stage.assert_paced()


def test_the_programs_themselves_do_it_with_the_documented_settings(tmp_path, certificates, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    port = free_port()
    url = f"https://127.0.0.1:{port}/cratesync"
    world = World(tmp_path)
    try:
        world.simulate("ada:canary-token-of-ada:230")
        world.serve(PUBLIC_URL=url, TRUSTED_PROXIES="127.0.0.1", OPEN_REGISTRATION="true")
        world.register("canary-token-of-ada")
        way = Way(port, int(world.url.rpartition(":")[2]), certificates)
        with running_proxy(NGINX, way, tmp_path / "nginx"):
            client = world.client("sync", "--json", SERVER_URL=url)
            assert client.ends() == 0, client.said
            assert json.loads(client.out.read_text())["summary"]["added"] == 230
        world.stop()
        assert "proxy_not_trusted" not in "".join(file.read_text() for file in tmp_path.glob("*-serve.*"))
        assert world.files_with("canary-token-of-ada") == []
    finally:
        world.end()
