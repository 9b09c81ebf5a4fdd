"""Who is connected to a node, and what they were told."""

import asyncio
from uuid import uuid4

import pytest

from cratesync.server.gateway.hub import Hub
from cratesync.server.verdicts import Verdicts

ADA, BOB = uuid4(), uuid4()
RESTARTS = (1012, "Come back.")


class Member:
    candidate = None
    fetching_since = None

    def __init__(self, hub, user_id) -> None:
        self.connection_id = str(uuid4())
        self.closed_at: float | None = None
        hub.join(user_id, self)

    def send(self, frame) -> None:
        pass

    def wake(self) -> None:
        pass

    nudge = wake

    def close(self, code, reason) -> None:
        assert (code, reason) == RESTARTS
        self.closed_at = asyncio.get_running_loop().time()


@pytest.fixture
def hub():
    return Hub(Verdicts())


async def test_clients_are_sent_away_one_after_the_other(hub):
    members = [Member(hub, uuid4()) for _ in range(50)]
    began = asyncio.get_running_loop().time()
    await hub.close_all(*RESTARTS, over_seconds=0.25)

    waited = sorted(member.closed_at - began for member in members)
    assert all(at >= 0.25 * place / 50 for place, at in enumerate(waited))


async def test_whoever_comes_after_the_door_was_closed_is_sent_away(hub):
    before = Member(hub, ADA)
    hub.let_nobody_in(*RESTARTS)
    after = Member(hub, ADA)

    assert (before.closed_at, after.closed_at is None) == (None, False)


async def test_a_gap_between_messages_is_noticed(hub):
    Member(hub, ADA)
    hub.introduced(ADA, 3)
    hub.tell(ADA, (b"{}",), first=4, last=6)
    assert hub.take_behind() == set()

    hub.tell(ADA, (b"{}",), first=8, last=8)
    assert (hub.take_behind(), hub.take_behind()) == ({ADA}, set())
    assert hub.all_told() == {ADA: 8}


async def test_a_message_that_comes_late_is_no_step_back(hub):
    Member(hub, ADA)
    hub.introduced(ADA, 3)
    for revision in (5, 4):
        hub.tell(ADA, (b"{}",), first=revision, last=revision)

    assert hub.all_told() == {ADA: 5}


async def test_of_several_connections_the_first_that_was_told_counts(hub):
    for revision in (3, 9):
        Member(hub, ADA)
        hub.introduced(ADA, revision)

    assert hub.all_told() == {ADA: 3}


async def test_nothing_is_kept_of_whoever_has_gone(hub):
    member = Member(hub, ADA)
    hub.introduced(ADA, 3)
    hub.tell(ADA, (b"{}",), first=9, last=9)
    hub.leave(ADA, member)
    hub.introduced(BOB, 1)

    assert (hub.all_told(), hub.take_behind(), hub.connections) == ({}, set(), 0)
