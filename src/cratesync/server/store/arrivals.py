"""The records of an answer, and what has to be worked out for their rows: the content's digest, and the words they are found
and sorted by."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from cratesync.engine.records import Content, Record
from cratesync.server.store import words
from cratesync.server.store.known_contents import KnownContents
from cratesync.server.store.lists import instant_of
from cratesync.server.store.words import SortKeys


class Derived(Struct, frozen=True, gc=False):
    """What a record's row holds beside what the record says."""

    digest: bytes
    sorted_by: SortKeys
    added_at: datetime | None
    note_words: str | None


class Arrivals:
    """Each record once, by its key; of one that is said twice the last word holds. Everything is worked out at most once: when it is asked for, or
    ahead of that."""

    def __init__(self, records: Sequence[Record], known_contents: KnownContents) -> None:
        self.by_key = {record.key: record for record in records}
        self.known_contents = known_contents
        self._derived: dict[int, Derived] = {}
        self._words: dict[bytes, tuple[str, ...]] = {}

    def work_out(self) -> None:
        """Everything that is needed where the mirror has none of these. A transaction that is about to begin is held for less
        time then, and on SQLite others write meanwhile."""
        for record in self.by_key.values():
            digest = self.derived(record).digest
            if digest not in self.known_contents:
                self._content_words(digest, record.content)

    def derived(self, record: Record) -> Derived:
        """What is worked out for one record."""
        derived = self._derived.get(record.key)
        if derived is None:
            derived = self._derived[record.key] = self._derive(record)
        return derived

    def _derive(self, record: Record) -> Derived:
        digest = record.content.digest()
        return Derived(
            digest,
            self.known_contents.find(digest) or words.sort_keys(record.content),
            instant_of(record.date_added),
            words.note_words(record.notes),
        )

    def found_by(self, said: Mapping[bytes, Content]) -> dict[bytes, tuple[str, ...]]:
        """The words by which these contents are found, by digest."""
        return {digest: self._content_words(digest, content) for digest, content in said.items()}

    def _content_words(self, digest: bytes, content: Content) -> tuple[str, ...]:
        found = self._words.get(digest)
        if found is None:
            found = self._words[digest] = words.content_words(content)
        return found
