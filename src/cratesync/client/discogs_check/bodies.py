"""An answer's body, decoded for a look and then forgotten. Pure."""

from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import Struct

BodyKind = Literal["json", "broken_json", "page", "empty", "unread"]


class Body(Struct, frozen=True):
    """What kind of body it was, and its JSON where it was that."""

    kind: BodyKind
    json: object = None

    def __repr__(self) -> str:
        return f"Body(kind={self.kind!r})"


class Subject(Struct, frozen=True):
    """One copy in the user's collection, to ask for it by itself."""

    release_id: int
    instance_id: int

    def __repr__(self) -> str:
        return "Subject(<hidden>)"


def body_of(content: bytes | None) -> Body:
    """Never raises, whatever came."""
    if content is None:
        return Body("unread")
    start = content.strip()
    if not start:
        return Body("empty")
    try:
        return Body("json", msgspec.json.decode(content))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Body("broken_json" if start[:1] in b'{["' else "page")


def fields_of(value: object) -> Mapping[object, object]:
    """An object's fields; none for anything else."""
    return value if isinstance(value, Mapping) else {}


def members_of(value: object) -> list[object]:
    """A list's members; none for anything else."""
    return value if isinstance(value, list) else []


def text_in(body: Body, key: str) -> str | None:
    """A text at the top."""
    found = fields_of(body.json).get(key)
    return found if isinstance(found, str) else None


def number_in(value: object, key: str) -> int | None:
    """A whole number in an object."""
    found = fields_of(value).get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def subject_in(body: Body) -> Subject | None:
    """The first copy on a page of a collection."""
    for item in members_of(fields_of(body.json).get("releases")):
        release_id, instance_id = number_in(item, "id"), number_in(item, "instance_id")
        if release_id is not None and instance_id is not None and release_id >= 0:
            return Subject(release_id, instance_id)
    return None
