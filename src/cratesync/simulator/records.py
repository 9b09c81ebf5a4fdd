"""The records of a collection, in the shapes and key order of the recorded answers.

Every field has a default: answers of 2014 lack half of them, and a recorded item is kept as it is whatever it lacks.
URLs begin with `BASE`, a name that resolves nowhere, and get the address the simulator was called by when they are sent.
"""

from msgspec import UNSET, Struct, UnsetType, field

BASE = "http://simulator.invalid"


class Artist(Struct, frozen=True, gc=False):
    name: str = ""
    anv: str = ""
    join: str = ""
    role: str = ""
    tracks: str = ""
    id: int = 0
    resource_url: str = ""


class Label(Struct, frozen=True, gc=False):
    """A label of a release; a company of a release has the same shape."""

    name: str = ""
    catno: str = ""
    entity_type: str = "1"
    entity_type_name: str = "Label"
    id: int = 0
    resource_url: str = ""


class Format(Struct, frozen=True):
    name: str = ""
    qty: str = "1"
    text: str | UnsetType = UNSET
    descriptions: list[str] | UnsetType = UNSET


class BasicInformation(Struct, frozen=True):
    id: int = 0
    master_id: int = 0
    master_url: str | None = None
    resource_url: str = ""
    thumb: str = ""
    cover_image: str = ""
    title: str = ""
    year: int = 0
    formats: list[Format] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    artists: list[Artist] = field(default_factory=list)
    genres: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)


class Note(Struct, frozen=True, gc=False):
    field_id: int
    value: str


class Folder(Struct, frozen=True, gc=False):
    id: int
    name: str
    count: int = 0
    resource_url: str = ""


class Field(Struct, frozen=True):
    """A field of the user's own for notes on an item. `options` belongs to a dropdown, `lines` to a textarea."""

    id: int
    name: str
    type: str
    position: int
    public: bool
    options: list[str] | UnsetType = UNSET
    lines: int | UnsetType = UNSET


class Value(Struct, frozen=True, gc=False):
    """What a collection is worth, as text in the account's currency."""

    maximum: str
    median: str
    minimum: str
