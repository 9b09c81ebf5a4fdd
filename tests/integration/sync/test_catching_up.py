"""What no bell said is found in the database: by the numbers of the messages, for those who are connected here."""

import json
from datetime import timedelta

import pytest

from cratesync.server.bell.catching_up import ROUND_SECONDS, CatchingUp
from cratesync.server.clock import HandClock
from cratesync.server.gateway.hub import Hub
from cratesync.server.news import News
from cratesync.server.store import ledgers
from cratesync.server.verdicts import Verdicts
from integration.sync.test_unattended import id_of

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite is for one node


class Listener:
    """A member of a hub on another node."""

    candidate = None
    fetching_since = None

    def __init__(self, connection_id="there") -> None:
        self.connection_id = connection_id
        self.heard = []

    def send(self, frame: bytes) -> None:
        self.heard.append(json.loads(frame)["type"])

    def wake(self) -> None:
        pass

    nudge = wake

    def close(self, code, reason) -> None:
        pass


class OtherNode:
    """A node that shares nothing with the stage's but the database."""

    def __init__(self, stage) -> None:
        self.clock = HandClock(stage.server.clock.now())
        self.rings = True
        self.hub = Hub(Verdicts())
        news = News(stage.server.database, stage.server.syncing.orchestrator, stage.server.clock)
        self.late = CatchingUp(
            database=stage.server.database,
            hub=self.hub,
            news=news,
            clock=self.clock,
            is_ringing=lambda: self.rings,
        )

    def connect(self, user_id, *, told: int) -> Listener:
        listener = Listener()
        self.hub.join(user_id, listener)
        self.hub.introduced(user_id, told)
        return listener


@pytest.fixture
async def ada(stage):
    """Somebody with a sync that has ended."""
    person = await stage.person(items=20)
    async with person.client():
        await person.synced()
    return await id_of(person)


async def test_whoever_was_told_less_than_there_is_hears_how_things_stand(stage, ada):
    node = OtherNode(stage)
    listener = node.connect(ada, told=1)
    await node.late.tick()
    assert listener.heard == ["sync_complete"]

    node.clock.advance(ROUND_SECONDS)
    await node.late.tick()
    assert listener.heard == ["sync_complete"]


async def test_whoever_was_told_everything_hears_nothing(stage, ada):
    node = OtherNode(stage)
    async with stage.server.database.read() as connection:
        [revision] = (await ledgers.moved_on(connection, {ada: 0})).values()
    listener = node.connect(ada, told=revision)
    await node.late.tick()

    assert listener.heard == []


async def test_while_the_bell_rings_a_gap_between_two_messages_is_looked_into_with_the_next_tick(stage, ada):
    node = OtherNode(stage)
    await node.late.tick()
    listener = node.connect(ada, told=1)
    node.hub.tell(ada, [b'{"type":"sync_progress"}'], first=2, last=2)
    await node.late.tick()
    assert listener.heard == ["sync_progress"]

    node.hub.tell(ada, [b'{"type":"sync_progress"}'], first=4, last=4)
    await node.late.tick()
    assert listener.heard == ["sync_progress"] * 2 + ["sync_complete"]


async def test_while_the_bell_does_not_ring_everybody_is_looked_at_with_every_tick(stage, ada):
    node = OtherNode(stage)
    await node.late.tick()
    listener = node.connect(ada, told=1)
    await node.late.tick()
    assert listener.heard == []

    node.rings = False
    await node.late.tick()
    assert listener.heard == ["sync_complete"]


async def test_an_advice_to_look_is_followed_at_once(stage, ada):
    node = OtherNode(stage)
    await node.late.tick()
    listener = node.connect(ada, told=1)
    node.late.look_at(ada)
    assert node.late.woken.is_set()
    await node.late.tick()

    assert listener.heard == ["sync_complete"]


async def test_ends_that_everybody_here_knows_of_are_not_told_again(stage, ada):
    node = OtherNode(stage)
    node.clock.advance(timedelta(minutes=2).total_seconds())
    await node.late.tick()
    listener = node.connect(ada, told=1)
    node.late.look_at(ada)
    await node.late.tick()

    assert listener.heard == []
