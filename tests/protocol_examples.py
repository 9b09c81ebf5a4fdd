"""The shared folder of example messages."""

from pathlib import Path
from typing import NamedTuple

import msgspec

FOLDER = Path(__file__).parent / "fixtures" / "protocol"


class Example(NamedTuple):
    """One file, and what its receiver makes of it."""

    file: str
    sender: str
    fault: str | None
    message_id: str | None
    decoded: object
    seed: bool

    @property
    def frame(self) -> bytes:
        return (FOLDER / self.file).read_bytes()

    @property
    def json(self):
        return msgspec.json.decode(self.frame)


def examples() -> list[Example]:
    """All of them, in the order of the index."""
    index = msgspec.json.decode((FOLDER / "index.json").read_bytes())
    return [
        Example(
            entry["file"],
            entry["sender"],
            entry.get("fault"),
            entry.get("messageId"),
            entry.get("decoded"),
            entry.get("seed", False),
        )
        for entry in index["examples"]
    ]


def signing_vectors() -> dict:
    return msgspec.json.decode((FOLDER / "signing.json").read_bytes())
