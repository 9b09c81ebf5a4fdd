"""What nodes tell each other, packed, bounded and read again."""

import json
from uuid import uuid4

import pytest
from msgspec import Raw

from cratesync.server.bell import outgoing
from cratesync.server.bell.notes import PAYLOAD_BYTES_MAX, BrokenPayloadError, Note, beat, pack, read
from cratesync.server.bell.outgoing import Outgoing

ADA, BOB = uuid4(), uuid4()


def frame(number: int, length: int = 10) -> bytes:
    return json.dumps({"number": number, "text": "x" * length}).encode()


def test_notes_are_packed_into_as_few_payloads_as_they_fit_into():
    notes = [Note(uuid4(), (Raw(frame(number, 300)),), number, number) for number in range(100)]
    payloads = [payload for payload, _ in pack("node", notes, bytes_max=7_900)]

    assert max(map(len, payloads)) <= 7_900
    assert len(payloads) == -(-sum(len(payload) for payload in payloads) // 7_900)
    assert [note for payload in payloads for note in read(payload).notes] == notes


def test_a_note_that_fits_into_no_payload_says_to_look():
    notes = [Note(ADA, (Raw(frame(1, 8_000)),), 1, 1, rings=True), Note(BOB, (Raw(frame(2)),), 2, 2)]
    [(payload, count)] = pack("node", notes, bytes_max=7_900)

    assert count == 2
    assert read(payload).notes == (Note(ADA, look=True, rings=True), notes[1])


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b'{"node":7}',
        b'{"node":"n","notes":[{"user":"nobody"}]}',
        b'{"node":"' + b"n" * 65 + b'"}',
        b'{"node":"n","notes":' + b"[" * 10_000,
        beat("n") + b" " * PAYLOAD_BYTES_MAX,
    ],
    ids=range(8),
)
def test_what_no_node_says_is_refused(payload):
    with pytest.raises(BrokenPayloadError):
        read(payload)


def told(waiting: Outgoing) -> list[Note]:
    return waiting.take(1_000)


def test_the_newest_snapshot_of_a_sync_takes_the_place_of_older_ones():
    waiting = Outgoing()
    for revision, sync in ((4, "a"), (5, "b"), (6, "a"), (7, "a")):
        waiting.tell(ADA, sync=sync, revision=revision, frame=frame(revision))

    assert told(waiting) == [Note(ADA, (Raw(frame(5)), Raw(frame(7))), 4, 7)]
    assert not waiting


def test_too_many_syncs_of_a_user_become_an_advice_to_look():
    waiting = Outgoing()
    answers = [
        waiting.tell(ADA, sync=str(number), revision=number, frame=frame(1)) for number in range(1, 10)
    ]

    assert answers == [True] * 8 + [False]
    assert told(waiting) == [Note(ADA, look=True)]


def test_too_many_bytes_become_an_advice_to_look(monkeypatch):
    monkeypatch.setattr(outgoing, "BYTES_MAX", 100)
    waiting = Outgoing()

    assert waiting.tell(ADA, sync="a", revision=1, frame=frame(1))
    assert not waiting.tell(BOB, sync="b", revision=1, frame=frame(2, 90))
    assert told(waiting) == [Note(ADA, (Raw(frame(1)),), 1, 1), Note(BOB, look=True)]
    assert waiting.tell(BOB, sync="b", revision=2, frame=frame(2, 50))  # there is room again


def test_too_many_users_become_an_advice_to_everybody(monkeypatch):
    monkeypatch.setattr(outgoing, "USERS_MAX", 1)
    waiting = Outgoing()
    waiting.ring(ADA)
    waiting.ring(BOB)

    assert told(waiting) == [Note(ADA, rings=True)]
    assert (waiting.everybody_looks(), waiting.everybody_looks()) == (True, False)


def test_what_could_not_be_said_is_an_advice_to_look_the_next_time():
    waiting = Outgoing()
    waiting.tell(ADA, sync="a", revision=1, frame=frame(1))
    waiting.ring(BOB)
    waiting.look(told(waiting))

    assert told(waiting) == [Note(ADA, look=True), Note(BOB, rings=True)]


def test_of_messages_that_were_waiting_when_the_bell_was_lost_the_users_are_kept():
    waiting = Outgoing()
    waiting.tell(ADA, sync="a", revision=1, frame=frame(1))
    waiting.ring(BOB)
    waiting.forget_messages()

    assert told(waiting) == [Note(ADA, look=True), Note(BOB, rings=True)]
