"""The columns of Discogs' own export (https://www.discogs.com/users/export), which spreadsheets and other programs know."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import RowMapping

from cratesync.engine.records import CustomField, Note
from cratesync.server.exports.release_text import artists_text, catalog_text, formats_text, labels_text
from cratesync.server.exports.source import Surroundings

Cell: TypeAlias = str | int | datetime | None

FIELDS_MAX = 100  # columns of custom fields; sheets and databases have bounds

RELEASE_HEADINGS = ("Catalog#", "Artist", "Title", "Label", "Format", "Rating", "Released", "release_id")

# What everybody has until they change it, for a collection whose fields were never read.
_USUAL_FIELDS = (
    CustomField(1, "Media Condition", "dropdown"),
    CustomField(2, "Sleeve Condition", "dropdown"),
    CustomField(3, "Notes", "textarea"),
)


class Columns:
    """Headings, and the cells of a record below them. A custom field is found by its id, and headed by the name that it has now."""

    def __init__(self, around: Surroundings) -> None:
        self._is_collection = around.kind == "collection"
        self._folders = {folder.id: folder.name for folder in around.folders}
        self._fields = (around.fields or _USUAL_FIELDS)[:FIELDS_MAX] if self._is_collection else ()
        own = ("CollectionFolder", "Date Added", *field_headings(self._fields))
        self.headings = RELEASE_HEADINGS + (own if self._is_collection else ("Notes",))

    def cells(self, row: RowMapping) -> tuple[Cell, ...]:
        """As many as there are headings. A rating of 0 is none, as Discogs means it."""
        release = (
            catalog_text(row["labels"]),
            artists_text(row["artists"]),
            row["title"],
            labels_text(row["labels"]),
            formats_text(row["formats"]),
            row["rating"] or None,
            row["year"],
            row["release_id"],
        )
        if not self._is_collection:
            return (*release, row["notes"])
        noted = _noted(row["notes"])
        return (
            *release,
            self._folders.get(row["folder_id"]),
            wall_time(row["date_added"]),
            *(noted.get(field.id) for field in self._fields),
        )


def field_headings(fields: Iterable[CustomField]) -> list[str]:
    """`Collection Notes`, and `Collection Notes (2)` for a second field of that name, in whatever case it is written."""
    headings: list[str] = []
    taken: set[str] = set()
    for field in fields:
        heading = plain = f"Collection {field.name}"
        number = 1
        while heading.casefold() in taken:
            number += 1
            heading = f"{plain} ({number})"
        taken.add(heading.casefold())
        headings.append(heading)
    return headings


def wall_time(date_added: str | None) -> Cell:
    """What Discogs' clock showed, without its offset; the text itself where it names no moment."""
    if date_added is None:
        return None
    try:
        return datetime.fromisoformat(date_added).replace(tzinfo=None, microsecond=0)
    except ValueError:
        return date_added


def _noted(notes: Iterable[Note]) -> dict[int, str | None]:
    return {note.field_id: note.value for note in notes}
