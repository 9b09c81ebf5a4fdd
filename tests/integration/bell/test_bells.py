"""What every bell has to do."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid4

import pytest
import structlog
from prometheus_client import CollectorRegistry

from cratesync.server.bell.bell import BellLostError
from cratesync.server.bell.metrics import BellMetrics
from cratesync.server.bell.notes import Tidings, read
from cratesync.server.bell.ringer import Ringer, RingerTiming
from integration.sync.stage import eventually

ADA, BOB = uuid4(), uuid4()
QUICK = RingerTiming(beat_every=0.1, silent=0.5, first_wait=0.02, longest_wait=0.05)


class Ears:
    """Hears payloads."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []

    def hear(self, payload: bytes) -> None:
        self.payloads.append(payload)

    async def heard(self, *wanted: bytes) -> None:
        async def all_there() -> bool:
            return [payload for payload in self.payloads if payload in wanted] == list(wanted)

        await eventually(all_there, what="payloads")


@asynccontextmanager
async def open_line(bell, ears):
    """A line that listens, until the body ends."""
    line = await bell.connect(ears.hear)
    listening = asyncio.ensure_future(line.listen())
    try:
        yield line, listening
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError, BellLostError):
            await listening
        await line.close()


async def test_every_node_hears_what_one_says_and_so_does_that_one(bells):
    here, there = Ears(), Ears()
    bell = await bells.of()
    async with open_line(bell, here) as (line, _), open_line(bell, there):
        await line.ring([b"one", "zw\N{LATIN SMALL LETTER O WITH DIAERESIS}lf".encode()])
        await line.ring([b"three"])

        for ears in (here, there):
            await ears.heard(b"one", "zw\N{LATIN SMALL LETTER O WITH DIAERESIS}lf".encode(), b"three")


async def test_the_largest_payloads_arrive_whole(bells):
    here, bell = Ears(), await bells.of()
    payloads = [str(number).encode() * bell.payload_bytes_max for number in range(9)]
    async with open_line(bell, here) as (line, _):
        await line.ring(payloads)

        await here.heard(*payloads)


async def test_two_installations_do_not_hear_each_other(bells):
    ours, theirs = Ears(), Ears()
    async with (
        open_line(await bells.of("ours"), ours) as (our_line, _),
        open_line(await bells.of("theirs"), theirs) as (their_line, _),
    ):
        await our_line.ring([b"ours"])
        await ours.heard(b"ours")
        await their_line.ring([b"theirs"])
        await theirs.heard(b"theirs")

    assert (ours.payloads, theirs.payloads) == ([b"ours"], [b"theirs"])


async def test_a_line_that_was_cut_says_so(bells):
    bell = await bells.of()
    async with open_line(bell, Ears()) as (_, listening):
        await bells.cut()
        with pytest.raises(BellLostError):
            await asyncio.wait_for(listening, 10)


async def test_a_bell_that_is_not_there_is_told_without_its_password(bells):
    with pytest.raises(BellLostError) as caught:
        await bells.absent().connect(Ears().hear)

    assert "geheim" not in repr(caught.value)


class Node:
    """A ringer, and what it hears of other nodes."""

    def __init__(self, bell, name: str) -> None:
        self.name = name
        self.registry = CollectorRegistry()
        self.ringer = Ringer(node=name, bell=bell, metrics=BellMetrics(self.registry), timing=QUICK)
        self.heard: list[Tidings] = []
        self.found = 0

    def hear(self, payload: bytes) -> None:
        tidings = read(payload)
        if tidings.node == self.name:
            self.ringer.echo()
        else:
            self.heard.append(tidings)

    def find(self) -> None:
        self.found += 1

    @property
    def notes(self):
        return [note for tidings in self.heard for note in tidings.notes]

    def tell(self, user: UUID, revision: int, text: str = "hello") -> None:
        frame = json.dumps({"text": text, "revision": revision}).encode()
        self.ringer.tell(user, sync="sync", revision=revision, frame=frame)

    async def hears(self, condition) -> None:
        async def look():
            return condition(self.notes)

        await eventually(look, what="notes")

    async def rings(self) -> None:
        async def look():
            return self.ringer.is_ringing

        await eventually(look, what="a bell that rings")


@asynccontextmanager
async def on_the_bell(bell, name: str = "node"):
    node = Node(bell, name)
    running = asyncio.ensure_future(node.ringer.run(node.hear, found=node.find))
    try:
        await node.rings()
        yield node
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await node.ringer.stop()


async def test_messages_and_rings_come_to_the_other_nodes(bells):
    bell = await bells.of()
    async with on_the_bell(bell, "here") as here, on_the_bell(bell, "there") as there:
        here.tell(ADA, 1)
        here.ringer.ring(BOB)
        await there.hears(lambda notes: len(notes) == 2)

        said, rung = sorted(there.notes, key=lambda note: note.rings)
        assert (said.user, said.first, said.last, rung.user) == (ADA, 1, 1, BOB)
        assert json.loads(bytes(said.messages[0]))["revision"] == 1
        assert here.notes == []


async def test_what_does_not_fit_comes_as_an_advice_to_look(bells):
    bell = await bells.of()
    async with on_the_bell(bell, "here") as here, on_the_bell(bell, "there") as there:
        here.tell(ADA, 1, "x" * bell.payload_bytes_max)
        await there.hears(bool)

        assert [(note.user, note.messages, note.look) for note in there.notes] == [(ADA, (), True)]


async def test_a_bell_that_is_lost_is_found_again_and_told_of_once(bells):
    bell = await bells.of()
    async with on_the_bell(bell, "here") as here, on_the_bell(bell, "there") as there:

        async def found_again():
            return min(here.found, there.found) >= 2

        with structlog.testing.capture_logs() as lines:
            await bells.cut()
            await eventually(found_again, what="a bell that was found again")
        assert sorted(line["event"] for line in lines) == ["bell_found"] * 2 + ["bell_lost"] * 2
        here.tell(ADA, 5)
        await there.hears(lambda notes: any(note.last == 5 for note in notes))
        assert here.registry.get_sample_value("cratesync_bell_connected") == 1


async def test_the_last_words_of_a_node_are_heard(bells):
    bell = await bells.of()
    async with on_the_bell(bell, "there") as there:
        async with on_the_bell(bell, "here") as here:
            here.tell(ADA, 1)
            here.tell(BOB, 2)

        await there.hears(lambda notes: {note.user for note in notes} == {ADA, BOB})


class DeafLine:
    """Takes everything, and brings nothing back: a pooler in between, or a network that lost the way."""

    async def ring(self, payloads) -> None:
        pass

    async def listen(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        pass


class DeafBell:
    payload_bytes_max = 1000

    def __init__(self) -> None:
        self.lines = 0

    async def connect(self, hear) -> DeafLine:
        self.lines += 1
        return DeafLine()


async def test_a_line_on_which_a_node_does_not_hear_itself_is_no_bell():
    bell = DeafBell()
    node = Node(bell, "node")
    running = asyncio.ensure_future(node.ringer.run(node.hear, found=node.find))

    async def tried_again():
        return bell.lines >= 2

    await eventually(tried_again, what="another line")
    node.tell(ADA, 1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert (node.ringer.is_ringing, node.found) == (False, 0)
    assert node.registry.get_sample_value("cratesync_bell_notes_dropped_total") == 1
