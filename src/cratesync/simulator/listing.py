"""A list of entries that can be read from any place in any order, and edited: only the edits are kept."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from cratesync.simulator.records import BasicInformation

SORTS = ("label", "artist", "title", "catno", "format", "rating", "added", "year")


class Entry(Protocol):
    """What an item and a want have in common."""

    @property
    def key(self) -> int: ...
    @property
    def release_id(self) -> int: ...
    @property
    def folder_id(self) -> int: ...
    @property
    def rating(self) -> int: ...
    @property
    def date_added(self) -> str: ...
    @property
    def basic(self) -> BasicInformation: ...


EntryT = TypeVar("EntryT", bound=Entry)
FromSource = TypeVar("FromSource", bound=Entry, covariant=True)


class Source(Protocol[FromSource]):
    """Where the entries come from that a list begins with: invented or recorded."""

    def keys(self) -> Iterable[int]:
        """All keys in the order of their dates."""
        ...

    def entry(self, key: int) -> FromSource | None: ...

    def keys_of_release(self, release_id: int) -> Sequence[int]: ...

    def sort_value(self, key: int, sort: str) -> str | int: ...

    def folder_of(self, key: int) -> int: ...


class Listing(Generic[EntryT]):
    """Keys in the order of their dates, with what was changed and added since."""

    def __init__(self, source: Source[EntryT]) -> None:
        self._source = source
        self._by_date = array("q", source.keys())
        self._changed: dict[int, EntryT] = {}
        self._removed: set[int] = set()
        self._orders: dict[tuple[str, int], array[int]] = {}

    def __len__(self) -> int:
        return len(self._by_date)

    def __contains__(self, key: int) -> bool:
        return self.get(key) is not None

    def __iter__(self) -> Iterator[int]:
        return iter(self._by_date)

    def get(self, key: int) -> EntryT | None:
        if key in self._removed:
            return None
        return self._changed.get(key) or self._source.entry(key)

    def add(self, entry: EntryT) -> None:
        """Put a new entry at the end: nothing is older than what is added now."""
        self._removed.discard(entry.key)
        self._changed[entry.key] = entry
        self._by_date.append(entry.key)
        self._orders.clear()

    def change(self, entry: EntryT) -> None:
        self._changed[entry.key] = entry
        self._orders.clear()

    def remove(self, key: int) -> None:
        self._removed.add(key)
        self._changed.pop(key, None)
        self._by_date.remove(key)
        self._orders.clear()

    def newest(self) -> EntryT | None:
        return self.get(self._by_date[-1]) if self._by_date else None

    def of_release(self, release_id: int) -> list[EntryT]:
        """All entries of one release, oldest first."""
        keys = dict.fromkeys(self._source.keys_of_release(release_id))
        keys.update(
            dict.fromkeys(key for key, entry in self._changed.items() if entry.release_id == release_id)
        )
        found = (self.get(key) for key in keys)
        return [entry for entry in found if entry is not None]

    def folder_of(self, key: int) -> int:
        changed = self._changed.get(key)
        return self._source.folder_of(key) if changed is None else changed.folder_id

    def slice(self, sort: str, *, descending: bool, folder_id: int, start: int, count: int) -> list[EntryT]:
        order = self.order(sort, folder_id)
        if descending:
            keys = order[max(0, len(order) - start - count) : max(0, len(order) - start)][::-1]
        else:
            keys = order[start : start + count]
        found = (self.get(key) for key in keys)
        return [entry for entry in found if entry is not None]

    def order(self, sort: str, folder_id: int) -> "array[int]":
        """All keys of a folder, 0 for all, in an order; ties are in the order of dates."""
        if sort == "added" and folder_id == 0:
            return self._by_date
        known = self._orders.get((sort, folder_id))
        if known is None:
            known = array("q", self._sorted(sort, folder_id))
            self._orders[sort, folder_id] = known
        return known

    def _sorted(self, sort: str, folder_id: int) -> Iterable[int]:
        keys = (
            self._by_date
            if folder_id == 0
            else [key for key in self._by_date if self.folder_of(key) == folder_id]
        )
        return keys if sort == "added" else sorted(keys, key=lambda key: self._value(key, sort))

    def _value(self, key: int, sort: str) -> str | int:
        changed = self._changed.get(key)
        return self._source.sort_value(key, sort) if changed is None else sort_value(changed, sort)


def sort_value(entry: Entry, sort: str) -> str | int:
    """What an entry is sorted by. Texts without regard to case, as all six recorded collections are."""
    basic = entry.basic
    match sort:
        case "label":
            return basic.labels[0].name.casefold() if basic.labels else ""
        case "catno":
            return basic.labels[0].catno.casefold() if basic.labels else ""
        case "artist":
            return basic.artists[0].name.casefold() if basic.artists else ""
        case "format":
            return basic.formats[0].name.casefold() if basic.formats else ""
        case "title":
            return basic.title.casefold()
        case "rating":
            return entry.rating
        case _:
            return basic.year
