"""What a mirror holds, in no provider's own words.

A provider reads these out of an answer, the store keeps them, the read API shows them. Values are kept as they were sent:
a year of 0, an artist "Prince (2)" and a missing format text are facts about the source, not faults.
"""

from hashlib import blake2b
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

DIGEST_BYTES = 16
ID_MAX = 2**63 - 1
SMALL_MAX = 2**31 - 1

Id = Annotated[int, Meta(ge=0, le=ID_MAX)]
Small = Annotated[int, Meta(ge=-SMALL_MAX - 1, le=SMALL_MAX)]


class Artist(Struct, frozen=True, gc=False, rename="camel"):
    """One credit as shown: `anv` is the name variation printed on the record, `join` what stands before the next."""

    id: Id | None = None
    name: str | None = None
    anv: str | None = None
    join: str | None = None
    role: str | None = None
    tracks: str | None = None


class Label(Struct, frozen=True, gc=False, rename="camel"):
    """A label and the catalogue number on it."""

    id: Id | None = None
    name: str | None = None
    catno: str | None = None


class Format(Struct, frozen=True, gc=False, rename="camel"):
    """A carrier: name "Vinyl", quantity "2" (text at Discogs), free text such as a colour, and descriptions."""

    name: str | None = None
    qty: str | Small | None = None
    text: str | None = None
    descriptions: tuple[str, ...] | None = None


class Content(Struct, frozen=True, gc=False, rename="camel"):
    """What a release is, the same for everybody who owns it. Image URLs are signed and short-lived: they are no content."""

    release_id: int
    master_id: int | None = None
    title: str | None = None
    year: int | None = None
    artists: tuple[Artist, ...] = ()
    labels: tuple[Label, ...] = ()
    formats: tuple[Format, ...] = ()
    genres: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()

    def digest(self) -> bytes:
        """A digest of the canonical form: equal exactly where the content is."""
        return digest_of(msgspec.json.encode(self, order="sorted"))


class Note(Struct, frozen=True, gc=False, rename="camel"):
    """The value of one custom field of an owned copy (media and sleeve condition are such fields)."""

    field_id: int
    value: str | None = None


class Item(Struct, frozen=True, gc=False):
    """One owned copy. `source_digest` is of the bytes received: equal bytes need no second look."""

    instance_id: int
    release_id: int
    content: Content
    source_digest: bytes
    folder_id: int | None = None
    rating: int | None = None
    date_added: str | None = None
    notes: tuple[Note, ...] = ()
    thumb: str | None = None
    cover_image: str | None = None

    @property
    def key(self) -> int:
        """What the record is known by in its list."""
        return self.instance_id


class Want(Struct, frozen=True, gc=False):
    """One wanted release."""

    release_id: int
    content: Content
    source_digest: bytes
    rating: int | None = None
    date_added: str | None = None
    notes: str | None = None
    thumb: str | None = None
    cover_image: str | None = None

    @property
    def key(self) -> int:
        """What the record is known by in its list."""
        return self.release_id


Record = Item | Want


class Folder(Struct, frozen=True):
    """A folder of the collection; names are not unique."""

    id: int
    name: str
    count: int | None = None


class CustomField(Struct, frozen=True):
    """A field that the user made up, with its choices where it is a drop-down."""

    id: int
    name: str
    type: str
    position: int | None = None
    public: bool | None = None
    options: tuple[str, ...] | None = None
    lines: int | None = None


class Value(Struct, frozen=True):
    """What the collection would fetch, as text in the account's currency."""

    minimum: str | None = None
    median: str | None = None
    maximum: str | None = None


class Folders(Struct, frozen=True):
    """All folders, in the order sent."""

    folders: tuple[Folder, ...]


class CustomFields(Struct, frozen=True):
    """All custom fields, in the order sent."""

    fields: tuple[CustomField, ...]


SideRecord = Folders | CustomFields | Value


class SubTrack(Struct, frozen=True, rename="camel"):
    """One piece of a track that has several. `credits` are the artists behind it, each with a role."""

    position: str | None = None
    type: str | None = None
    title: str | None = None
    duration: str | None = None
    artists: tuple[Artist, ...] = ()
    credits: tuple[Artist, ...] = ()


class Track(SubTrack, frozen=True, rename="camel"):
    """A line of the track list: a `track`, a `heading` without a position, or an `index` over its sub-tracks."""

    sub_tracks: tuple[SubTrack, ...] = ()


class Company(Struct, frozen=True, rename="camel"):
    """Who else had a hand in it, and as what: "Pressed By", "Copyright (c)"."""

    id: int | None = None
    name: str | None = None
    catno: str | None = None
    role: str | None = None


class Identifier(Struct, frozen=True, rename="camel"):
    """A barcode, a matrix, a rights society: what tells one pressing from another."""

    type: str | None = None
    value: str | None = None
    description: str | None = None


class Video(Struct, frozen=True, rename="camel"):
    """A video that somebody found to go with it."""

    uri: str | None = None
    title: str | None = None
    description: str | None = None
    duration_seconds: int | None = None


class Image(Struct, frozen=True, rename="camel"):
    """A picture, by addresses that do not last."""

    type: str | None = None
    uri: str | None = None
    uri150: str | None = None
    width: int | None = None
    height: int | None = None


class Community(Struct, frozen=True, rename="camel"):
    """How many have it and want it, and what they think of it."""

    have: int | None = None
    want: int | None = None
    rating_count: int | None = None
    rating_average: float | None = None


class ReleaseDetails(Content, frozen=True, rename="camel"):
    """A release with all that only its own page tells. `credits` are the artists behind the whole of it, each with a role;
    `released` is as exact as the source is: "2017-06-00"."""

    country: str | None = None
    released: str | None = None
    notes: str | None = None
    tracklist: tuple[Track, ...] = ()
    credits: tuple[Artist, ...] = ()
    companies: tuple[Company, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    series: tuple[Label, ...] = ()
    videos: tuple[Video, ...] = ()
    images: tuple[Image, ...] = ()
    community: Community = Community()


def digest_of(content: bytes) -> bytes:
    """A short digest: 128 bits, so that no two contents ever meet by chance."""
    return blake2b(content, digest_size=DIGEST_BYTES).digest()
