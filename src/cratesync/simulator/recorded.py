"""Collections that were recorded: a folder of JSON files, read once, every item kept exactly as it was.

A file may be the bare body of an answer, `{"body": …}`, `{"response": {"body": …}}`, a list of such recordings, or a bare
list of items. What holds neither items nor folders, fields or a value is passed over.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from msgspec import DecodeError, Raw, Struct, json

from cratesync.simulator.folders import UNCATEGORIZED
from cratesync.simulator.items import Item, Want
from cratesync.simulator.listing import EntryT, sort_value
from cratesync.simulator.pacific import epoch_of
from cratesync.simulator.records import BasicInformation, Field, Note, Value

Fields = dict[str, Raw]
Shape = TypeVar("Shape")

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _Folder(Struct):
    id: int
    name: str


class Recording:
    """All that a folder of files says about one user."""

    def __init__(self) -> None:
        self.items: dict[int, Item] = {}
        self.wants: dict[int, Want] = {}
        self.folders: dict[int, str] = {}
        self.fields: dict[int, Field] = {}
        self.value: Value | None = None

    def folder_names(self) -> dict[int, str]:
        """Those recorded, and one for each folder that an item stands in."""
        used = {
            item.folder_id: f"Folder {item.folder_id}" for item in self.items.values() if item.folder_id > 1
        }
        return used | self.folders

    def note_fields(self) -> set[int]:
        return {note.field_id for item in self.items.values() for note in item.notes}

    def releases(self) -> Iterator[BasicInformation]:
        """The content of every release owned or wanted."""
        yield from (item.basic for item in self.items.values())
        yield from (want.basic for want in self.wants.values())

    def take(self, content: Raw) -> None:
        """Take what one decoded JSON value holds."""
        body = _decoded(content, list[Raw])
        if body is not None:
            self._take_list(body)
            return
        fields = _decoded(content, Fields)
        if fields is None:
            return
        for wrapper in ("response", "body"):
            if wrapper in fields:
                self.take(_unquoted(fields[wrapper]))
                return
        for entry in _list(fields, "releases", Fields):
            if "instance_id" in entry:
                self._take_item(entry)
        for entry in _list(fields, "wants", Fields):
            if "id" in entry:
                self._take_want(entry)
        for folder in _list(fields, "folders", _Folder):
            self.folders[folder.id] = folder.name
        for field in _list(fields, "fields", Field):
            self.fields[field.id] = field
        if {"maximum", "median", "minimum"} <= fields.keys():
            self.value = _decoded(content, Value) or self.value

    def _take_list(self, entries: list[Raw]) -> None:
        for entry in entries:
            fields = _decoded(entry, Fields) or {}
            if "instance_id" in fields:
                self._take_item(fields)
            elif "basic_information" in fields and "id" in fields:
                self._take_want(fields)
            else:
                self.take(entry)

    def _take_item(self, fields: Fields) -> None:
        instance_id = _whole(fields, "instance_id")
        self.items.setdefault(
            instance_id,
            Item(
                instance_id=instance_id,
                release_id=_whole(fields, "id") or _basic(fields).id,
                folder_id=_whole(fields, "folder_id") or UNCATEGORIZED,
                rating=_whole(fields, "rating"),
                date_added=_text(fields, "date_added"),
                notes=tuple(_list(fields, "notes", Note)),
                basic=_basic(fields),
                recorded=fields,
            ),
        )

    def _take_want(self, fields: Fields) -> None:
        release_id = _whole(fields, "id")
        self.wants.setdefault(
            release_id,
            Want(
                release_id=release_id,
                rating=_whole(fields, "rating"),
                date_added=_text(fields, "date_added"),
                notes=_text(fields, "notes"),
                basic=_basic(fields),
                resource_url=_text(fields, "resource_url"),
                recorded=fields,
            ),
        )


class RecordedEntries(Generic[EntryT]):
    """Recorded items or wants in the order of their dates; ties in the order of their ids."""

    def __init__(self, entries: dict[int, EntryT]) -> None:
        self._entries = entries
        self._of_release: dict[int, list[int]] = {}
        for key in self.keys():
            self._of_release.setdefault(entries[key].release_id, []).append(key)

    def keys(self) -> Iterable[int]:
        return sorted(self._entries, key=lambda key: (epoch_of(self._entries[key].date_added), key))

    def entry(self, key: int) -> EntryT | None:
        return self._entries.get(key)

    def keys_of_release(self, release_id: int) -> Sequence[int]:
        return self._of_release.get(release_id, ())

    def sort_value(self, key: int, sort: str) -> str | int:
        return sort_value(self._entries[key], sort)

    def folder_of(self, key: int) -> int:
        return self._entries[key].folder_id


def read_recording(path: Path) -> Recording:
    """Read every JSON file of a folder. Raises ValueError with a sentence where there is nothing to serve."""
    if not path.is_dir():
        raise ValueError(f"{path} is no folder; a recorded collection is a folder of JSON files.")
    recording = Recording()
    for file in sorted(path.glob("*.json")):
        try:
            content = json.decode(file.read_bytes().removeprefix(_BYTE_ORDER_MARK), type=Raw)
        except DecodeError as error:
            raise ValueError(f"{file} cannot be read: {error}") from None
        recording.take(content)
    if not recording.items and not recording.wants:
        raise ValueError(f"No JSON file in {path} holds a page with releases or wants.")
    return recording


def _decoded(content: Raw, shape: type[Shape]) -> Shape | None:
    """The value in a shape; nothing where it has another."""
    try:
        return json.decode(content, type=shape, strict=False)
    except DecodeError:
        return None


def _list(fields: Fields, name: str, shape: type[Shape]) -> list[Shape]:
    """The entries of a list that have the shape; none where the field is missing or something else."""
    entries = _decoded(fields[name], list[Raw]) if name in fields else None
    found = (_decoded(entry, shape) for entry in entries or ())
    return [entry for entry in found if entry is not None]


def _whole(fields: Fields, name: str) -> int:
    return (_decoded(fields[name], int) or 0) if name in fields else 0


def _text(fields: Fields, name: str) -> str:
    return (_decoded(fields[name], str) or "") if name in fields else ""


def _basic(fields: Fields) -> BasicInformation:
    known = _decoded(fields["basic_information"], BasicInformation) if "basic_information" in fields else None
    return known or BasicInformation(id=_whole(fields, "id"))


def _unquoted(content: Raw) -> Raw:
    """Some recorders keep a body as text."""
    text = _decoded(content, str) if bytes(content).startswith(b'"') else None
    return content if text is None else Raw(text)
