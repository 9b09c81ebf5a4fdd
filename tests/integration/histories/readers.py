"""Whoever reads a mirror while it is synced: one goes through the list page by page, one keeps a copy by the change feed."""

import itertools
from collections import Counter

from msgspec import UnsetType

from cratesync.server.store.differences import Differences
from cratesync.server.store.filters import Filters
from cratesync.server.store.orders import Order
from cratesync.server.store.reading import read_page

RECORDS_READ_AT_ONCE = 3
ORDERS = (Order(), Order("rating"), Order("title", descending=True))
FIELDS = Differences.__struct_fields__


class ListReader:
    """Walks through the list page by page, each time in the next order. `expected` is what never left the list during this
    walk."""

    def __init__(self, rooms, user_id, list_, oracle):
        self._rooms, self._user_id, self._list, self._oracle = rooms, user_id, list_, oracle
        self._orders = itertools.cycle(ORDERS)
        self._begin()

    def _begin(self):
        self._order, self._reached, self._seen = next(self._orders), None, Counter()
        self._expected = set(self._oracle.stays)

    def something_changed(self):
        """The list is another, so some record may have left it."""
        self._expected &= self._oracle.stays

    async def read_on(self):
        """The next page. At the end of a walk, what was there all the time was met once."""
        if not self._seen:
            self._expected = set(self._oracle.stays)
        async with self._rooms.database.read() as connection:
            page = await read_page(
                connection,
                self._user_id,
                self._list.kind,
                filters=Filters(),
                order=self._order,
                reached=self._reached,
                limit=RECORDS_READ_AT_ONCE,
            )
        self._seen.update(row[self._list.key] for row in page.rows)
        self._reached = page.reached
        if self._reached is None:
            met = {key: self._seen[key] for key in self._expected if self._seen[key] != 1}
            assert not met, f"these never left the list, and yet this reader met them so often: {met}"
            self._begin()


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
