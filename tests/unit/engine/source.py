"""A list at an outside API, in memory: it grows, shrinks and reorders while it is read."""

from math import ceil

from msgspec.structs import replace

from cratesync.engine.outcomes import (
    AccountMissing,
    BeyondTheEnd,
    IdentityRead,
    LookupRead,
    OrderRefused,
    SideRead,
)
from cratesync.engine.provider import Profile
from cratesync.engine.records import Value
from cratesync.engine.tasks import Identity, Lookup, Order, Page, Side

PAGE_SIZE = 3
SIDES = ("folders", "value")
PROFILE = Profile(
    name="Discogs",
    calls=60,
    window_seconds=60.0,
    page_size=1,
    sides={"collection": SIDES, "wantlist": SIDES},
    lookups=frozenset({"collection"}),
)


class PageOfKeys:
    """What `PageRead` is to the engine, with (key, release, version) in the place of whole records."""

    def __init__(self, number, pages, items, records, *, order_shown, next_cursor=None):
        self.number, self.pages, self.items = number, pages, items
        self.records, self.order_shown, self.next_cursor = records, order_shown, next_cursor


class Source:
    """Records as (key, release, version), oldest first. `changes` counts what happened to the list; `missed` collects every
    key that was not in it at some moment since `watch`.

    By cursor it tells neither pages nor counts: a page begins after the record that its cursor names, and there is none such
    once that record is gone.
    """

    def __init__(self, records=0, *, sorts=True, by_cursor=False, account="shelf.keeper"):
        self.sorts, self.by_cursor, self.account = sorts, by_cursor, account
        self.profile = replace(PROFILE, by_cursor=by_cursor)
        self.changes, self._next_key = 0, 1
        self.records = []
        self.missed = set()
        for _ in range(records):
            self.add()

    @property
    def keys(self):
        return {key for key, _, _ in self.records}

    @property
    def truth(self):
        return {key: version for key, _, version in self.records}

    def watch(self):
        """From now on, keep in mind who was away."""
        self.missed = set()

    def add(self, key=None):
        key = self._next_key if key is None else key
        self._next_key = max(self._next_key, key + 1)
        self.records.append((key, 1 + key // 2, 0))
        self.changes += 1

    def remove(self, place):
        if self.records:
            key, _, _ = self.records.pop(place % len(self.records))
            self.missed.add(key)
            self.changes += 1

    def edit(self, place):
        if self.records:
            place %= len(self.records)
            key, release, version = self.records[place]
            self.records[place] = (key, release, version + 1)
            self.changes += 1

    def rerate(self, place):
        """Whoever rates a release rates all its copies."""
        if self.records:
            rated = self.records[place % len(self.records)][1]
            self.records = [
                (key, release, version + (release == rated)) for key, release, version in self.records
            ]
            self.changes += 1

    def redate(self, place, to):
        if self.records:
            moved = self.records.pop(place % len(self.records))
            self.records.insert(to % (len(self.records) + 1), moved)
            self.changes += 1

    def answer(self, task, account):
        """What it says right now."""
        match task:
            case Identity():
                return IdentityRead(self.account, 7)
            case _ if account != self.account:
                return AccountMissing()
            case Side():
                return SideRead(Value("1"))
            case Lookup(release_id=release):
                return LookupRead(frozenset(key for key, of, _ in self.records if of == release), True)
            case Page(order=order) if order is not Order.UNSORTED and not self.sorts:
                return OrderRefused()
            case Page(number=number, cursor=cursor) if self.by_cursor:
                return self._page_after(number, cursor)
            case Page(number=number, order=order):
                return self._page(number, order)

    def _page_after(self, number, cursor):
        keys = [key for key, _, _ in self.records]
        if cursor is not None and int(cursor) not in keys:
            return BeyondTheEnd()
        begins = 0 if cursor is None else keys.index(int(cursor)) + 1
        shown = self.records[begins : begins + PAGE_SIZE]
        more = begins + PAGE_SIZE < len(self.records)
        return PageOfKeys(
            number, None, None, shown, order_shown=False, next_cursor=str(shown[-1][0]) if more else None
        )

    def _page(self, number, order):
        pages = max(1, ceil(len(self.records) / PAGE_SIZE))
        if number > pages:
            return BeyondTheEnd()
        listed = self.records[::-1] if order is Order.NEWEST else self.records
        shown = listed[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        return PageOfKeys(number, pages, len(self.records), shown, order_shown=True)
