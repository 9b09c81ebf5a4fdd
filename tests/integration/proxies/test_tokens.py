"""A Discogs token leaves the server only where nobody on the way can read along."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

from integration.gateway.conftest import DISCOGS_TOKEN, save_token, start_sync
from integration.gateway.wire import Wire
from running_server import Caller, RunningServer

ELSEWHERE = "203.0.113.7"


@pytest.fixture
def dial(certificates):
    """Opens a socket with headers of the test's choice and signs in on it."""

    @asynccontextmanager
    async def open_(server: RunningServer, user: Caller, **headers: str) -> AsyncIterator[Wire]:
        url = server.url.replace("http", "ws", 1) + "/ws"
        tls: ssl.SSLContext | None = certificates.trusting() if url.startswith("wss") else None
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with connect(url, ssl=tls, proxy=None, compression=None, additional_headers=named) as socket:
            wire = Wire(socket)
            await wire.sign_in(user.token)
            yield wire

    return open_


async def with_a_sync(server: RunningServer) -> Caller:
    user = await server.register()
    await save_token(user)
    await start_sync(user)
    return user


async def is_given_the_token(wire: Wire) -> None:
    assert DISCOGS_TOKEN in (await wire.request())["headers"]["Authorization"]


async def only_watches(wire: Wire) -> None:
    """Told of the sync, and that it waits for a client that may fetch."""
    waiting = await wire.hear("sync_progress")
    assert waiting["reason"] == "client_disconnected"
    await wire.settle()
    assert wire.unread("discogs_api_request") == []


async def test_over_tls_it_goes_to_a_client_elsewhere(behind, dial):
    # The test is a proxy in front of nginx: it comes from a trusted address and says for whom.
    async with behind() as server, dial(server, await with_a_sync(server), X_Forwarded_For=ELSEWHERE) as wire:
        await is_given_the_token(wire)


async def test_over_plain_http_it_goes_to_a_client_on_this_machine_alone(behind, dial):
    async with behind(tls=False) as server:
        user = await with_a_sync(server)
        async with dial(server, user, X_Forwarded_For=ELSEWHERE) as wire:
            await only_watches(wire)
        async with dial(server, user) as wire:
            await is_given_the_token(wire)


@pytest.mark.parametrize(
    "lie",
    [
        {"X_Forwarded_Proto": "https"},
        {"X_Forwarded_For": f"127.0.0.1, {ELSEWHERE}"},
        {"X_Forwarded_For": f"{ELSEWHERE}, 127.0.0.1, {ELSEWHERE}"},
        {"Forwarded": "for=127.0.0.1;proto=https"},
    ],
    ids=lambda lie: " ".join(f"{name}: {value}" for name, value in lie.items()),
)
async def test_a_client_elsewhere_cannot_talk_it_out_of_the_server(behind, dial, lie):
    async with behind(tls=False) as server:
        headers = {"X_Forwarded_For": ELSEWHERE} | lie
        async with dial(server, await with_a_sync(server), **headers) as wire:
            await only_watches(wire)


@pytest.mark.parametrize("tls", [True, False], ids=["tls", "plain"])
async def test_through_a_proxy_nobody_vouched_for_it_goes_to_nobody(behind, dial, tls):
    with capture_logs() as lines:
        async with behind(tls=tls, trusted_proxies=()) as server:
            user = await with_a_sync(server)
            async with dial(server, user) as wire:
                await only_watches(wire)

    (warning,) = (line for line in lines if line["event"] == "proxy_not_trusted")
    assert (warning["log_level"], warning["address"]) == ("warning", "127.0.0.1")
    assert "CRATESYNC_TRUSTED_PROXIES" in warning["hint"]


async def test_the_servers_owner_may_lift_the_rule(behind, dial):
    lifted = {"tls": False, "trusted_proxies": (), "allow_insecure_lan": True}
    async with behind(**lifted) as server, dial(server, await with_a_sync(server)) as wire:
        await is_given_the_token(wire)
