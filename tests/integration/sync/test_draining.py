"""A node that stops: it is sent no more work, begins none, and sends its clients away."""

import asyncio

from websockets.asyncio.client import connect

from cratesync.server.store.tables import requests


async def test_a_node_that_drains_claims_nothing_more_and_sends_everybody_away(stage):
    ada = await stage.person(items=500)
    async with ada.raw_client(maxInFlight=1) as client:
        await ada.start()
        request = await client.request()
        stage.server.readiness.close()
        await stage.server.syncing.drain()
        ready = await stage.running.http.get("/health/ready")
        await client._socket.wait_closed()
    assert (ready.status_code, ready.json()["code"]) == (503, "not_ready")
    assert client._socket.close_code == 1012

    async with connect(stage.running.url.replace("http", "ws") + "/ws", proxy=None) as late:
        await late.send(f'{{"id":"1","type":"authenticate","data":{{"token":"{ada.caller.token}"}}}}')
        await asyncio.wait_for(late.wait_closed(), 10)
    assert late.close_code == 1012
    sent = [row for row in await stage.rows(requests) if row["status"] == "sent"]
    assert [row["request_id"] for row in sent] == [request["requestId"]]
