"""What nodes tell each other: notes of single users, several in a payload."""

from collections.abc import Iterable, Iterator
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Raw, Struct

PAYLOAD_BYTES_MAX = 64 * 1024
NODE_CHARACTERS_MAX = 64


class Note(Struct, frozen=True, omit_defaults=True):
    """One user's. `messages` are frames as they go to clients; they have the revisions from `first` to `last`, in which each was the newest of
    its sync. `look`: there is more than was said, in the database. `rings`: something of this user may be due."""

    user: UUID
    messages: tuple[Raw, ...] = ()
    first: int = 0
    last: int = 0
    look: bool = False
    rings: bool = False


class Tidings(Struct, frozen=True, omit_defaults=True):
    """One payload. `everybody`: of whom there is more than was said, nobody can say any more."""

    node: Annotated[str, Meta(max_length=NODE_CHARACTERS_MAX)]
    notes: tuple[Note, ...] = ()
    everybody: bool = False


class BrokenPayloadError(Exception):
    """What was heard is nothing that a node of ours says."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Tidings)


def read(payload: bytes) -> Tidings:
    """What another node said. Raises `BrokenPayloadError`."""
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise BrokenPayloadError
    try:
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BrokenPayloadError from None


def beat(node: str, *, everybody: bool = False) -> bytes:
    """A payload without a note: its own node hears by it that the bell rings."""
    return _encoder.encode(Tidings(node, everybody=everybody))


def pack(node: str, notes: Iterable[Note], *, bytes_max: int) -> Iterator[tuple[bytes, int]]:
    """As few payloads as these notes fit into, each with how many notes it holds. One that is too long by itself loses its messages,
    and says to look instead."""
    head = beat(node)[:-1] + b',"notes":['
    room = bytes_max - len(head) - len(b"]}")
    parts: list[bytes] = []
    length = 0
    for note in notes:
        part = _encoder.encode(note)
        if len(part) > room:
            part = _encoder.encode(Note(note.user, look=True, rings=note.rings))
        if parts and length + len(part) > room:
            yield head + b",".join(parts) + b"]}", len(parts)
            parts, length = [], 0
        parts.append(part)
        length += len(part) + 1
    if parts:
        yield head + b",".join(parts) + b"]}", len(parts)
