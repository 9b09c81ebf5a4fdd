"""A server that listens, a user who saved a Discogs token, and sockets."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import pytest
from msgspec import structs

from cratesync.server.settings import Settings
from integration.gateway.wire import Wire, wire
from running_server import Caller, RunningServer

DISCOGS_TOKEN = "canary-discogs-token"

Dial = Callable[..., AbstractAsyncContextManager[Wire]]


@pytest.fixture
def changes() -> dict[str, object]:
    """Settings that differ from the defaults; see `with_settings`."""
    return {}


@pytest.fixture
def settings(database_url, tmp_path, changes) -> Settings:
    return structs.replace(Settings(data_dir=tmp_path, database_url=database_url), **changes)


@pytest.fixture
async def user(server: RunningServer) -> Caller:
    """Somebody whose Discogs token nobody has checked yet."""
    user = await server.register()
    await save_token(user)
    return user


async def save_token(user: Caller) -> None:
    answer = await user.put("/api/users/discogs-token", {"discogsToken": DISCOGS_TOKEN})
    assert answer.json()["tokenValid"] is None


async def start_sync(user: Caller, kind: str = "collection", **more: object) -> str:
    """Start a sync: its `sessionId`."""
    answer = await user.post("/api/discogs/syncCollection", {"syncType": kind, **more})
    assert answer.status_code == 202, answer.text
    return answer.json()["sessionId"]


async def personal_token(user: Caller, *scopes: str) -> str:
    """A personal access token that may do so much."""
    answer = await user.post("/api/auth/tokens", {"name": "test", "scopes": scopes})
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]


@pytest.fixture
def dial(server: RunningServer) -> Dial:
    """Opens a socket that nobody has signed in on."""
    return partial(wire, server.url)


@pytest.fixture
def signed_in(dial, user) -> Dial:
    """Opens a socket and signs the user in on it."""

    @asynccontextmanager
    async def open_and_sign_in(token: str | None = None, **client: object) -> AsyncIterator[Wire]:
        async with dial() as opened:
            await opened.sign_in(token or user.token, **client)
            yield opened

    return open_and_sign_in


@pytest.fixture
def longest_jitter(monkeypatch) -> None:
    """Every wait that is chosen by chance is as long as it can be."""
    monkeypatch.setattr(random, "random", lambda: 0.999)


def with_settings(**changes: object) -> pytest.MarkDecorator:
    """Run a test on a server that is set up otherwise."""
    return pytest.mark.parametrize("changes", [changes], ids=[""])
