"""What an update of a record changed: the fields that differ, with what they were and what they are."""

from msgspec import UNSET, Struct, UnsetType

from cratesync.engine.records import Artist, Content, Format, Label, Note

CONTENT_FIELDS = ("master_id", "title", "year", "artists", "labels", "formats", "genres", "styles")


class Differences(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One side of an update. What did not change is not set, and does not appear where it is encoded."""

    folder_id: int | UnsetType | None = UNSET
    rating: int | UnsetType | None = UNSET
    notes: tuple[Note, ...] | str | UnsetType | None = UNSET
    master_id: int | UnsetType | None = UNSET
    title: str | UnsetType | None = UNSET
    year: int | UnsetType | None = UNSET
    artists: tuple[Artist, ...] | UnsetType = UNSET
    labels: tuple[Label, ...] | UnsetType = UNSET
    formats: tuple[Format, ...] | UnsetType = UNSET
    genres: tuple[str, ...] | UnsetType = UNSET
    styles: tuple[str, ...] | UnsetType = UNSET


FIELD_NAMES: dict[str, str] = dict(
    zip(Differences.__struct_fields__, Differences.__struct_encode_fields__, strict=True)
)
"""From a field's name here to its name on the wire."""


def differing_content(before: Content, after: Content) -> tuple[str, ...]:
    """The fields in which two contents of a release differ."""
    return tuple(name for name in CONTENT_FIELDS if getattr(before, name) != getattr(after, name))
