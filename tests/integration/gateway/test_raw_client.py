"""The promise of the wire: a client written from the design document's examples runs whole syncs."""

import pytest
from msgspec import structs

from cratesync.server.settings import Settings
from cratesync.simulator import Simulator
from raw_client import RawClient

TOKEN = "token-of-ada"


@pytest.fixture
async def discogs():
    simulator = Simulator()
    simulator.add_user("ada", TOKEN, items=230, wants=120)
    async with simulator.serving() as url:
        yield simulator, url


@pytest.fixture
def settings(database_url, tmp_path, discogs) -> Settings:
    return structs.replace(Settings(data_dir=tmp_path, database_url=database_url), discogs_url=discogs[1])


async def test_a_client_of_the_design_document_syncs_a_collection_and_then_a_wantlist(server, discogs):
    simulator, _ = discogs
    ada = simulator.user("ada")
    user = await server.register("ada")
    saved = await user.put("/api/users/discogs-token", {"discogsToken": TOKEN})
    assert saved.json()["tokenValid"] is None

    async with RawClient.connected(server.url, user.token) as client:
        summaries = {}
        for kind in ("collection", "wantlist"):
            started = await user.post(
                "/api/discogs/syncCollection", {"syncType": kind, "fullSync": False, "pageLimit": None}
            )
            over = await client.serve_until_over(started.json()["sessionId"])
            assert over["type"] == "sync_complete", over
            summaries[kind] = over["data"]["summary"]
            assert [said["percentComplete"] for said in client.progress] == sorted(
                said["percentComplete"] for said in client.progress
            )
            client.progress.clear()

    assert summaries["collection"]["added"] == 230
    assert summaries["collection"]["verified"] is True
    assert summaries["wantlist"]["added"] == 120
    assert len(client.urls) == len(simulator.journal)
    assert all(call.status == 200 for call in simulator.journal)

    mirror = await page(user, "/api/collection")
    assert {item["instanceId"] for item in mirror} == set(ada.collection.instance_ids())
    wants = await page(user, "/api/wantlist")
    assert {item["releaseId"] for item in wants} == set(ada.wantlist.release_ids())


async def page(user, path: str) -> list[dict]:
    """All records, page by page."""
    items: list[dict] = []
    cursor = ""
    while True:
        answer = (await user.get(f"{path}?limit=100{cursor}")).json()
        items += answer["items"]
        if answer["nextCursor"] is None:
            return items
        cursor = f"&cursor={answer['nextCursor']}"
