"""A record as rows of an exported SQLite file, in the order of the columns of `sqlite_tables.py`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec
from sqlalchemy import RowMapping

from cratesync import __version__
from cratesync.engine.records import CustomField
from cratesync.server.exports.release_text import artists_text, catalog_text, formats_text, labels_text
from cratesync.server.exports.source import Surroundings

Value: TypeAlias = str | int | None
Values: TypeAlias = tuple[Value, ...]


def instant(moment: datetime | None) -> str | None:
    """UTC, always of one length, so that text sorts as time does."""
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def about(around: Surroundings, now: datetime) -> Iterator[Values]:
    """What this file is."""
    yield "list", around.kind
    yield "made_at", instant(now)
    yield "made_by", f"Cratesync {__version__}"
    yield "checked_at", instant(around.mirror.checked_at)
    yield "verified_at", instant(around.mirror.verified_at)
    yield "source", "Data provided by Discogs, https://www.discogs.com"


def folders(around: Surroundings) -> Iterator[Values]:
    """Folders, in their order."""
    for place, folder in enumerate(around.folders):
        yield folder.id, place, folder.name, folder.count


def fields(around: Surroundings) -> Iterator[Values]:
    """Custom fields, in their order."""
    for place, field in enumerate(around.fields):
        yield _field(place, field)


def value_history(around: Surroundings) -> Iterator[Values]:
    """What the collection was worth."""
    for each in around.values:
        yield instant(each.recorded_at), each.value.minimum, each.value.median, each.value.maximum


def release(row: RowMapping) -> Values:
    """What a release is, in one row."""
    return (
        row["release_id"],
        row["master_id"],
        row["title"],
        row["year"],
        artists_text(row["artists"]),
        labels_text(row["labels"]),
        catalog_text(row["labels"]),
        formats_text(row["formats"]),
        ", ".join(row["genres"]),
        ", ".join(row["styles"]),
        instant(row["updated_at"]),
    )


def item(row: RowMapping) -> Values:
    """An owned copy."""
    return (
        row["instance_id"],
        row["release_id"],
        row["folder_id"],
        row["rating"],
        row["date_added"],
        row["thumb"],
        row["cover_image"],
        instant(row["first_seen_at"]),
        instant(row["updated_at"]),
    )


def notes(row: RowMapping) -> Iterator[Values]:
    """The values of an owned copy's custom fields."""
    for place, note in enumerate(row["notes"]):
        yield row["instance_id"], place, note.field_id, note.value


def want(row: RowMapping) -> Values:
    """A wanted release."""
    return (
        row["release_id"],
        row["rating"],
        row["notes"],
        row["date_added"],
        row["thumb"],
        row["cover_image"],
        instant(row["first_seen_at"]),
        instant(row["updated_at"]),
    )


def _field(place: int, field: CustomField) -> Values:
    options = None if field.options is None else _json(field.options)
    return field.id, place, field.name, field.type, field.position, field.public, options, field.lines


def _artists(row: RowMapping) -> Iterable[Values]:
    return ((each.id, each.name, each.anv, each.join, each.role, each.tracks) for each in row["artists"])


def _labels(row: RowMapping) -> Iterable[Values]:
    return ((each.id, each.name, each.catno) for each in row["labels"])


def _formats(row: RowMapping) -> Iterable[Values]:
    for each in row["formats"]:
        quantity = None if each.qty is None else str(each.qty)
        yield each.name, quantity, each.text, None if each.descriptions is None else _json(each.descriptions)


def _genres(row: RowMapping) -> Iterable[Values]:
    return ((genre,) for genre in row["genres"])


def _styles(row: RowMapping) -> Iterable[Values]:
    return ((style,) for style in row["styles"])


PARTS: Mapping[str, Callable[[RowMapping], Iterable[Values]]] = {
    "release_artists": _artists,
    "release_labels": _labels,
    "release_formats": _formats,
    "release_genres": _genres,
    "release_styles": _styles,
}
"""What a release has several of, by table; release and position stand before it."""


def _json(texts: tuple[str, ...]) -> str:
    return msgspec.json.encode(texts).decode()
