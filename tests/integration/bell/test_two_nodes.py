"""Two nodes on one database: whoever is connected to either hears of everything, and a lost bell costs a look into the database."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from cratesync.server.clock import SystemClock
from cratesync.server.secret import Secret
from cratesync.server.secret_keys import SecretKeys, new_key
from integration.sync.stage import Stage, eventually, staged
from running_server import RunningServer, running_server

on_postgresql = pytest.mark.parametrize(
    "database_url", ["postgresql"], indirect=True
)  # SQLite is for one node

DESK, LAPTOP = "127.0.0.11", "127.0.0.12"
HANDED_OVER_WITHIN_SECONDS = 3.0  # about one, on a machine that does nothing else


class TwoNodes:
    """A stage whose people go to one node or the other."""

    def __init__(self, stage: Stage, there: RunningServer) -> None:
        self.stage = stage
        self.here = stage.running
        self.there = there

    def go(self, node: RunningServer) -> None:
        """Whoever connects from now on connects to this one."""
        self.stage.running = node

    async def hear_each_other(self, *, really: bool = True) -> None:
        async def look() -> bool:
            return all((counted(node, "connected") == 1) is really for node in (self.here, self.there))

        await eventually(look, what=f"that the bell rings on both nodes: {really}")


def counted(node: RunningServer, what: str) -> float | None:
    return node.server.metrics.get_sample_value(f"cratesync_bell_{what}")


@asynccontextmanager
async def two_nodes(database_url, tmp_path, **settings) -> AsyncIterator[TwoNodes]:
    settings |= {"secret_keys": SecretKeys(new_key())}
    async with (
        staged(database_url, tmp_path, **settings) as stage,
        running_server(stage.server.settings, SystemClock()) as there,
    ):
        nodes = TwoNodes(stage, there)
        await nodes.hear_each_other()
        yield nodes


@pytest.fixture
async def nodes(bells, database_url, tmp_path):
    async with two_nodes(database_url, tmp_path, bell_url=bells.url) as nodes:
        yield nodes


@on_postgresql
async def test_a_watcher_on_another_node_hears_how_a_sync_goes_and_how_it_ends(nodes):
    ada = await nodes.stage.person(items=550)
    async with ada.client():
        nodes.go(nodes.there)
        async with ada.raw_client() as watcher:
            session_id = await ada.start()
            told = [await watcher.hear("sync_progress") for _ in range(3)]
            ended = await watcher.hear("sync_complete")

    assert {message["data"]["sessionId"] for message in (*told, ended)} == {session_id}
    revisions = [message["data"]["revision"] for message in (*told, ended)]
    assert revisions == sorted(set(revisions))
    assert counted(nodes.there, "notes_heard_total") > 0


@on_postgresql
async def test_a_token_is_judged_by_a_client_on_another_node(nodes):
    ada = await nodes.stage.person(items=10)
    async with ada.client():
        nodes.go(nodes.there)
        answer = await nodes.stage.running.with_token(ada.caller.token).put(
            "/api/users/discogs-token", {"discogsToken": ada.discogs.token}
        )

    assert answer.json()["tokenValid"] is True


@on_postgresql
async def test_a_client_on_another_node_takes_over_when_the_fetcher_goes(nodes):
    ada = await nodes.stage.person(items=900)
    async with AsyncExitStack() as desk, AsyncExitStack() as laptop:
        await desk.enter_async_context(ada.client(name="desk", address=DESK, in_flight=1))
        session_id = await ada.start()
        nodes.go(nodes.there)
        await laptop.enter_async_context(ada.client(name="laptop", address=LAPTOP))
        await ada.until(session_id, lambda status: status["completedRequests"] >= 2)
        await desk.aclose()
        assert (await ada.ended(session_id))["status"] == "completed"

    last, first = (
        pick(call.monotonic for call in nodes.stage.calls() if call.ip == ip)
        for pick, ip in ((max, DESK), (min, LAPTOP))
    )
    assert first - last < HANDED_OVER_WITHIN_SECONDS
    await ada.assert_mirrors()


@on_postgresql
async def test_a_bell_that_is_cut_in_mid_sync_costs_a_look(nodes, bells):
    ada = await nodes.stage.person(items=550)
    async with ada.client(in_flight=1):
        nodes.go(nodes.there)
        async with ada.raw_client() as watcher:
            await ada.start()
            await watcher.hear("sync_progress")
            await bells.cut()
            await watcher.hear("sync_complete")

    await ada.assert_mirrors()


@on_postgresql
async def test_without_a_bell_everybody_is_told_by_the_database(valkey, database_url, tmp_path):
    async with two_nodes(database_url, tmp_path, bell_url=Secret(valkey.url)) as nodes:
        valkey.stop()
        try:
            await nodes.hear_each_other(really=False)
            ada = await nodes.stage.person(items=350)
            async with ada.client():
                nodes.go(nodes.there)
                async with ada.raw_client() as watcher:
                    session_id = await ada.start()
                    ended = await watcher.hear("sync_complete")
        finally:
            valkey.start()
        await nodes.hear_each_other()

    assert ended["data"]["sessionId"] == session_id
