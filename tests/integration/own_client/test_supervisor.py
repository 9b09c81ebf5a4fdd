"""The supervisor of the server's own client, with real processes."""

import asyncio
import json
import os
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from cratesync.server.edge import ApiError
from cratesync.server.own_client.child import Child
from cratesync.server.own_client.credential import OwnCredential
from cratesync.server.own_client.supervisor import Supervisor, SupervisorTiming
from cratesync.server.store.access_tokens import list_tokens
from integration.sync.stage import eventually

TIMING = SupervisorTiming(account_looked_for_every=0.05, first_wait=0.02, longest_wait=0.08)


@pytest.fixture
def logs():
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def credential(server):
    """What lends tokens, with a folder of its own."""

    def make(folder, username=None):
        return OwnCredential(
            database=server.server.database,
            authenticator=server.server.authenticator,
            clock=server.server.clock,
            folder=folder,
            name="The server's own client",
            username=username,
        )

    return make


@pytest.fixture
def supervisor(server, credential, tmp_path):
    """A supervisor that has not begun; the environment and the user can be chosen."""

    def make(*, username=None, timing=TIMING, **environ):
        folder = tmp_path / "own-client"
        child = Child(
            server_url=server.url,
            discogs_url="http://127.0.0.1:9",
            folder=folder,
            environ=os.environ | environ,
        )
        return Supervisor(child, credential(folder, username), server.server.clock, timing)

    return make


class Running:
    def __init__(self, supervisor):
        self._task = asyncio.create_task(supervisor.run())

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def saying(logs, event, **wanted):
    return [line for line in logs if line["event"] == event and wanted.items() <= line.items()]


async def connected_users(server):
    return set(server.server.syncing.hub.fetching_since())


async def tokens_of(server, caller):
    me = (await caller.get("/api/users/me")).json()
    async with server.server.database.read() as connection:
        return await list_tokens(connection, UUID(me["id"]))


async def test_it_waits_for_an_account_and_works_for_the_first_one(server, supervisor, logs):
    async with Running(supervisor()):
        await eventually(lambda: _true(saying(logs, "own_client_waits")), what="waiting")
        assert saying(logs, "own_client_starts") == []
        anna = await server.register("anna")
        await server.register("bert")
        await eventually(lambda: connected_users(server), what="a connection")
        tokens = await tokens_of(server, anna)
        assert [(token.name, token.scopes) for token in tokens] == [
            ("The server's own client", ("fetch", "read"))
        ]
    assert saying(logs, "own_client_starts", username="anna")
    assert await connected_users(server) == set()
    assert await tokens_of(server, anna) == []


async def test_it_works_for_the_user_that_was_named(server, supervisor, logs):
    await server.register("anna")
    await server.register("bert")
    async with Running(supervisor(username="Bert")):
        await eventually(lambda: connected_users(server), what="a connection")
    assert [line["username"] for line in saying(logs, "own_client_starts")] == ["bert"]


async def test_one_that_cannot_start_is_tried_again_after_growing_waits(server, supervisor, logs):
    await server.register()
    async with Running(supervisor(CRATESYNC_CLIENT_MAX_IN_FLIGHT="many")):
        await eventually(lambda: _true(len(saying(logs, "own_client_ended")) >= 4), what="four failures")
    ended = saying(logs, "own_client_ended")
    assert [line["again_in_seconds"] for line in ended[:4]] == [0.02, 0.04, 0.08, 0.08]
    assert {line["why"] for line in ended} == {"exit code 2"}
    assert "CRATESYNC_CLIENT_MAX_IN_FLIGHT" in saying(logs, "own_client")[0]["said"]


async def test_one_that_lived_long_enough_is_forgiven(server, supervisor, logs):
    await server.register()
    at_once_forgiven = SupervisorTiming(0.05, first_wait=0.02, longest_wait=10, settled=0)
    async with Running(supervisor(timing=at_once_forgiven, CRATESYNC_CLIENT_MAX_IN_FLIGHT="many")):
        await eventually(lambda: _true(len(saying(logs, "own_client_ended")) >= 3), what="three failures")
    assert {line["again_in_seconds"] for line in saying(logs, "own_client_ended")} == {0.02}


