"""One copy in a collection and one entry of a wantlist, and how each is put on the wire."""

from typing import Self

from msgspec import Raw, Struct, json, structs

from cratesync.simulator.records import BASE, BasicInformation, Note

ENCODER = json.Encoder()


class Item(Struct, frozen=True):
    """One copy that a user owns. `recorded` holds the item as it was recorded, every key untouched."""

    instance_id: int
    release_id: int
    folder_id: int
    rating: int
    date_added: str
    notes: tuple[Note, ...]
    basic: BasicInformation
    recorded: dict[str, Raw] | None = None

    @property
    def key(self) -> int:
        return self.instance_id

    def moved(self, folder_id: int) -> Self:
        return structs.replace(
            self, folder_id=folder_id, recorded=_with(self.recorded, "folder_id", folder_id)
        )

    def rated(self, rating: int) -> Self:
        return structs.replace(self, rating=rating, recorded=_with(self.recorded, "rating", rating))

    def noted(self, field_id: int, value: str) -> Self:
        """With another text in a field; an empty text clears it."""
        kept = tuple(note for note in self.notes if note.field_id != field_id)
        notes = (*kept, Note(field_id, value)) if value else kept
        recorded = _with(self.recorded, "notes", notes)
        if recorded is not None and not notes:
            del recorded["notes"]
        return structs.replace(self, notes=notes, recorded=recorded)

    def retitled(self, title: str) -> Self:
        """With another title of the release, every other key of its content kept."""
        basic = structs.replace(self.basic, title=title)
        recorded = self.recorded
        if recorded is not None:
            content = json.decode(recorded["basic_information"], type=dict[str, Raw])
            recorded = {**recorded, "basic_information": _raw({**content, "title": title})}
        return structs.replace(self, basic=basic, recorded=recorded)

    def wire(self, *, owner: bool, public_fields: frozenset[int]) -> bytes:
        """The item as JSON. Others than the owner see no folder and only notes in public fields."""
        notes = self.notes if owner else tuple(note for note in self.notes if note.field_id in public_fields)
        if self.recorded is None:
            fields: dict[str, object] = {
                "id": self.release_id,
                "instance_id": self.instance_id,
                "date_added": self.date_added,
                "rating": self.rating,
                "basic_information": self.basic,
            }
            if owner:
                fields["folder_id"] = self.folder_id
            if notes:
                fields["notes"] = notes
            return ENCODER.encode(fields)
        recorded = dict(self.recorded)
        if not owner:
            recorded.pop("folder_id", None)
            recorded.pop("notes", None)
            if notes:
                recorded["notes"] = _raw(notes)
        return ENCODER.encode(recorded)


class Want(Struct, frozen=True):
    """A release that a user wants. Its notes are one text, unlike those of an item."""

    release_id: int
    rating: int
    date_added: str
    notes: str
    basic: BasicInformation
    resource_url: str
    recorded: dict[str, Raw] | None = None

    @property
    def key(self) -> int:
        return self.release_id

    @property
    def folder_id(self) -> int:
        return 0

    def rated(self, rating: int) -> Self:
        return structs.replace(self, rating=rating, recorded=_with(self.recorded, "rating", rating))

    def noted(self, notes: str) -> Self:
        return structs.replace(self, notes=notes, recorded=_with(self.recorded, "notes", notes))

    def wire(self) -> bytes:
        if self.recorded is not None:
            return ENCODER.encode(self.recorded)
        return ENCODER.encode(
            {
                "id": self.release_id,
                "resource_url": self.resource_url,
                "date_added": self.date_added,
                "basic_information": self.basic,
                "rating": self.rating,
                "notes": self.notes,
            }
        )


def want_url(username: str, release_id: int) -> str:
    return f"{BASE}/users/{username}/wants/{release_id}"


def _with(recorded: dict[str, Raw] | None, name: str, value: object) -> dict[str, Raw] | None:
    return None if recorded is None else {**recorded, name: _raw(value)}


def _raw(value: object) -> Raw:
    return Raw(ENCODER.encode(value))
