"""Collections and wantlists of any size, invented: every entry a function of (seed, user, index), none kept.

An instance id tells its index, and a release id the places it can stand at, so that nothing has to be looked up in a table
and 600,000 items cost no more than their ids.
"""

from collections.abc import Iterable, Sequence

from cratesync.simulator import vocabulary as words
from cratesync.simulator.catalog import RELEASE_ID_MAX, Catalog, number_of, release_id_of
from cratesync.simulator.dice import Dice, mix, salt_of
from cratesync.simulator.items import Item, Want, want_url
from cratesync.simulator.pacific import pacific
from cratesync.simulator.records import Note

ITEMS_MAX = 10_000_000
"""Most items of one user: each user has a range of instance ids of its own."""

_INSTANCE_STEP = 3
_INSTANCE_FIRST = 1_000_000_000
_NEWEST = 1_781_000_000  # June 2026
_SPAN_SECONDS = 12 * 365 * 86_400
_STEP_SECONDS_MAX = 30 * 86_400

# Measured in 3,104 items: 138 releases are there twice, 130 of them in two folders.
_SECOND_COPY_PER_10000 = 465
_COPY_DISTANCE_MAX = 40
_SAME_FOLDER_OF_256 = 15
_UNCATEGORIZED_OF_256 = 40

_RATINGS = (0,) * 1316 + (5,) * 633 + (4,) * 948 + (3,) * 192 + (2,) * 14 + (1,)
"""Measured in the same items."""

_NOTED_PER_10000 = 5000
"""Between the 0.6 % of one recorded collection and the 96 % of the other."""


class Ratings:
    """What a user thinks of releases: a rating belongs to user and release, not to one copy."""

    def __init__(self, seed: int, username: str) -> None:
        self._salt = salt_of(seed, username.casefold(), "rating")

    def of(self, release_id: int) -> int:
        return _RATINGS[mix(self._salt, release_id) % len(_RATINGS)]


