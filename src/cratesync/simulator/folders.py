"""The folders of a collection. Names need not be unique, and Discogs cuts them at 50 characters."""

from collections.abc import Iterator

from cratesync.simulator import vocabulary as words
from cratesync.simulator.dice import Dice, salt_of

ALL = 0
UNCATEGORIZED = 1
NAME_CHARS_MAX = 50


class Folders:
    def __init__(self, names: dict[int, str]) -> None:
        self._names = {ALL: "All", UNCATEGORIZED: "Uncategorized"} | names

    def __contains__(self, folder_id: int) -> bool:
        return folder_id in self._names

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """All first, then by name without regard to case."""
        rest = ((folder_id, name) for folder_id, name in self._names.items() if folder_id != ALL)
        yield ALL, self._names[ALL]
        yield from sorted(rest, key=lambda folder: folder[1].casefold())

    def ids(self) -> list[int]:
        """Those that can hold items."""
        return [folder_id for folder_id in self._names if folder_id != ALL]

    def name(self, folder_id: int) -> str:
        return self._names[folder_id]

    def add(self, name: str) -> int:
        folder_id = max(9_000_000, *self._names) + 1
        self._names[folder_id] = name[:NAME_CHARS_MAX]
        return folder_id

    def rename(self, folder_id: int, name: str) -> None:
        self._names[folder_id] = name[:NAME_CHARS_MAX]

    def remove(self, folder_id: int) -> None:
        del self._names[folder_id]


def seeded_folders(seed: int, username: str, items: int) -> dict[int, str]:
    """The more items the more folders: 31 were recorded for 3,104."""
    count = min(len(words.FOLDER_NAMES), items // 100 + 2) if items >= 10 else 0
    dice = Dice(seed, username.casefold(), "folders")
    first = dice.below(len(words.FOLDER_NAMES))
    base = 100_000 + salt_of(seed, username.casefold(), "folder") % 500_000
    return {
        base + place * 7: words.FOLDER_NAMES[(first + place) % len(words.FOLDER_NAMES)]
        for place in range(count)
    }
