"""A mirrored record as it is shown, with values as Discogs sent them."""

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from cratesync.engine.records import Artist, Format, Label, Note
from cratesync.server.bodies import Shape


class MirroredRecord(Shape, frozen=True, kw_only=True):
    """What every record has, with values as Discogs sent them."""

    release_id: int
    rating: int | None
    date_added: str | None
    master_id: int | None
    title: str | None
    year: int | None
    artists: tuple[Artist, ...]
    labels: tuple[Label, ...]
    formats: tuple[Format, ...]
    genres: tuple[str, ...]
    styles: tuple[str, ...]
    thumb: str | None
    cover_image: str | None
    first_seen_at: datetime
    updated_at: datetime


class CollectionItem(MirroredRecord, frozen=True, kw_only=True):
    """One owned copy; its notes are the values of the custom fields."""

    instance_id: int
    folder_id: int | None
    notes: tuple[Note, ...]


class WantedRelease(MirroredRecord, frozen=True, kw_only=True):
    """One wanted release."""

    notes: str | None


def collection_item(row: RowMapping) -> CollectionItem:
    """An owned copy, from a row of `reading.records_of`."""
    return CollectionItem(
        instance_id=row["instance_id"], folder_id=row["folder_id"], notes=row["notes"], **_shared(row)
    )


def wanted_release(row: RowMapping) -> WantedRelease:
    """A wanted release, from a row of `reading.records_of`."""
    return WantedRelease(notes=row["notes"], **_shared(row))


def _shared(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in MirroredRecord.__struct_fields__}
