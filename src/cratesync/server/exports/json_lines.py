"""JSON Lines (https://jsonlines.org): every record whole, as the API shows it, with the names of folders and fields beside their ids."""

import msgspec
from sqlalchemy import RowMapping

from cratesync.engine.records import Note
from cratesync.server.api.records import MirroredRecord, collection_item, wanted_release
from cratesync.server.bodies import Shape
from cratesync.server.exports.source import Batch, Surroundings


class NamedNote(Shape, frozen=True, kw_only=True):
    """The value of a custom field, with the name that the field has now."""

    field_id: int
    field_name: str | None
    value: str | None


class ExportedItem(MirroredRecord, frozen=True, kw_only=True):
    """One owned copy."""

    instance_id: int
    folder_id: int | None
    folder_name: str | None
    notes: tuple[NamedNote, ...]


class JsonLines:
    """One object a line. A folder or field that is not known (any more) has no name."""

    def __init__(self, around: Surroundings) -> None:
        self._is_collection = around.kind == "collection"
        self._folders = {folder.id: folder.name for folder in around.folders}
        self._fields = {field.id: field.name for field in around.fields}
        self._encoder = msgspec.json.Encoder()

    def begin(self) -> bytes:
        """Nothing stands before the records."""
        return b""

    def add(self, batch: Batch) -> bytes:
        """The records' lines."""
        return self._encoder.encode_lines([self._exported(row) for row in batch])

    def _exported(self, row: RowMapping) -> MirroredRecord:
        if not self._is_collection:
            return wanted_release(row)
        item = collection_item(row)
        given = {name: getattr(item, name) for name in item.__struct_fields__ if name != "notes"}
        return ExportedItem(
            **given,
            folder_name=self._folders.get(row["folder_id"]),
            notes=tuple(map(self._named, item.notes)),
        )

    def _named(self, note: Note) -> NamedNote:
        return NamedNote(field_id=note.field_id, field_name=self._fields.get(note.field_id), value=note.value)
