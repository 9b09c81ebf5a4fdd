"""A server on both databases, a receiver on loopback, and somebody with a token that never expires: days pass here."""

from collections.abc import AsyncIterator

import pytest
from msgspec import structs

from cratesync.server.clock import HandClock
from cratesync.server.settings import Settings
from integration.webhooks.hook import Hook
from integration.webhooks.receiver import Receiver, receiving
from running_server import Caller, RunningServer


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def settings(settings) -> Settings:
    return structs.replace(settings, webhooks_to_private_networks=True)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def ada(server) -> Caller:
    return await somebody(server, "ada")


@pytest.fixture
async def hook(server, ada, receiver):
    return await Hook.made(server, ada, receiver.url)


async def somebody(server: RunningServer, name: str, *scopes: str) -> Caller:
    """Somebody's program, whose token has all scopes unless some are named."""
    page = await server.register(name)
    wanted = {"name": "program", "scopes": scopes or ("read", "sync", "fetch", "account")}
    answer = await page.post("/api/auth/tokens", wanted)
    assert answer.status_code == 201, answer.text
    return server.with_token(answer.json()["token"])