class SeededItems:
    def __init__(
        self, catalog: Catalog, username: str, slot: int, count: int, folder_ids: Sequence[int]
    ) -> None:
        name = username.casefold()
        self._catalog = catalog
        self._key = (catalog.seed, name)
        self._count = count
        self._salt = salt_of(catalog.seed, name, "place")
        self._first_id = first_instance_id(slot)
        self._first_number = salt_of(catalog.seed, name, "start") % 5000
        self._folder_ids = folder_ids
        self._ratings = Ratings(catalog.seed, username)

    def keys(self) -> Iterable[int]:
        return range(self._first_id, self._first_id + self._count * _INSTANCE_STEP, _INSTANCE_STEP)

    def entry(self, key: int) -> Item | None:
        index, off = divmod(key - self._first_id, _INSTANCE_STEP)
        if off or not 0 <= index < self._count:
            return None
        release_id = self._release_id(index)
        return Item(
            instance_id=key,
            release_id=release_id,
            folder_id=self._folder(index),
            rating=self._ratings.of(release_id),
            date_added=pacific(_date(index, self._count, self._salt)),
            notes=self._notes(index),
            basic=self._catalog.basic(release_id),
        )

    def keys_of_release(self, release_id: int) -> Sequence[int]:
        index = (number_of(release_id) - self._first_number) % RELEASE_ID_MAX
        if index >= self._count or self._copied_from(index) is not None:
            return ()
        later = range(index + 1, min(self._count, index + _COPY_DISTANCE_MAX + 1))
        copies = [index, *(copy for copy in later if self._copied_from(copy) == index)]
        return [self._first_id + copy * _INSTANCE_STEP for copy in copies]

    def sort_value(self, key: int, sort: str) -> str | int:
        release_id = self._release_id((key - self._first_id) // _INSTANCE_STEP)
        return (
            self._ratings.of(release_id)
            if sort == "rating"
            else release_sort_value(self._catalog, release_id, sort)
        )

    def folder_of(self, key: int) -> int:
        return self._folder((key - self._first_id) // _INSTANCE_STEP)

    def _release_id(self, index: int) -> int:
        origin = self._copied_from(index)
        return release_id_of(self._first_number + (index if origin is None else origin))

    def _copied_from(self, index: int) -> int | None:
        """The index of the first copy, where this is a further copy of a release."""
        back = self._copy_distance(index)
        if back == 0 or self._copy_distance(index - back):
            return None
        return index - back

    def _copy_distance(self, index: int) -> int:
        bits = mix(self._salt, index)
        if index == 0 or bits % 10_000 >= _SECOND_COPY_PER_10000:
            return 0
        return 1 + (bits >> 16) % min(index, _COPY_DISTANCE_MAX)

    def _folder(self, index: int) -> int:
        folder = self._shelved(index)
        origin = self._copied_from(index)
        if origin is not None and mix(self._salt, index) >> 48 & 255 >= _SAME_FOLDER_OF_256:
            taken = self._shelved(origin)
            if folder == taken:
                return self._folder_ids[(self._folder_ids.index(taken) + 1) % len(self._folder_ids)]
        return folder

    def _shelved(self, index: int) -> int:
        bits = mix(self._salt, index)
        if bits >> 40 & 255 < _UNCATEGORIZED_OF_256:
            return self._folder_ids[0]
        return self._folder_ids[(bits >> 24 & 0xFFFF) % len(self._folder_ids)]

    def _notes(self, index: int) -> tuple[Note, ...]:
        dice = Dice(*self._key, index, "notes")
        if not dice.chance(_NOTED_PER_10000):
            return ()
        notes = [Note(1, dice.pick(words.MEDIA_CONDITIONS))]
        if dice.chance(8000):
            notes.append(Note(2, dice.pick(words.SLEEVE_CONDITIONS)))
        if dice.chance(2500):
            notes.append(Note(3, dice.pick(words.REMARKS)))
        if dice.chance(1500):
            notes.append(Note(4, f"{1 + dice.below(60)},{dice.below(100):02} €"))
        return tuple(notes)


class SeededWants:
    def __init__(self, catalog: Catalog, username: str, count: int) -> None:
        self._catalog = catalog
        self._username = username
        self._count = count
        self._salt = salt_of(catalog.seed, username.casefold(), "want")
        # Half the catalog away from what is owned: nobody wants what stands on the shelf.
        self._first_number = RELEASE_ID_MAX // 2 + self._salt % 5000
        self._ratings = Ratings(catalog.seed, username)

    def keys(self) -> Iterable[int]:
        return (release_id_of(self._first_number + index) for index in range(self._count))

    def entry(self, key: int) -> Want | None:
        index = self._index(key)
        if index >= self._count:
            return None
        noted = mix(self._salt, index) % 100 < 7
        return Want(
            release_id=key,
            rating=self._ratings.of(key),
            date_added=pacific(_date(index, self._count, self._salt)),
            notes=Dice(self._salt, index).pick(words.REMARKS) if noted else "",
            basic=self._catalog.basic(key),
            resource_url=want_url(self._username, key),
        )

    def keys_of_release(self, release_id: int) -> Sequence[int]:
        return (release_id,) if self._index(release_id) < self._count else ()

    def sort_value(self, key: int, sort: str) -> str | int:
        return self._ratings.of(key) if sort == "rating" else release_sort_value(self._catalog, key, sort)

    def folder_of(self, key: int) -> int:  # noqa: ARG002 - a wantlist has no folders
        return 0

    def _index(self, key: int) -> int:
        return (number_of(key) - self._first_number) % RELEASE_ID_MAX


def first_instance_id(slot: int) -> int:
    """The first instance id of the user in a slot."""
    return _INSTANCE_FIRST + slot * ITEMS_MAX * _INSTANCE_STEP


def release_sort_value(catalog: Catalog, release_id: int, sort: str) -> str | int:
    """As `listing.sort_value`, drawing only the part of the release that is asked for."""
    match sort:
        case "label":
            return catalog.labels(release_id)[0].name.casefold()
        case "catno":
            return catalog.labels(release_id)[0].catno.casefold()
        case "artist":
            return catalog.artists(release_id)[0].name.casefold()
        case "format":
            return catalog.formats(release_id)[0].name.casefold()
        case "title":
            return catalog.title(release_id).casefold()
        case _:
            return catalog.year(release_id)


def _date(index: int, count: int, salt: int) -> int:
    """When it was added: twelve years up to June 2026 for a large collection, never two out of order."""
    step = max(1, min(_SPAN_SECONDS // count, _STEP_SECONDS_MAX))
    return _NEWEST - (count - index) * step + (mix(salt, index) >> 8) % step