async def test_a_token_that_is_taken_away_is_replaced(server, supervisor, logs):
    anna = await server.register()
    async with Running(supervisor()):
        await eventually(lambda: connected_users(server), what="a connection")
        (token,) = await tokens_of(server, anna)
        await anna.delete(f"/api/auth/tokens/{token.id}")
        await server.server.syncing.hub.close_all(4501, "Sign in again.")
        await eventually(lambda: _true(saying(logs, "own_client_ended", why="exit code 3")), what="the end")

        async def another():
            now = await tokens_of(server, anna)
            return now and now[0].id != token.id

        await eventually(another, what="a new token")


async def test_it_is_handed_nothing_of_the_servers_own(server, supervisor, logs, tmp_path):
    await server.register()
    secrets = {
        "CRATESYNC_SECRET_KEYS": "k1:canary",
        "CRATESYNC_DATABASE_URL": "postgresql://canary",
        "CRATESYNC_PASSWORD": "canary",
    }
    async with Running(supervisor(**secrets)):
        await eventually(lambda: connected_users(server), what="a connection")
        environment = await asyncio.to_thread(_environment_of_children)
        assert b"CRATESYNC_CLIENT_TOKEN=crs_" in environment
        assert b"canary" not in environment
    assert not [line for line in logs if "crs_" in str(line)]


def _environment_of_children():
    """What the processes that this one started were given."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return b"".join(
        Path(f"/proc/{pid}/environ").read_bytes()
        for pid in children
        if b"--supervised" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )


async def _true(value):
    return value


@asynccontextmanager
async def database_is_away(server):
    """Every transaction fails, as where the database's machine is down."""
    database = server.server.database

    @asynccontextmanager
    async def away():
        raise ConnectionRefusedError
        yield

    before = database.read, database.write
    database.read = database.write = away
    try:
        yield
    finally:
        database.read, database.write = before


async def test_a_database_that_is_away_at_the_end_keeps_it_from_nothing(server, supervisor, logs):
    await server.register()
    task = asyncio.create_task(supervisor().run())
    await eventually(lambda: connected_users(server), what="a connection")
    async with database_is_away(server):
        task.cancel()
        async with asyncio.timeout(8):
            await asyncio.wait((task,))
    assert task.cancelled()
    assert len(saying(logs, "own_client_starts")) == 1
    assert saying(logs, "own_client_token_left", error="ConnectionRefusedError")


async def test_a_database_that_is_away_for_a_while_only_makes_it_wait(server, supervisor, logs):
    await server.register()
    async with database_is_away(server):
        running = Running(supervisor())
        await eventually(lambda: _true(len(saying(logs, "own_client_failed")) >= 2), what="two failures")
    async with running:
        await eventually(lambda: connected_users(server), what="a connection")


async def test_it_believes_a_server_that_was_set_up_anew(server, supervisor, logs, tmp_path):
    await server.register()
    folder = tmp_path / "own-client"
    folder.mkdir()
    (folder / "pins.json").write_text(json.dumps({"servers": {server.url: []}}))
    (folder / "credentials.json").write_text("rubbish of years ago")
    async with Running(supervisor()):
        await eventually(lambda: connected_users(server), what="a connection")
    assert not (folder / "credentials.json").exists()


async def test_two_servers_on_one_database_leave_each_other_their_tokens(server, credential, tmp_path):
    anna = await server.register()
    user_id = UUID((await anna.get("/api/users/me")).json()["id"])
    one, other = credential(tmp_path / "one"), credential(tmp_path / "other")
    async with one.lent(user_id) as first:
        async with other.lent(user_id):
            assert len(await tokens_of(server, anna)) == 2
        assert (await server.server.authenticator.authenticate(first)).user_id == user_id
    assert await tokens_of(server, anna) == []


async def test_what_a_killed_process_left_is_taken_back_by_the_next(server, credential, tmp_path):
    anna = await server.register()
    user_id = UUID((await anna.get("/api/users/me")).json()["id"])
    killed = credential(tmp_path / "own").lent(user_id)
    left = await killed.__aenter__()
    async with credential(tmp_path / "own").lent(user_id):
        assert len(await tokens_of(server, anna)) == 1
        with pytest.raises(ApiError):
            await server.server.authenticator.authenticate(left)
