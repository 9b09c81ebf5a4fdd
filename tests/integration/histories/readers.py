"""Whoever reads a mirror while it is synced: one goes through the list page by page, one keeps a copy by the change feed."""

from msgspec import UnsetType

from cratesync.server.store.differences import Differences
from cratesync.server.store.reading import read_page

PAGE_RECORDS = 3
FIELDS = Differences.__struct_fields__


class ListReader:
    """Walks through the list by cursor, over and over. `expected` is what never left the list during this walk."""

    def __init__(self, rooms, user_id, kind, oracle):
        self._rooms, self._user_id, self._kind, self._oracle = rooms, user_id, kind, oracle
        self._after, self._seen, self._expected = None, [], None
        self.walks = 0

    def something_changed(self):
        if self._expected is not None:
            self._expected &= self._oracle.stays

    async def read_on(self):
        if self._expected is None:
            self._after, self._seen, self._expected = None, [], set(self._oracle.stays)
        async with self._rooms.database.read() as connection:
            page = await read_page(
                connection, self._user_id, self._kind, after=self._after, limit=PAGE_RECORDS
            )
        key = "instance_id" if self._kind == "collection" else "release_id"
        self._seen += [row[key] for row in page.rows]
        self._after = page.next_after
        if self._after is None:
            assert self._seen == sorted(set(self._seen)), "a record came twice, or out of order"
            missed = self._expected - set(self._seen)
            assert not missed, f"{sorted(missed)} never left the list, and yet the reader did not see them"
            self._expected, self.walks = None, self.walks + 1


class FeedReader:
    """Keeps a copy by the change feed from its beginning on, and compares it with the mirror.

    What a record is when it comes or comes back the feed does not tell, so that is looked up once. After that the feed has to
    tell every difference, with what it was and what it is.
    """

    def __init__(self):
        self.seq = 0
        self._copy: dict[int, dict[str, object]] = {}
        self._gone: set[int] = set()

    def follow(self, changes, mirror):
        """The feed goes on with these rows, and the mirror holds those, by key."""
        new = set()
        for change in changes:
            assert change["seq"] == self.seq + 1, "the feed has a gap"
            self.seq = change["seq"]
            new = self._taken(change, new)
        self._copy |= {key: fields_of(mirror[key]) for key in new}
        told = {key: fields_of(row) for key, row in mirror.items()}
        assert self._copy == told, "the feed does not tell what the mirror holds"

    def _taken(self, change, new):
        key = change["key"]
        match change["action"]:
            case "added":
                assert key not in self._copy
                assert key not in self._gone
                return new | {key}
            case "restored":
                self._gone.remove(key)
                return new | {key}
            case "removed":
                del self._copy[key]
                self._gone.add(key)
                return new - {key}
            case "updated":
                self._update(self._copy[key], change)
                return new

    def _update(self, record, change):
        before, after = told(change["before"]), told(change["after"])
        assert before.keys() == after.keys() != set(), "an update that tells nothing"
        assert before.items() <= record.items(), "the feed tells a past that was not"
        assert all(before[name] != after[name] for name in before), "an update that changes nothing"
        record.update(after)


def fields_of(row):
    """What the feed tells of a record, where it differs."""
    return {name: row[name] for name in FIELDS if name in row}


def told(differences):
    """The fields that are set."""
    values = {name: getattr(differences, name) for name in FIELDS}
    return {name: value for name, value in values.items() if not isinstance(value, UnsetType)}
